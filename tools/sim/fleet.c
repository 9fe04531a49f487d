// SPDX-License-Identifier: GPL-2.0
/* fleet.c - makes, reads and writes the vehicles' sessions. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/sim/dice.h"
#include "tools/sim/fleet.h"

static void vehicle_init(struct vehicle *vehicle, u32 index, u64 id, const u8 key[16], u64 next_sequence)
{
	voltgate_session_init(&vehicle->session, id, key);
	vehicle->session.next_sequence = next_sequence;
	vehicle->gate.auth.id = id;
	vehicle->gate.auth.expires = ~0ULL;
	vg_siphash_key_decode(key, &vehicle->gate.auth.key);
	vehicle->index = index;
}

int fleet_make(struct fleet *fleet, u32 count, u64 seed)
{
	struct dice dice = { seed };
	u8 secret[24];
	u64 id;
	u32 i;

	fleet->vehicles = calloc(count ? count : 1, sizeof(*fleet->vehicles));
	if (!fleet->vehicles)
		return -ENOMEM;
	fleet->count = count;
	for (i = 0; i < count; i++) {
		if (seed)
			dice_fill(&dice, secret, sizeof(secret));
		else
			randombytes_buf(secret, sizeof(secret));
		memcpy(&id, secret + 16, sizeof(id));
		vehicle_init(&fleet->vehicles[i], i, id ? id : 1, secret, 1);
	}
	sodium_memzero(secret, sizeof(secret));
	return 0;
}

static int fleet_grow(struct fleet *fleet, u32 *capacity)
{
	u32 wanted = *capacity ? *capacity * 2 : 1024;
	struct vehicle *grown;

	if (fleet->count < *capacity)
		return 0;
	grown = calloc(wanted, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	if (fleet->count) {
		memcpy(grown, fleet->vehicles, fleet->count * sizeof(*grown));
		sodium_memzero(fleet->vehicles, fleet->count * sizeof(*grown));
	}
	free(fleet->vehicles);
	fleet->vehicles = grown;
	*capacity = wanted;
	return 0;
}

/* 1: a vehicle; 0: an empty line or a comment; -EINVAL. */
static int line_parse(const char *line, u64 *ret_id, u8 ret_key[16], u64 *ret_sequence)
{
	char id[17], key[33], *end;
	size_t len;
	int at = 0;

	while (isspace((unsigned char)*line))
		line++;
	if (!*line || *line == '#')
		return 0;
	if (sscanf(line, "%16[0-9a-fA-F] %32[0-9a-fA-F]%n", id, key, &at) != 2 || strlen(id) != 16 || strlen(key) != 32)
		return -EINVAL;
	*ret_id = strtoull(id, NULL, 16);
	sodium_hex2bin(ret_key, 16, key, 32, NULL, &len, NULL);
	sodium_memzero(key, sizeof(key));
	for (line += at; isspace((unsigned char)*line);)
		line++;
	if (*line && *line != '#') {
		if (!isdigit((unsigned char)*line))
			return -EINVAL;
		*ret_sequence = strtoull(line, &end, 10);
		if (*end && !isspace((unsigned char)*end))
			return -EINVAL;
	}
	return *ret_id && *ret_sequence && len == 16 ? 1 : -EINVAL;
}

static int fleet_read(struct fleet *fleet, FILE *file, const char *path, u64 first_sequence,
		      struct fleet_error *ret_error)
{
	u32 capacity = 0, line_number = 0;
	u64 id, sequence;
	char line[256];
	u8 key[16];
	int ret = 0;

	while (!ret && fgets(line, sizeof(line), file)) {
		line_number++;
		sequence = first_sequence;
		ret = line_parse(line, &id, key, &sequence);
		if (ret < 0 || fleet->count >= FLEET_MAX) {
			snprintf(ret_error->text, sizeof(ret_error->text),
				 "%s:%u: not a session; a line is ID KEY [NEXT-SEQUENCE], 16 and 32 hex digits and a "
				 "number, and a file has at most %u of them.",
				 path, line_number, FLEET_MAX);
			ret = -EINVAL;
		} else if (ret) {
			ret = fleet_grow(fleet, &capacity);
			if (ret)
				snprintf(ret_error->text, sizeof(ret_error->text),
					 "%s: out of memory after %u vehicles.", path, fleet->count);
			else
				vehicle_init(&fleet->vehicles[fleet->count], fleet->count, id, key, sequence);
			fleet->count += !ret;
		}
	}
	sodium_memzero(line, sizeof(line));
	sodium_memzero(key, sizeof(key));
	if (!ret && !fleet->count) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%s: holds no session.", path);
		ret = -EINVAL;
	}
	return ret;
}

int fleet_load(struct fleet *fleet, const char *path, u64 first_sequence, struct fleet_error *ret_error)
{
	struct stat about;
	FILE *file;
	int ret;

	memset(fleet, 0, sizeof(*fleet));
	file = fopen(path, "re");
	if (!file) {
		ret = -errno;
		snprintf(ret_error->text, sizeof(ret_error->text), "%s: cannot be opened: %s.", path, strerror(errno));
		return ret;
	}
	if (fstat(fileno(file), &about) || (about.st_mode & 077)) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%s: holds session keys and can be read by others; run: chmod 600 %s", path, path);
		fclose(file);
		return -EPERM;
	}
	ret = fleet_read(fleet, file, path, first_sequence, ret_error);
	fclose(file);
	if (ret)
		fleet_done(fleet);
	return ret;
}

static int fleet_write(const struct fleet *fleet, FILE *file)
{
	char key[33];
	u32 i;

	fprintf(file, "# voltgate-sim sessions: id, key, next sequence\n");
	for (i = 0; i < fleet->count; i++) {
		const struct voltgate_session *session = &fleet->vehicles[i].session;

		sodium_bin2hex(key, sizeof(key), session->key, sizeof(session->key));
		fprintf(file, "%016" PRIx64 " %s %" PRIu64 "\n", session->id, key, session->next_sequence);
	}
	sodium_memzero(key, sizeof(key));
	return fflush(file) || ferror(file) ? -EIO : 0;
}

int fleet_save(const struct fleet *fleet, const char *path, struct fleet_error *ret_error)
{
	char partial[PATH_MAX];
	FILE *file = NULL;
	int ret = 0, fd;

	snprintf(partial, sizeof(partial), "%s.partial", path);
	fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0)
		file = fdopen(fd, "w");
	if (!file || fleet_write(fleet, file))
		ret = errno ? -errno : -EIO;
	if (file && fclose(file) && !ret)
		ret = -errno;
	if (!ret && rename(partial, path))
		ret = -errno;
	if (ret) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%s: cannot be written: %s.", path, strerror(-ret));
		unlink(partial);
	}
	return ret;
}

void fleet_done(struct fleet *fleet)
{
	if (fleet->vehicles)
		sodium_memzero(fleet->vehicles, fleet->count * sizeof(*fleet->vehicles));
	free(fleet->vehicles);
	memset(fleet, 0, sizeof(*fleet));
}
