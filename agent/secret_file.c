// SPDX-License-Identifier: GPL-2.0
/* secret_file.c - see secret_file.h. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/secret_file.h"

static int secret_fail(struct secret_file_error *ret_error, int err, const char *verb, const char *what,
		       const char *path)
{
	snprintf(ret_error->text, sizeof(ret_error->text), "Cannot %s the %s %s: %s.", verb, what, path,
		 strerror(-err));
	return err;
}

static int secret_write(const char *path, const u8 *secret, size_t len)
{
	char fresh[512];
	int fd, err = 0;

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	errno = EIO;
	if (write(fd, secret, len) != (ssize_t)len || fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(fresh, path))
		err = -errno;
	if (err)
		unlink(fresh);
	return err;
}

static int secret_read(const char *path, const char *what, u8 *ret_secret, size_t len,
		       struct secret_file_error *ret_error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), err = 0;
	struct stat status;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : secret_fail(ret_error, -errno, "open", what, path);
	if (fstat(fd, &status)) {
		err = secret_fail(ret_error, -errno, "look at", what, path);
	} else if (status.st_mode & 077) {
		err = -EPERM;
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "Others may read the %s %s. Remove it so that a new one is made, or 'chmod 600' it if nobody "
			 "has seen it.",
			 what, path);
	} else if (status.st_size != (off_t)len || read(fd, ret_secret, len) != (ssize_t)len) {
		err = -EINVAL;
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "The %s %s does not have %zu bytes. Restore it, or remove it so that a new one is made.", what,
			 path, len);
	}
	close(fd);
	return err;
}

int secret_file_open(const char *path, const char *what, u8 *ret_secret, size_t len,
		     struct secret_file_error *ret_error)
{
	int err = secret_read(path, what, ret_secret, len, ret_error);

	if (err != -ENOENT)
		return err;
	randombytes_buf(ret_secret, len);
	err = secret_write(path, ret_secret, len);
	return err ? secret_fail(ret_error, err, "make", what, path) : 0;
}
