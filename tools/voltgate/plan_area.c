// SPDX-License-Identifier: GPL-2.0
/*
 * plan_area.c - see plan_area.h.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent/sched/consensus.h"
#include "tools/voltgate/area_part.h"
#include "tools/voltgate/plan_area.h"

struct plan_area {
	const struct plan_area_words *words;
	struct area *area;
	struct consensus *consensus;
	struct sockaddr_storage address[AREA_MOST];
	socklen_t len[AREA_MOST];
	int socket;
	u64 dice; /* of the drill */
	u32 told; /* epochs for which the part was written */
	char *error;
};

static u64 plan_area_clock(clockid_t clock, u64 per_second)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (u64)now.tv_sec * per_second + (u64)now.tv_nsec / (1000000000 / per_second);
}

static int plan_area_address(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
	struct sockaddr_un *path = (struct sockaddr_un *)ret_address;
	struct addrinfo wants = { .ai_socktype = SOCK_DGRAM }, *found;
	const char *colon = strrchr(text, ':');
	char host[256];

	memset(ret_address, 0, sizeof(*ret_address));
	if (strchr(text, '/')) {
		if (strlen(text) >= sizeof(path->sun_path))
			return -ENAMETOOLONG;
		path->sun_family = AF_UNIX;
		strcpy(path->sun_path, text);
		*ret_len = sizeof(*path);
		return 0;
	}
	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = 0;
	if (getaddrinfo(host, colon + 1, &wants, &found))
		return -EINVAL;
	memcpy(ret_address, found->ai_addr, found->ai_addrlen);
	*ret_len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int plan_area_open(struct plan_area *at)
{
	const struct plan_area_words *words = at->words;
	u32 i;

	for (i = 0; i < words->areas; i++)
		if (plan_area_address(words->address[i], &at->address[i], &at->len[i])) {
			snprintf(at->error, 320, "\"%.200s\" is no address: a path or HOST:PORT is one",
				 words->address[i]);
			return -EINVAL;
		}
	at->socket = socket(at->address[words->index].ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (at->address[words->index].ss_family == AF_UNIX)
		unlink(words->address[words->index]);
	if (at->socket < 0 || bind(at->socket, (struct sockaddr *)&at->address[words->index], at->len[words->index])) {
		snprintf(at->error, 320, "area %u cannot listen at %.200s: %s", words->index + 1,
			 words->address[words->index], strerror(errno));
		return -errno;
	}
	return 0;
}

static double plan_area_draw(struct plan_area *at)
{
	at->dice = at->dice * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(at->dice >> 33) / (double)(1ULL << 31);
}

/* What cannot be sent is lost: it will be asked for again. */
static void plan_area_send(void *context, u32 to, const u8 *bytes, size_t len)
{
	struct plan_area *at = context;
	u32 times = 1;

	if (to >= at->words->areas)
		return;
	if (at->words->drill > 0)
		times = plan_area_draw(at) < at->words->drill ? 0 : plan_area_draw(at) < at->words->drill ? 2 : 1;
	while (times--)
		sendto(at->socket, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&at->address[to], at->len[to]);
}

/* --- its life --- */

static int plan_area_tell(struct plan_area *at)
{
	const struct dispatch_problem *whole = at->area->whole;
	struct dispatch_plan *plan =
		dispatch_plan_new(whole->grid, whole->periods, whole->stations ? whole->stations->count : 0);
	json_t *part;
	char *text = NULL;
	int err = -ENOMEM;

	if (!plan)
		return err;
	area_put(at->area, plan);
	part = area_part_put(at->area, at->consensus, plan);
	if (part)
		text = json_dumps(part, JSON_COMPACT | JSON_REAL_PRECISION(17));
	if (text)
		err = dprintf(at->words->out, "%s\n", text) < 0 ? -errno : 0;
	free(text);
	json_decref(part);
	dispatch_free(plan);
	at->told = consensus_tally(at->consensus)->epochs + 1;
	return err;
}

static int plan_area_read(struct plan_area *at)
{
	u8 bytes[CONSENSUS_BYTES + 1];
	ssize_t got;
	int err = 0;

	while (!err && (got = recv(at->socket, bytes, sizeof(bytes), 0)) >= 0)
		err = consensus_receive(at->consensus, bytes, (size_t)got);
	return err;
}

static int plan_area_live(struct plan_area *at)
{
	struct pollfd polled[2] = { { at->socket, POLLIN, 0 }, { at->words->until, POLLIN, 0 } };
	u64 now, next;
	char byte;
	int err = 0;

	while (!err) {
		now = plan_area_clock(CLOCK_MONOTONIC, 1000);
		next = consensus_tick(at->consensus, now);
		if (consensus_phase(at->consensus) == CONSENSUS_FAILED) {
			snprintf(at->error, 320, "%s", consensus_error(at->consensus));
			return -EDOM;
		}
		if (consensus_phase(at->consensus) == CONSENSUS_DONE &&
		    at->told != consensus_tally(at->consensus)->epochs + 1)
			err = plan_area_tell(at);
		if (!err && poll(polled, 2, next > now ? (int)(next - now) : 0) < 0 && errno != EINTR)
			err = -errno;
		if (polled[1].revents && read(at->words->until, &byte, 1) <= 0)
			return 0;
		if (!err)
			err = plan_area_read(at);
		err = err == -EDOM ? 0 : err; /* said above, in words */
	}
	return err;
}

int plan_area_run(const struct dispatch_problem *problem, const struct plan_area_words *words, char ret_error[320])
{
	struct plan_area at = { .words = words, .socket = -1, .error = ret_error };
	struct consensus_words talk = { .areas = words->areas, .send = plan_area_send, .context = &at };
	struct dispatch_error error;
	int err;

	ret_error[0] = 0;
	talk.instance = plan_area_clock(CLOCK_REALTIME, 1000000000);
	talk.scale = area_price_scale(problem->grid);
	at.dice = talk.instance ^ words->index;
	err = area_new(problem, words->index, &at.area, &error);
	if (!err)
		err = consensus_new(at.area, &talk, &at.consensus, &error);
	if (err)
		snprintf(ret_error, 320, "%s", error.text);
	if (!err)
		err = plan_area_open(&at);
	if (!err)
		err = plan_area_live(&at);
	if (err && !ret_error[0])
		snprintf(ret_error, 320, "area %u: %s", words->index + 1, strerror(-err));
	if (at.socket >= 0)
		close(at.socket);
	consensus_free(at.consensus);
	if (at.area)
		area_free(at.area);
	return err;
}
