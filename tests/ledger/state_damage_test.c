// SPDX-License-Identifier: GPL-2.0
/*
 * state_damage_test.c - one bit of one file of a ledger on a disk is turned, at places drawn from every file: the
 * ledger must then name the fault, or be whole all the same (a byte that nobody reads, or the end of LevelDB's log,
 * which is made again from the blocks); it must never serve anything else.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/store_leveldb_scan.h"
#include "tests/ktap.h"
#include "tests/ledger/state_channel.h"

#define BLOCKS 24
#define FILES_MAX 64
#define PLACES 14 /* drawn in each file, besides its first and last bytes */

static struct test_channel channel;
static struct rig_random dice = { 11 };

struct whole { /* what must be served */
	u8 head[32], *blocks[BLOCKS + 1];
	size_t lens[BLOCKS + 1];
	u64 keys;
};

static int fill(const char *path, struct whole *whole)
{
	struct ledger_options options = { .folder = path, .file_bytes = 20000 };
	struct ledger_error error = { .text = "" };
	struct ledger *ledger;
	u64 number;
	u8 root[32];
	int err;

	channel_make(&channel);
	err = ledger_create(&options, &channel.genesis, 5, &ledger, &error);
	for (number = 1; !err && number <= BLOCKS; number++) {
		err = channel_append(&channel, ledger, channel_body(&channel, &dice, 20, 300, 40), &error);
		if (!err && number % 6 == 0) { /* LevelDB makes a table of its log on opening */
			ledger_close(ledger);
			err = ledger_open(&options, &ledger, &error);
		}
	}
	for (number = 0; !err && number <= BLOCKS; number++)
		err = ledger_sync(ledger, &error)
			      ?: ledger_block(ledger, number, &whole->blocks[number], &whole->lens[number], &error);
	if (!err)
		err = state_recompute(ledger_state(ledger), root, &whole->keys);
	if (err) {
		printf("# %d %s: %s\n", err, error.file, error.text);
		return err;
	}
	memcpy(whole->head, ledger_head_hash(ledger), 32);
	ledger_close(ledger);
	return 0;
}

enum verdict { NAMED, HARMLESS, SERVED };

static enum verdict named(int err, const char *text)
{
	return (err == -EIO || err == -EBADMSG || err == -EPROTO || err == -ENOENT) && *text ? NAMED : SERVED;
}

static bool read_each(void *arg, struct span key, const struct state_value *value)
{
	(void)key;
	(void)value;
	(*(u64 *)arg)++;
	return true;
}

/* Opens the damaged ledger and asks it for everything. */
static enum verdict ask(const char *path, const struct whole *whole, struct ledger_error *error)
{
	struct ledger_options options = { .folder = path, .file_bytes = 20000 };
	struct ledger *ledger;
	enum verdict verdict = HARMLESS;
	u8 root[32], *bytes;
	u64 number, keys = 0;
	size_t len;
	int err = ledger_open(&options, &ledger, error);

	if (err)
		return named(err, error->text);
	for (number = 0; number <= BLOCKS && verdict == HARMLESS; number++) {
		err = ledger_block(ledger, number, &bytes, &len, error);
		if (err) {
			verdict = named(err, error->text);
		} else {
			if (!span_equal(rig_span(bytes, len), rig_span(whole->blocks[number], whole->lens[number])))
				verdict = SERVED;
			free(bytes);
		}
	}
	if (verdict == HARMLESS) {
		err = state_walk(ledger_state(ledger), rig_span(NULL, 0), rig_span(NULL, 0), read_each, &keys);
		if (!err)
			err = state_recompute(ledger_state(ledger), root, &number);
		if (err)
			verdict = named(err, state_store(ledger_state(ledger))->error);
		else if (keys != whole->keys || memcmp(root, ledger_head(ledger)->state, 32) ||
			 memcmp(ledger_head_hash(ledger), whole->head, 32))
			verdict = SERVED;
		if (err)
			snprintf(error->text, sizeof(error->text), "%.319s", state_store(ledger_state(ledger))->error);
	}
	ledger_close(ledger);
	return verdict;
}

static int shell(const char *format, const char *one, const char *other)
{
	char command[256];

	snprintf(command, sizeof(command), format, one, other);
	return system(command);
}

static int flip(const char *folder, const char *file, u64 offset, u8 mask)
{
	char path[300];
	u8 byte;
	int fd, error;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	fd = open(path, O_RDWR);
	error = pread(fd, &byte, 1, offset) != 1;
	byte ^= mask;
	error = error || pwrite(fd, &byte, 1, offset) != 1;
	close(fd);
	return error;
}

struct file {
	char name[64];
	u64 size;
};

static u32 list(const char *folder, const char *part, struct file *files)
{
	char path[300];
	struct dirent *entry;
	struct stat stat_;
	DIR *listing;
	u32 count = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, part);
	listing = opendir(path);
	while (listing && (entry = readdir(listing)) && count < FILES_MAX) {
		snprintf(path, sizeof(path), "%s/%s/%.60s", folder, part, entry->d_name);
		/* LOG is LevelDB's diary, LOCK is empty */
		if (entry->d_name[0] == '.' || !strncmp(entry->d_name, "LO", 2) || stat(path, &stat_) || !stat_.st_size)
			continue;
		snprintf(files[count].name, sizeof(files[count].name), "%.10s/%.50s", part, entry->d_name);
		files[count++].size = stat_.st_size;
	}
	if (listing)
		closedir(listing);
	return count;
}

static void test_file(const char *folder, const char *spare, const struct file *file, const struct whole *whole)
{
	struct ledger_error error;
	u32 place, counts[3] = { 0 };

	for (place = 0; place < PLACES + 2; place++) {
		u64 offset = place == PLACES	   ? 0
			     : place == PLACES + 1 ? file->size - 1
			     : place % 2	   ? rig_draw(&dice, (u32)(file->size < 64 ? file->size : 64))
						   : rig_draw(&dice, (u32)file->size);
		u8 mask = (u8)(1 << rig_draw(&dice, 8));
		enum verdict verdict;

		memset(&error, 0, sizeof(error));
		if (shell("rm -rf '%s%s'", spare, "") || shell("cp -a '%s' '%s'", folder, spare) ||
		    flip(spare, file->name, offset, mask))
			break;
		verdict = ask(spare, whole, &error);
		counts[verdict]++;
		if (verdict == SERVED)
			printf("# %s offset %llu mask %02x: %s\n", file->name, (unsigned long long)offset, mask,
			       error.text);
	}
	ktap_ok(!counts[SERVED] && counts[NAMED] + counts[HARMLESS] == PLACES + 2,
		"%s: %u of %u named (%s), %u harmless", file->name, counts[NAMED], place, error.text, counts[HARMLESS]);
}

static void test_scan(const char *folder)
{
	struct file files[FILES_MAX];
	struct store_leveldb_fault fault;
	char path[300];
	u32 count = list(folder, "state", files), i, tables = 0, right = 0;

	snprintf(path, sizeof(path), "%s/state", folder);
	ktap_ok(!store_leveldb_scan(path, &fault), "a whole database has no fault");
	for (i = 0; i < count; i++) {
		u64 offset = rig_draw(&dice, (u32)files[i].size - 60);

		if (!strstr(files[i].name, ".ldb"))
			continue;
		tables++;
		flip(folder, files[i].name, offset, 1);
		right += store_leveldb_scan(path, &fault) == -EBADMSG && strstr(files[i].name, fault.file) &&
			 fault.offset <= offset;
		flip(folder, files[i].name, offset, 1);
	}
	ktap_ok(tables && right == tables, "%u of %u damaged tables are named by file and offset", right, tables);
}

int main(void)
{
	static struct whole whole;
	static struct file files[FILES_MAX];
	char folder[64], path[80], spare[80];
	u32 count, i;

	ktap_plan(0);
	rig_folder(folder);
	snprintf(path, sizeof(path), "%s/ledger", folder);
	snprintf(spare, sizeof(spare), "%s/spare", folder);
	if (fill(path, &whole))
		return 1;
	test_scan(path);
	count = list(path, "state", files);
	count += list(path, "blocks", files + count);
	strcpy(files[count].name, "FORMAT");
	files[count++].size = strlen(LEDGER_FORMAT);
	for (i = 0; i < count; i++)
		test_file(path, spare, &files[i], &whole);
	for (i = 0; i <= BLOCKS; i++)
		free(whole.blocks[i]);
	rig_folder_done(folder);
	return ktap_exit();
}
