// SPDX-License-Identifier: GPL-2.0
/*
 * genesis_file.c - reads and writes files of the ledger's encodings.
 */
#include "tools/voltgate/genesis_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int genesis_file_read(const char *path, struct membership *ret_genesis, struct genesis_file_error *ret_error)
{
	FILE *file = fopen(path, "re");
	struct span bytes;
	u8 *room;
	int error;

	if (!file) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%.200s cannot be opened: %s", path,
			 strerror(errno));
		return -ENOENT;
	}
	room = malloc(MEMBERSHIP_BYTES_MAX + 1);
	bytes = (struct span){ room, room ? fread(room, 1, MEMBERSHIP_BYTES_MAX + 1, file) : 0 };
	error = ferror(file) || !room ? -EIO : membership_decode(bytes, ret_genesis);
	if (!error && (ret_genesis->sequence || ret_genesis->epoch))
		error = -EBADMSG;
	if (error)
		snprintf(ret_error->text, sizeof(ret_error->text),
			 error == -EIO ? "%.200s cannot be read"
				       : "%.200s is no genesis of a channel, as \"voltgate channel create\" writes one",
			 path);
	free(room);
	fclose(file);
	return error;
}

int genesis_file_write(const char *path, struct span bytes, struct genesis_file_error *ret_error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	bool failed;
	int error;

	if (fd < 0) {
		error = -errno;
		snprintf(ret_error->text, sizeof(ret_error->text), "%.200s cannot be made: %s", path, strerror(-error));
		return error;
	}
	failed = write(fd, bytes.bytes, bytes.len) != (ssize_t)bytes.len || fsync(fd);
	failed |= close(fd) != 0;
	if (failed) {
		unlink(path);
		snprintf(ret_error->text, sizeof(ret_error->text), "%.200s cannot be written", path);
		return -EIO;
	}
	return 0;
}
