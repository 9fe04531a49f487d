// SPDX-License-Identifier: GPL-2.0
/*
 * control.c - server of the control socket: see control.h.
 *
 *   peer: reading --line--> answering --end--> reading
 *   answering --control_dump()--> dumping (a child writes) --child ends--> reading
 *   answering --control_defer()--> waiting --control_resume()--> reading
 *   answering --control_follow()--> following, reads on (and ends when the peer does)
 *   any --hang-up, slow, oversized line, no JSON--> freed
 * A peer whose answers pile up is not read until they are gone. Lines may
 * hold session keys: input is wiped when used.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/control.h"
#include "agent/gate_json.h"
#include "agent/say.h"

#define CONTROL_PILE 262144 /* bytes of unsent answers at which a peer's requests wait */
#define CONTROL_CHILD_FLUSH 65536
#define CONTROL_CHILD_PATIENCE_MS 30000

struct control_peer {
	struct control_peer *next;
	struct control *control;
	int fd;
	struct event *readable, *writable;
	struct evbuffer *out;
	bool follows[CONTROL_WHAT_COUNT];
	bool doomed; /* freed when the answer under way is done */
	pid_t child; /* 0: none */
	u64 ticket;  /* 0, or of the answer that comes later */
	size_t len;
	char line[CONTROL_LINE_MAX + 1];
};

struct control {
	struct event_base *base;
	char *path;
	int fd;
	struct event *acceptable, *child_ended;
	u32 limit;
	u32 count;
	u32 followers[CONTROL_WHAT_COUNT];
	u32 dumps;
	u64 tickets;
	bool is_child;
	control_request_fn *request;
	void *arg;
	struct control_peer *peers;
};

static void control_free_peer(struct control_peer *peer)
{
	struct control_peer **at = &peer->control->peers;
	int what;

	while (*at != peer)
		at = &(*at)->next;
	*at = peer->next;
	peer->control->count--;
	for (what = 0; what < CONTROL_WHAT_COUNT; what++)
		peer->control->followers[what] -= peer->follows[what];
	if (peer->readable)
		event_free(peer->readable);
	if (peer->writable)
		event_free(peer->writable);
	if (peer->out)
		evbuffer_free(peer->out);
	close(peer->fd);
	sodium_memzero(peer->line, sizeof(peer->line));
	free(peer);
}

static void control_push(struct control_peer *peer)
{
	while (evbuffer_get_length(peer->out)) {
		int sent = evbuffer_write(peer->out, peer->fd);

		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			peer->doomed = true;
		if (sent <= 0)
			break;
	}
	if (evbuffer_get_length(peer->out) && !peer->doomed)
		event_add(peer->writable, NULL);
}

/* In the child: waits for the peer, but not for ever. */
static void control_push_patiently(struct control_peer *peer, size_t until)
{
	struct pollfd wait = { .fd = peer->fd, .events = POLLOUT };

	while (evbuffer_get_length(peer->out) > until) {
		if (poll(&wait, 1, CONTROL_CHILD_PATIENCE_MS) <= 0)
			_exit(1);
		if (evbuffer_write(peer->out, peer->fd) < 0 && errno != EAGAIN && errno != EINTR)
			_exit(1);
	}
}

static int control_append(const char *bytes, size_t len, void *arg)
{
	return evbuffer_add(arg, bytes, len);
}

static void control_put(struct control_peer *peer, const json_t *object)
{
	if (peer->doomed)
		return;
	if (!object || json_dump_callback(object, control_append, peer->out, JSON_COMPACT) ||
	    evbuffer_add(peer->out, "\n", 1))
		peer->doomed = true; /* out of memory: half an answer is none */
	else if (peer->control->is_child && evbuffer_get_length(peer->out) > CONTROL_CHILD_FLUSH)
		control_push_patiently(peer, 0);
}

void control_send(struct control_peer *peer, json_t *object)
{
	control_put(peer, object);
	json_decref(object);
}

void control_end(struct control_peer *peer)
{
	control_send(peer, json_pack("{s:b}", "end", 1));
}

void control_error(struct control_peer *peer, int error, const char *text)
{
	control_send(peer, gate_json_error(error, text));
}

void control_follow(struct control_peer *peer, enum control_what what)
{
	if (!peer->follows[what])
		peer->control->followers[what]++;
	peer->follows[what] = true;
}

u64 control_defer(struct control_peer *peer)
{
	peer->ticket = ++peer->control->tickets;
	return peer->ticket;
}

struct control_peer *control_deferred(struct control *control, u64 ticket)
{
	struct control_peer *peer;

	for (peer = control->peers; peer; peer = peer->next)
		if (peer->ticket == ticket)
			return peer;
	return NULL;
}

void control_resume(struct control_peer *peer)
{
	peer->ticket = 0;
	event_active(peer->writable, EV_WRITE, 0); /* sends, and goes on with what the peer asked meanwhile */
}

bool control_followed(const struct control *control, enum control_what what)
{
	return control->followers[what] > 0;
}

u32 control_peers(const struct control *control)
{
	return control->count;
}

void control_publish(struct control *control, enum control_what what, const json_t *object)
{
	static const char *const words[] = { "alarms", "verdicts", "actions", "blocks" };
	struct control_peer *peer, *next;

	for (peer = control->peers; peer; peer = next) {
		next = peer->next;
		if (!peer->follows[what] || peer->doomed || peer->child)
			continue;
		control_put(peer, object);
		if (evbuffer_get_length(peer->out) > CONTROL_SLOW_BYTES) {
			say_error("A follower of %s reads too slowly: %u bytes wait for it. It is dropped; it can "
				  "connect again.",
				  words[what], CONTROL_SLOW_BYTES);
			peer->doomed = true;
		}
		event_active(peer->writable, EV_WRITE, 0); /* sends, or frees the doomed */
	}
}

void control_publish_batch(struct control *control, const struct batch *batch)
{
	u32 count = vg_be32(batch->seal.head.count), i;

	for (i = 0; i < count && control_followed(control, CONTROL_VERDICTS); i++) {
		json_t *object = gate_json_record(&batch->seal.head, i, &batch->records[i]);

		if (object)
			control_publish(control, CONTROL_VERDICTS, object);
		json_decref(object);
	}
}

static void control_handle_line(struct control_peer *peer, char *line, size_t len)
{
	json_error_t error;
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	const char *verb = json_string_value(json_object_get(request, "do"));
	char text[256];

	sodium_memzero(line, len);
	if (verb) {
		peer->control->request(peer->control->arg, peer, verb, request);
	} else if (request) {
		control_error(peer, -EINVAL, "The request is no object with a \"do\" that names a verb.");
	} else {
		snprintf(text, sizeof(text), "The request is not JSON: %.160s at column %d.", error.text, error.column);
		control_error(peer, -EINVAL, text);
	}
	json_decref(request);
}

/* Answers the whole lines at hand, until answers pile up or a child takes over. */
static void control_handle(struct control_peer *peer)
{
	char *end;
	size_t len;

	while (!peer->doomed && !peer->child && !peer->ticket && evbuffer_get_length(peer->out) < CONTROL_PILE &&
	       (end = memchr(peer->line, '\n', peer->len))) {
		len = (size_t)(end - peer->line);
		control_handle_line(peer, peer->line, len);
		memmove(peer->line, end + 1, peer->len - len - 1);
		sodium_memzero(peer->line + peer->len - len - 1, len + 1);
		peer->len -= len + 1;
	}
	if (!peer->child && peer->len == CONTROL_LINE_MAX && !memchr(peer->line, '\n', peer->len)) {
		control_error(peer, -E2BIG, "The request is longer than 65536 bytes. Send shorter ones, one a line.");
		control_push(peer);
		peer->doomed = true;
	}
	if (!peer->child)
		control_push(peer);
	if (peer->doomed)
		control_free_peer(peer);
}

static void control_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct control_peer *peer = arg;
	ssize_t got = 0;

	(void)what;
	if (peer->len < CONTROL_LINE_MAX) {
		got = recv(fd, peer->line + peer->len, CONTROL_LINE_MAX - peer->len, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			control_free_peer(peer);
			return;
		}
	} else if (evbuffer_get_length(peer->out) >= CONTROL_PILE || peer->ticket) {
		event_del(peer->readable); /* until its answers are gone, or there */
	}
	peer->len += (size_t)got;
	control_handle(peer);
}

static void control_on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct control_peer *peer = arg;

	(void)fd;
	(void)what;
	if (peer->child)
		return;
	if (!peer->doomed)
		control_push(peer);
	if (!evbuffer_get_length(peer->out) && !peer->ticket)
		event_add(peer->readable, NULL);
	if (peer->doomed || peer->len)
		control_handle(peer);
}

/* root, this agent's own user, or a member of its group. */
static bool control_admits(int fd)
{
	struct ucred peer;
	gid_t groups[256];
	socklen_t len = sizeof(peer);
	u32 i;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	if (!peer.uid || peer.uid == geteuid() || peer.gid == getegid())
		return true;
	len = sizeof(groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (i = 0; i < len / sizeof(*groups); i++)
		if (groups[i] == getegid())
			return true;
	return false;
}

static void control_refuse(int fd, const char *why)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "{\"error\":\"%s\",\"errno\":%d}\n", why, EACCES);

	if (send(fd, line, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		say_info("A refused peer of the control socket could not be told.");
	close(fd);
}

static void control_on_acceptable(evutil_socket_t listener, short what, void *arg)
{
	struct control *control = arg;
	struct control_peer *peer;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (fd < 0)
		return;
	if (!control_admits(fd)) {
		control_refuse(fd, "You are neither root nor of this agent's group.");
		return;
	}
	if (control->count >= control->limit || !(peer = calloc(1, sizeof(*peer)))) {
		control_refuse(fd, "Too many are connected (control-clients in voltgated.conf). Try again later.");
		return;
	}
	peer->control = control;
	peer->fd = fd;
	peer->next = control->peers;
	control->peers = peer;
	control->count++;
	peer->out = evbuffer_new();
	peer->readable = event_new(control->base, fd, EV_READ | EV_PERSIST, control_on_readable, peer);
	peer->writable = event_new(control->base, fd, EV_WRITE, control_on_writable, peer);
	if (!peer->out || !peer->readable || !peer->writable || event_add(peer->readable, NULL))
		control_free_peer(peer);
}

void control_dump(struct control_peer *peer,
		  int (*dump)(void *arg, struct control_peer *peer, struct control_error *ret_error), void *arg)
{
	struct control *control = peer->control;
	struct control_error error = { "" };
	pid_t child;
	int err;

	if (control->dumps >= CONTROL_DUMPS) {
		control_error(peer, -EBUSY, "Too many long answers are under way. Try again when one has ended.");
		return;
	}
	child = fork();
	if (child < 0) {
		control_error(peer, -errno, "No process could be made to answer.");
		return;
	}
	if (child) {
		control->dumps++;
		peer->child = child;
		evbuffer_drain(peer->out, evbuffer_get_length(peer->out)); /* the child's copy has it */
		event_del(peer->readable);
		event_del(peer->writable);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* it holds the agent's locks too */
	control->is_child = true;
	err = dump(arg, peer, &error);
	if (err)
		control_error(peer, err, error.text);
	else
		control_end(peer);
	control_push_patiently(peer, 0);
	_exit(0);
}

static void control_on_child(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;
	struct control_peer *peer, *next;
	int status;

	(void)fd;
	(void)what;
	for (peer = control->peers; peer; peer = next) {
		next = peer->next;
		if (!peer->child || waitpid(peer->child, &status, WNOHANG) != peer->child)
			continue;
		peer->child = 0;
		control->dumps--;
		peer->doomed = !WIFEXITED(status) || WEXITSTATUS(status);
		event_add(peer->readable, NULL);
		control_handle(peer);
	}
}

/* Binds where nobody listens any more, never where somebody does. */
static int control_bind(struct control *control, const struct sockaddr_un *address, struct control_error *ret_error)
{
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;
	mode_t mask;

	if (probe >= 0 && !connect(probe, (const struct sockaddr *)address, sizeof(*address)))
		err = -EADDRINUSE;
	else
		unlink(control->path);
	if (probe >= 0)
		close(probe);
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0117);
	if (!err && (control->fd < 0 || bind(control->fd, (const struct sockaddr *)address, sizeof(*address)) ||
		     listen(control->fd, 64)))
		err = -errno;
	umask(mask);
	if (err == -EADDRINUSE)
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "Another agent answers on %s. Stop it, or set 'control' in [agent] to another path.",
			 control->path);
	else if (err)
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "Cannot listen on %s: %s. Does its folder exist, and may this user write there?",
			 control->path, strerror(-err));
	return err;
}

int control_open(struct event_base *base, const char *path, u32 limit, control_request_fn *request, void *arg,
		 struct control **ret_control, struct control_error *ret_error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct control *control = calloc(1, sizeof(*control));
	int err = -ENOMEM;

	*ret_control = NULL;
	snprintf(ret_error->text, sizeof(ret_error->text), "No memory for the control socket.");
	if (!control)
		return err;
	*control = (struct control){ .base = base, .fd = -1, .limit = limit, .request = request, .arg = arg };
	control->path = strdup(path);
	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "The path of the control socket %s is longer than %zu bytes.", path,
			 sizeof(address.sun_path) - 1);
		err = -ENAMETOOLONG;
	} else if (control->path) {
		strcpy(address.sun_path, path);
		err = control_bind(control, &address, ret_error);
	}
	if (!err) {
		control->acceptable =
			event_new(base, control->fd, EV_READ | EV_PERSIST, control_on_acceptable, control);
		control->child_ended = evsignal_new(base, SIGCHLD, control_on_child, control);
		if (!control->acceptable || !control->child_ended || event_add(control->acceptable, NULL) ||
		    event_add(control->child_ended, NULL))
			err = -ENOMEM;
	}
	if (err)
		control_close(control);
	else
		*ret_control = control;
	return err;
}

void control_close(struct control *control)
{
	struct control_peer *peer;

	if (!control)
		return;
	while ((peer = control->peers)) {
		if (peer->child) {
			kill(peer->child, SIGTERM);
			waitpid(peer->child, NULL, 0);
		}
		control_push(peer);
		control_free_peer(peer);
	}
	if (control->acceptable)
		event_free(control->acceptable);
	if (control->child_ended)
		event_free(control->child_ended);
	if (control->acceptable && control->path)
		unlink(control->path);
	if (control->fd >= 0)
		close(control->fd);
	free(control->path);
	free(control);
}
