// SPDX-License-Identifier: GPL-2.0
/*
 * key_file.c - reading and writing key files.
 */
#include "tools/voltgate/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_MAX 64

__attribute__((format(printf, 3, 4))) static int fail(struct key_file_error *ret_error, int error, const char *format,
						      ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return error;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int decode(const char *text, size_t len, u8 *ret_bytes)
{
	size_t i;

	for (i = 0; i < len; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		ret_bytes[i] = (u8)(high << 4 | low);
	}
	return 0;
}

int key_file_hex(const char *text, void *ret_bytes, size_t len)
{
	return strlen(text) == 2 * len ? decode(text, len, ret_bytes) : -EINVAL;
}

/* -1 with errno set, or a file descriptor; @ret_close says whether it is ours. */
static int open_source(const char *source, bool *ret_close)
{
	char *end;
	long number;

	*ret_close = false;
	if (!strcmp(source, "-"))
		return STDIN_FILENO;
	if (!strncmp(source, "fd:", 3)) {
		number = strtol(source + 3, &end, 10);
		if (source[3] < '0' || source[3] > '9' || *end || number > 1 << 20) {
			errno = EBADF;
			return -1;
		}
		return (int)number;
	}
	*ret_close = true;
	return open(source, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* Up to @size bytes until the end; what is longer is told by a full buffer. */
static ssize_t read_all(int fd, char *ret_bytes, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, ret_bytes + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

int key_file_read(const char *source, void *ret_key, size_t len, struct key_file_error *ret_error)
{
	char bytes[2 * KEY_MAX + 8];
	bool ours;
	int fd = open_source(source, &ours), error = 0;
	ssize_t got = fd < 0 ? -1 : read_all(fd, bytes, sizeof(bytes));

	if (got < 0)
		error = fail(ret_error, -errno, "cannot read a key from \"%.100s\": %s", source, strerror(errno));
	if (fd >= 0 && ours)
		close(fd);
	if (error)
		return error;
	if (got == (ssize_t)len) {
		memcpy(ret_key, bytes, len);
	} else {
		while (got && (bytes[got - 1] == '\n' || bytes[got - 1] == '\r' || bytes[got - 1] == ' '))
			got--;
		if (got != (ssize_t)(2 * len) || decode(bytes, len, ret_key))
			error = fail(ret_error, -EINVAL,
				     "\"%.100s\" holds no key: %zu hex digits or %zu raw bytes are expected", source,
				     2 * len, len);
	}
	explicit_bzero(bytes, sizeof(bytes));
	return error;
}

int key_file_write(const char *path, const void *key, size_t len, struct key_file_error *ret_error)
{
	static const char digits[] = "0123456789abcdef";
	const u8 *from = key;
	char text[2 * KEY_MAX + 1];
	size_t i;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), error = 0;

	if (fd < 0 && errno == EEXIST)
		return fail(ret_error, -EEXIST, "\"%.150s\" exists and is not overwritten: name a new file for the key",
			    path);
	if (fd < 0)
		return fail(ret_error, -errno, "cannot write the key to \"%.100s\": %s", path, strerror(errno));
	for (i = 0; i < len; i++) {
		text[2 * i] = digits[from[i] >> 4];
		text[2 * i + 1] = digits[from[i] & 15];
	}
	text[2 * len] = '\n';
	if (write(fd, text, 2 * len + 1) != (ssize_t)(2 * len + 1) || fsync(fd))
		error = errno ? -errno : -EIO;
	explicit_bzero(text, sizeof(text));
	if (close(fd) && !error)
		error = -errno;
	if (error) {
		unlink(path);
		return fail(ret_error, error, "cannot write the key to \"%.100s\": %s", path, strerror(-error));
	}
	return 0;
}
