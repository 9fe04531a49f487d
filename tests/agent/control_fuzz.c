// SPDX-License-Identifier: GPL-2.0
/*
 * control_fuzz.c - any bytes on the control socket, in any pieces: the server
 * answers each line with objects, forgets no peer and keeps no key.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/control.h"
#include "agent/gate_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_base *base;
static struct control *control;
static char path[64];

/* Decodes what the real verbs decode, so that this is fuzzed too. */
static void fuzz_request(void *arg, struct control_peer *peer, const char *verb, const json_t *request)
{
	struct gate_session session;
	struct gate_error error = { "" };
	struct gate_deny deny;

	(void)arg;
	if (!gate_json_session_decode(request, true, &session, &error))
		control_send(peer, gate_json_session(&session));
	if (!gate_json_deny_decode(request, &deny, &error))
		control_send(peer, gate_json_deny(&deny));
	if (!strcmp(verb, "follow"))
		control_follow(peer, CONTROL_ALARMS);
	if (*error.text)
		control_error(peer, -EINVAL, error.text);
	else
		control_end(peer);
}

static void fuzz_clean(void)
{
	control_close(control);
	event_base_free(base);
}

static void fuzz_init(void)
{
	struct control_error error;

	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof(path), "/tmp/voltgate-fuzz-%d.sock", getpid());
	base = event_base_new();
	if (!base || control_open(base, path, 8, fuzz_request, NULL, &control, &error))
		abort();
	atexit(fuzz_clean);
}

static void fuzz_turn(void)
{
	int i;

	for (i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char answers[65536];
	json_t *alarm;
	int fd;

	if (!base)
		fuzz_init();
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		abort();
	while (size) {
		size_t piece = 1 + data[0] * 17u;
		ssize_t sent;

		piece = piece < size ? piece : size;
		sent = send(fd, data, piece, MSG_NOSIGNAL);
		fuzz_turn();
		while (recv(fd, answers, sizeof(answers), 0) > 0)
			;
		if (sent <= 0)
			break;
		data += sent;
		size -= (size_t)sent;
	}
	alarm = json_pack("{s:s}", "sentence", "x");
	control_publish(control, CONTROL_ALARMS, alarm);
	json_decref(alarm);
	fuzz_turn();
	close(fd);
	fuzz_turn();
	if (control_peers(control))
		abort();
	return 0;
}
