// SPDX-License-Identifier: GPL-2.0
/*
 * cable_ask.c - the vehicle's end of the cable: one question, its answer
 * checked member by member.
 */
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/station/cable.h"

#define ASK_SECONDS 5

static int fail(struct cable_error *ret_error, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct cable_error *ret_error, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return error;
}

static int plug(const char *path, struct cable_error *ret_error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = ASK_SECONDS };
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(ret_error, -ENAMETOOLONG, "The cable's path %.60s... is too long.", path);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(ret_error, -errno, "No socket can be made: %s.", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	error = -errno;
	close(fd);
	return fail(ret_error, error, "No charger answers at %s: %s. Is voltgate-station running?", path,
		    strerror(-error));
}

static int exchange(int fd, const char *request, char line[CABLE_LINE_MAX], struct cable_error *ret_error)
{
	size_t len = 0;
	ssize_t got;

	if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
		return fail(ret_error, -EIO, "The charger took no question: %s.", strerror(errno));
	while (len < CABLE_LINE_MAX - 1) {
		got = recv(fd, line + len, CABLE_LINE_MAX - 1 - len, 0);
		if (got <= 0)
			return fail(ret_error, -EIO, "The charger did not answer within %d s.", ASK_SECONDS);
		len += (size_t)got;
		line[len] = '\0';
		if (line[len - 1] == '\n')
			return 0;
	}
	return fail(ret_error, -EBADMSG, "The charger's answer is longer than %d bytes.", CABLE_LINE_MAX);
}

static bool take_hex(const json_t *object, const char *name, u8 *ret_bytes, size_t size)
{
	const char *text = json_string_value(json_object_get(object, name));
	size_t len = 0;

	return text && strlen(text) == 2 * size && !sodium_hex2bin(ret_bytes, size, text, 2 * size, NULL, &len, NULL) &&
	       len == size;
}

static bool take_number(const json_t *object, const char *name, json_int_t most, u64 *ret_number)
{
	const json_t *value = json_object_get(object, name);

	*ret_number = (u64)json_integer_value(value);
	return json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= most;
}

static int take(const json_t *object, struct cable_reading *ret_reading, struct cable_error *ret_error)
{
	const char *refusal = json_string_value(json_object_get(object, "error"));
	struct reading *reading = &ret_reading->meter.reading;
	u64 charger, number;

	if (refusal)
		return fail(ret_error, -EACCES, "The charger says: %.200s", refusal);
	if (!take_hex(object, "station", ret_reading->station, 32) ||
	    !take_number(object, "charger", 65535, &charger) || !take_number(object, "number", UINT32_MAX, &number) ||
	    !take_number(object, "register", INT64_MAX, &reading->register_wh) ||
	    !take_number(object, "time", INT64_MAX, &reading->time) ||
	    !take_hex(object, "signature", ret_reading->meter.signature, 64))
		return fail(ret_error, -EBADMSG, "The charger's answer is no reading.");
	ret_reading->charger = (u16)charger;
	reading->number = (u32)number;
	return 0;
}

static int ask(const char *path, const char *request, json_t **ret_object, struct cable_error *ret_error)
{
	char line[CABLE_LINE_MAX];
	int fd = plug(path, ret_error), error;

	*ret_object = NULL;
	if (fd < 0)
		return fd;
	error = exchange(fd, request, line, ret_error);
	close(fd);
	if (!error)
		*ret_object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	return error;
}

int cable_ask(const char *path, const u8 session[32], enum cable_want want, struct cable_reading *ret_reading,
	      struct cable_error *ret_error)
{
	static const char *const verbs[] = { "reading", "again", "end" };
	char request[160], hex[65];
	json_t *object;
	int error;

	sodium_bin2hex(hex, sizeof(hex), session, 32);
	snprintf(request, sizeof(request), "{\"do\":\"%s\",\"session\":\"%s\"}\n", verbs[want], hex);
	error = ask(path, request, &object, ret_error);
	if (!error)
		error = take(object, ret_reading, ret_error);
	json_decref(object);
	return error;
}

int cable_time(const char *path, u64 *ret_time, struct cable_error *ret_error)
{
	json_t *object;
	int error = ask(path, "{\"do\":\"charger\"}\n", &object, ret_error);

	if (!error && !take_number(object, "time", INT64_MAX, ret_time))
		error = fail(ret_error, -EBADMSG, "The charger's answer has no time.");
	json_decref(object);
	return error;
}
