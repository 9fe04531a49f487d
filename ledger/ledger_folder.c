// SPDX-License-Identifier: GPL-2.0
/*
 * ledger_folder.c - a ledger's folder: FORMAT, blocks/, state/. FORMAT is written
 * last, so a folder without it holds no ledger, and one with another text in it is refused by that text.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/blockscan.h"
#include "ledger/ledger_parts.h"

#define FOLDER_PATH_MAX 4096

static void folder_path(char ret_path[FOLDER_PATH_MAX], const char *folder, const char *name)
{
	snprintf(ret_path, FOLDER_PATH_MAX, "%.4000s/%.90s", folder, name);
}

static int folder_fail(struct ledger_error *ret_error, const char *what, const char *folder)
{
	int error = -errno;

	return ledger_fail(ret_error, error, what, 0, "Cannot read or write %s in %.160s: %s.", what, folder,
			   strerror(-error));
}

/* 0; -ENOENT: no ledger; -EPROTO: of another format. */
static int format_check(const char *folder, struct ledger_error *ret_error)
{
	char path[FOLDER_PATH_MAX], text[sizeof(LEDGER_FORMAT) + 40];
	ssize_t len;
	int fd;

	folder_path(path, folder, "FORMAT");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return ledger_fail(ret_error, -ENOENT, "FORMAT", 0, "There is no ledger in %.200s.", folder);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (len < 0) {
		int error = folder_fail(ret_error, "FORMAT", folder);

		if (fd >= 0)
			close(fd);
		return error;
	}
	close(fd);
	text[len] = 0;
	if (!strcmp(text, LEDGER_FORMAT))
		return 0;
	text[strcspn(text, "\n")] = 0;
	return ledger_fail(
		ret_error, -EPROTO, "FORMAT", 0,
		"The ledger in %.100s is of format \"%.50s\", this program reads \"%.*s\": use the program that "
		"made it, or join the channel again in an empty folder.",
		folder, text, (int)sizeof(LEDGER_FORMAT) - 2, LEDGER_FORMAT);
}

static int folder_sync(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;

	if (fd < 0 || fsync(fd))
		error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

int ledger_format_write(const struct ledger_options *options, struct ledger_error *ret_error)
{
	char path[FOLDER_PATH_MAX], last[FOLDER_PATH_MAX];
	size_t len = strlen(LEDGER_FORMAT);
	int fd, error = 0;

	if (!options->folder)
		return 0;
	folder_path(path, options->folder, "FORMAT.new");
	folder_path(last, options->folder, "FORMAT");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, LEDGER_FORMAT, len) != (ssize_t)len || fsync(fd) || rename(path, last))
		error = folder_fail(ret_error, "FORMAT", options->folder);
	if (!error && folder_sync(options->folder))
		error = folder_fail(ret_error, "FORMAT", options->folder);
	if (error)
		unlink(path);
	if (fd >= 0)
		close(fd);
	return error;
}

/* Is anything in @folder's @part? */
static bool folder_used(const char *folder, const char *part)
{
	char path[FOLDER_PATH_MAX];
	struct dirent *entry;
	bool used = false;
	DIR *listing;

	folder_path(path, folder, part);
	listing = opendir(path);
	while (listing && (entry = readdir(listing)))
		used = used || (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."));
	if (listing)
		closedir(listing);
	return used;
}

static void folder_empty(const char *folder, const char *part)
{
	char path[FOLDER_PATH_MAX], file[FOLDER_PATH_MAX + 300];
	struct dirent *entry;
	DIR *listing;

	folder_path(path, folder, part);
	listing = opendir(path);
	while (listing && (entry = readdir(listing))) {
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(file);
	}
	if (listing)
		closedir(listing);
	rmdir(path);
}

static int store_place_open(const char *folder, bool create, struct store **ret_store, struct ledger_error *ret_error)
{
	char path[FOLDER_PATH_MAX], error_text[320] = "";
	int error;

	folder_path(path, folder, "state");
	if (mkdir(path, 0700) && errno != EEXIST)
		return folder_fail(ret_error, "state", folder);
	if (!create && !folder_used(folder, "state")) /* taken away to be made again */
		create = true;
	error = store_leveldb_open(path, create, ret_store, error_text);
	return error ? ledger_fail(ret_error, error == -ENOENT ? -EIO : error, "state", 0, "%.*s", 319, error_text) : 0;
}

int ledger_place_open(const struct ledger_options *options, bool create, struct ledger_place *ret_place,
		      struct ledger_error *ret_error)
{
	const char *folder = options->folder;
	char path[FOLDER_PATH_MAX];
	int error;

	*ret_place = (struct ledger_place){ options->disk, options->store, false };
	if (!folder)
		return 0;
	*ret_place = (struct ledger_place){ NULL, NULL, false };
	error = ledger_folder_swap(folder, ret_error);
	if (error)
		return error;
	error = format_check(folder, ret_error);
	if (create && (!error || error == -EPROTO || folder_used(folder, "blocks") || folder_used(folder, "state")))
		return ledger_fail(ret_error, -EEXIST, "FORMAT", 0,
				   "The folder %.160s already holds a ledger, or a part of one.", folder);
	if (error && !(create && error == -ENOENT))
		return error;
	if (create && !mkdir(folder, 0700))
		ret_place->made = true;
	folder_path(path, folder, "blocks");
	error = disk_posix_open(path, create, &ret_place->disk);
	if (error)
		return ledger_fail(ret_error, error, "blocks", 0, "Cannot open %.200s: %s.", path, strerror(-error));
	return store_place_open(folder, create, &ret_place->store, ret_error);
}

void ledger_place_close(struct ledger_place *place)
{
	if (place->disk)
		disk_done(place->disk);
	if (place->store)
		place->store->ops->close(place->store);
	place->disk = NULL;
	place->store = NULL;
}

void ledger_place_remove(const struct ledger_options *options, struct ledger_place *place)
{
	if (!options->folder)
		return;
	folder_empty(options->folder, "blocks");
	folder_empty(options->folder, "state");
	if (place->made)
		rmdir(options->folder);
}

void ledger_folder_next(char ret_path[FOLDER_PATH_MAX], const char *folder)
{
	folder_path(ret_path, folder, "next");
}

/* @part of @next takes the place of @folder's, unless it did so before a crash. */
static int folder_swap_part(const char *folder, const char *next, const char *part)
{
	char from[FOLDER_PATH_MAX], to[FOLDER_PATH_MAX];

	folder_path(from, next, part);
	folder_path(to, folder, part);
	if (access(from, F_OK))
		return errno == ENOENT ? 0 : -errno;
	folder_empty(folder, part);
	return rename(from, to) ? -errno : folder_sync(folder);
}

int ledger_folder_swap(const char *folder, struct ledger_error *ret_error)
{
	char next[FOLDER_PATH_MAX], format[FOLDER_PATH_MAX];
	int error = 0;

	folder_path(next, folder, "next");
	if (access(next, F_OK))
		return 0;
	folder_path(format, next, "FORMAT");
	if (access(format, F_OK)) { /* a snapshot that did not come to its end */
		folder_path(format, next, "FORMAT.new");
		unlink(format);
		folder_empty(next, "blocks");
		folder_empty(next, "state");
	} else {
		error = folder_swap_part(folder, next, "state");
		if (!error)
			error = folder_swap_part(folder, next, "blocks");
		if (!error)
			error = folder_swap_part(folder, next, "FORMAT");
	}
	if (!error && rmdir(next))
		error = -errno;
	return error ? ledger_fail(ret_error, error, "next", 0, "Cannot put the snapshot in %.160s in its place: %s.",
				   next, strerror(-error))
		     : 0;
}

struct first_file {
	char name[64];
};

static void first_each(void *arg, const char *name)
{
	struct first_file *first = arg;
	size_t len = strlen(name);

	/* The first by number: a crash may have left the last one without its header. */
	if (len > 4 && len < sizeof(first->name) && !strcmp(name + len - 4, ".vgb") &&
	    (!*first->name || strcmp(name, first->name) < 0))
		strcpy(first->name, name);
}

int ledger_place_channel(struct disk *disk, u8 ret_channel[LEDGER_HASH_LEN])
{
	struct first_file first = { .name = "" };
	struct disk_file *file;
	ssize_t len;
	int error = disk->ops->list(disk, first_each, &first);

	if (error)
		return error;
	if (!*first.name)
		return -ENOENT;
	error = disk->ops->open(disk, first.name, false, &file);
	if (error)
		return error;
	/* Whether the header is right is blockfile_open()'s to judge. */
	len = disk->ops->read(file, 16, ret_channel, LEDGER_HASH_LEN);
	disk->ops->close(file);
	return len < 0 ? (int)len : len < LEDGER_HASH_LEN ? -ENOENT : 0;
}
