// SPDX-License-Identifier: GPL-2.0
/*
 * seat_folder.c - the node's folder: what lies where, and moves that a crash
 * leaves done or undone.
 *
 *   FORMAT               "voltgate node 1"; another one is refused by name
 *   channels/ID/         a channel this node is in: ledger.h's folder, genesis, votes/, private/
 *   joining/ID/          being made; thrown away on open
 *   left/ID/             left; joining again takes it back, so that no vote is ever given twice
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/node/node_state.h"

#define SEAT_FOLDER_FORMAT "voltgate node 1\n"

static int seat_folder_fail(struct node_error *ret_error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int seat_folder_fail(struct node_error *ret_error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return err;
}

static void seat_folder_part(const struct node *node, const char *part, char ret_path[NODE_PATH_MAX])
{
	snprintf(ret_path, NODE_PATH_MAX, "%s/%s", node->folder, part);
}

void seat_folder_name(const struct node *node, const char *part, const u8 id[32], char ret_path[NODE_PATH_MAX])
{
	char hex[65];

	sodium_bin2hex(hex, sizeof(hex), id, 32);
	snprintf(ret_path, NODE_PATH_MAX, "%s/%s/%s", node->folder, part, hex);
}

static int seat_folder_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (fd < 0 || fsync(fd))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

/* A new file with @bytes, on the disk when this returns. */
static int seat_folder_write(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), err = 0;
	ssize_t written = 0;

	if (fd < 0)
		return -errno;
	while (!err && len) {
		written = write(fd, bytes, len);
		if (written < 0)
			err = -errno;
		else {
			bytes = (const char *)bytes + written;
			len -= (size_t)written;
		}
	}
	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

static int seat_folder_remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static int seat_folder_remove(const char *path)
{
	if (nftw(path, seat_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		return -errno;
	return 0;
}

static int seat_folder_format(struct node *node, struct node_error *ret_error)
{
	char path[NODE_PATH_MAX], text[64] = "";
	ssize_t got;
	int fd, err;

	seat_folder_part(node, "FORMAT", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		err = seat_folder_write(path, SEAT_FOLDER_FORMAT, strlen(SEAT_FOLDER_FORMAT));
		return err ? seat_folder_fail(ret_error, err, "Cannot write %s: %s.", path, strerror(-err)) : 0;
	}
	got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	err = got < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (err)
		return seat_folder_fail(ret_error, err, "Cannot read %s: %s.", path, strerror(-err));
	if (!strcmp(text, SEAT_FOLDER_FORMAT))
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return seat_folder_fail(ret_error, -EPROTO,
				"%s says \"%.60s\": this program keeps its ledgers as \"voltgate node 1\". Use the "
				"program that made the folder, or another folder.",
				path, text);
}

int seat_folder_open(struct node *node, struct node_error *ret_error)
{
	static const char *const parts[] = { "", "channels", "joining", "left" };
	char path[NODE_PATH_MAX];
	size_t i;
	int err;

	if (strlen(node->folder) > NODE_PATH_MAX - 128)
		return seat_folder_fail(ret_error, -ENAMETOOLONG, "The path of the ledger's folder is too long.");
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		seat_folder_part(node, parts[i], path);
		if (!strcmp(parts[i], "joining")) {
			err = seat_folder_remove(path);
			if (err)
				return seat_folder_fail(ret_error, err, "Cannot clear %s: %s.", path, strerror(-err));
		}
		if (mkdir(path, 0700) && errno != EEXIST)
			return seat_folder_fail(ret_error, -errno, "Cannot make the folder %s: %s.", path,
						strerror(errno));
	}
	return seat_folder_format(node, ret_error);
}

int seat_folder_list(struct node *node, int (*each)(struct node *node, const u8 id[32]), struct node_error *ret_error)
{
	char path[NODE_PATH_MAX];
	struct dirent *entry;
	DIR *folder;
	u8 id[32];
	size_t len;
	int err = 0;

	seat_folder_part(node, "channels", path);
	folder = opendir(path);
	if (!folder)
		return seat_folder_fail(ret_error, -errno, "Cannot read the folder %s: %s.", path, strerror(errno));
	while (!err && (entry = readdir(folder)))
		if (strlen(entry->d_name) == 64 &&
		    !sodium_hex2bin(id, sizeof(id), entry->d_name, 64, NULL, &len, NULL) && len == 32)
			err = each(node, id);
	closedir(folder);
	return err ? seat_folder_fail(ret_error, err, "The channels of %s cannot all be opened: %s.", path,
				      strerror(-err))
		   : 0;
}

/* Moves a channel's folder from one part to the other, for good. */
static int seat_folder_move(struct node *node, const u8 id[32], const char *from, const char *to)
{
	char old[NODE_PATH_MAX], new[NODE_PATH_MAX], part[NODE_PATH_MAX];
	int err;

	seat_folder_name(node, from, id, old);
	seat_folder_name(node, to, id, new);
	if (rename(old, new))
		return -errno;
	seat_folder_part(node, to, part);
	err = seat_folder_sync(part);
	seat_folder_part(node, from, part);
	return err ? err : seat_folder_sync(part);
}

static int seat_folder_make(const char *path, const struct membership *genesis, struct span bytes,
			    struct node_error *ret_error)
{
	struct ledger_options options = { .folder = path };
	struct ledger_error error = { .text = "" };
	struct ledger *ledger = NULL;
	char file[NODE_PATH_MAX + 16];
	int err = ledger_create(&options, genesis, 0, &ledger, &error);

	if (err)
		return seat_folder_fail(ret_error, err, "The ledger cannot be made in %s: %s", path,
					*error.text ? error.text : strerror(-err));
	ledger_close(ledger);
	snprintf(file, sizeof(file), "%s/genesis", path);
	err = seat_folder_write(file, bytes.bytes, bytes.len);
	if (!err)
		err = seat_folder_sync(path);
	return err ? seat_folder_fail(ret_error, err, "Cannot write %s: %s.", file, strerror(-err)) : 0;
}

int seat_folder_create(struct node *node, const struct membership *genesis, struct span bytes, const u8 id[32],
		       struct node_error *ret_error)
{
	char path[NODE_PATH_MAX];
	int err;

	seat_folder_name(node, "left", id, path);
	if (!access(path, F_OK)) {
		err = seat_folder_move(node, id, "left", "channels");
		return err ? seat_folder_fail(ret_error, err, "Cannot take %s back: %s.", path, strerror(-err)) : 0;
	}
	seat_folder_name(node, "joining", id, path);
	err = seat_folder_make(path, genesis, bytes, ret_error);
	if (!err) {
		err = seat_folder_move(node, id, "joining", "channels");
		if (err)
			seat_folder_fail(ret_error, err, "Cannot move %s to its place: %s.", path, strerror(-err));
	}
	if (err)
		seat_folder_remove(path);
	return err;
}

int seat_folder_leave(struct node *node, const u8 id[32], struct node_error *ret_error)
{
	int err = seat_folder_move(node, id, "channels", "left");

	return err ? seat_folder_fail(ret_error, err, "Cannot put the channel's data away: %s.", strerror(-err)) : 0;
}
