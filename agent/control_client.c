// SPDX-License-Identifier: GPL-2.0
/*
 * control_client.c - requests to the agent's control socket and their answers,
 * one JSON object a line, each line bounded by CONTROL_LINE_MAX.
 */
#include "agent/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/control.h"

#define ANSWER_TIMEOUT_MS 10000

struct control_client {
	int fd;
	size_t start; /* of the first line not given out */
	size_t used;  /* bytes of @line that hold something */
	char path[108];
	char line[CONTROL_LINE_MAX + 1];
};

__attribute__((format(printf, 3, 4))) static int fail(struct gate_error *ret_error, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return error;
}

static int fail_connect(int error, const char *path, struct gate_error *ret_error)
{
	if (error == -ENOENT)
		return fail(ret_error, error,
			    "no agent listens at %s: start it (systemctl start voltgated) or give its socket with -S",
			    path);
	if (error == -ECONNREFUSED)
		return fail(ret_error, error,
			    "%s is left from an agent that has ended: start it again (systemctl start voltgated)",
			    path);
	if (error == -EACCES || error == -EPERM)
		return fail(ret_error, error,
			    "no permission to use %s: run this as root or as a member of group voltgate", path);
	return fail(ret_error, error, "cannot connect to the agent at %s: %s", path, strerror(-error));
}

int control_client_open(const char *path, struct control_client **ret_client, struct gate_error *ret_error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct control_client *client;
	int error;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(ret_error, -ENAMETOOLONG, "a socket's path has at most %zu characters: %.60s...",
			    sizeof(address.sun_path) - 1, path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	client = calloc(1, sizeof(*client));
	if (!client)
		return fail(ret_error, -ENOMEM, "out of memory");
	memcpy(client->path, address.sun_path, sizeof(client->path));
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof(address))) {
		error = fail_connect(-errno, path, ret_error);
		control_client_close(client);
		return error;
	}
	*ret_client = client;
	return 0;
}

void control_client_close(struct control_client *client)
{
	if (!client)
		return;
	if (client->fd >= 0)
		close(client->fd);
	free(client);
}

static int send_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		bytes += sent;
		len -= (size_t)sent;
	}
	return 0;
}

/* Jansson frees strings as they are; one of a request may be a session's key. */
static void wipe_strings(json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach (object, name, value) {
		if (json_is_string(value))
			explicit_bzero((char *)(uintptr_t)json_string_value(value), json_string_length(value));
		else if (json_is_object(value))
			wipe_strings(value);
	}
}

int control_client_send(struct control_client *client, json_t *request, struct gate_error *ret_error)
{
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	size_t len;
	int error;

	wipe_strings(request);
	json_decref(request);
	if (!text)
		return fail(ret_error, -ENOMEM, "out of memory");
	len = strlen(text);
	/* One write, so that a peer that answers and closes after it has read it whole. */
	text[len] = '\n';
	error = len < CONTROL_LINE_MAX ? send_all(client->fd, text, len + 1) : -EMSGSIZE;
	explicit_bzero(text, len);
	free(text);
	if (error == -EMSGSIZE)
		return fail(ret_error, error, "the request is longer than the %d bytes that the agent reads",
			    CONTROL_LINE_MAX);
	if (error == -EPIPE || error == -ECONNRESET)
		return 0; /* why it closed stands in what it sent before: the answer is read all the same */
	return error ? fail(ret_error, error, "cannot send to the agent at %s: %s", client->path, strerror(-error)) : 0;
}

/* Reads more behind what is there. 1, 0 at the end of the connection, -errno. */
static int read_more(struct control_client *client, int timeout_ms)
{
	struct pollfd waiting = { .fd = client->fd, .events = POLLIN };
	ssize_t got;
	int ready;

	memmove(client->line, client->line + client->start, client->used - client->start);
	client->used -= client->start;
	client->start = 0;
	if (client->used >= CONTROL_LINE_MAX)
		return -EPROTO;
	ready = poll(&waiting, 1, timeout_ms);
	if (ready <= 0)
		return ready ? -errno : -ETIMEDOUT; /* EINTR ends a follow */
	got = recv(client->fd, client->line + client->used, CONTROL_LINE_MAX - client->used, 0);
	if (got < 0)
		return errno == ECONNRESET ? 0 : -errno;
	client->used += (size_t)got;
	return got > 0;
}

/* Reads until a whole line stands at @start. 1, 0 at the end of the connection, -errno. */
static int fill_line(struct control_client *client, int timeout_ms, size_t *ret_len)
{
	size_t scanned = 0;
	int got;

	for (;;) {
		const char *from = client->line + client->start + scanned;
		const char *end = memchr(from, '\n', client->used - client->start - scanned);

		if (end) {
			*ret_len = (size_t)(end - client->line) - client->start;
			return 1;
		}
		scanned = client->used - client->start;
		got = read_more(client, timeout_ms);
		if (got <= 0)
			return got;
	}
}

/* {"error": ..., "errno": ...} as the agent's refusal. */
static int refused(const json_t *object, struct gate_error *ret_error)
{
	const char *text = json_string_value(json_object_get(object, "error"));
	json_int_t number = json_integer_value(json_object_get(object, "errno"));

	return fail(ret_error, number > 0 && number < 4096 ? -(int)number : -EIO, "%s",
		    text ? text : "the agent refused without saying why: look at its log");
}

int control_client_next(struct control_client *client, int timeout_ms, json_t **ret_object,
			struct gate_error *ret_error)
{
	json_error_t where;
	json_t *object;
	size_t len = 0;
	int got = fill_line(client, timeout_ms, &len), error;

	if (got == 0)
		return fail(ret_error, -EPIPE, "the agent at %s closed the connection: look at its log", client->path);
	if (got == -ETIMEDOUT)
		return fail(ret_error, got, "the agent at %s has not answered for %d s: look at its log", client->path,
			    timeout_ms / 1000);
	if (got == -EPROTO)
		return fail(ret_error, got, "what listens at %s sent a line longer than %d bytes: it is no voltgated",
			    client->path, CONTROL_LINE_MAX);
	if (got < 0)
		return fail(ret_error, got, "cannot read from the agent at %s: %s", client->path, strerror(-got));
	object = json_loadb(client->line + client->start, len, JSON_REJECT_DUPLICATES, &where);
	client->start += len + 1;
	if (!json_is_object(object)) {
		json_decref(object);
		return fail(ret_error, -EPROTO, "what listens at %s answered with no JSON object: it is no voltgated",
			    client->path);
	}
	if (json_object_get(object, "error")) {
		error = refused(object, ret_error);
		json_decref(object);
		return error;
	}
	if (json_is_true(json_object_get(object, "end"))) {
		json_decref(object);
		return 0;
	}
	*ret_object = object;
	return 1;
}

int control_client_call(struct control_client *client, json_t *request, int (*each)(void *arg, const json_t *object),
			void *arg, struct gate_error *ret_error)
{
	int error = control_client_send(client, request, ret_error), stop = 0;
	json_t *object;

	if (error)
		return error;
	/* After a stop the rest is read too, so that the next request meets its own answer. */
	while ((error = control_client_next(client, ANSWER_TIMEOUT_MS, &object, ret_error)) == 1) {
		if (each && !stop)
			stop = each(arg, object);
		json_decref(object);
	}
	return error ? error : stop;
}
