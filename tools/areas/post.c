// SPDX-License-Identifier: GPL-2.0
/*
 * post.c - see post.h. A message that is under way keeps its bytes in a slot
 * until MPI has done with it; where all slots are in use it is lost, and asked for again.
 */
#include <errno.h>
#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/areas/post.h"

#define POST_SLOTS 1024
#define POST_REST_NS 200000

enum post_tags { POST_MESSAGE = 1, POST_ALIVE, POST_PART };

struct post {
	const struct area *area;
	u64 patience_ms, told_ms;
	u64 heard_ms[AREA_MOST];
	bool near[AREA_MOST];
	MPI_Request request[POST_SLOTS];
	u8 *bytes[POST_SLOTS];
	u32 next;
};

u64 post_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

int post_new(const struct area *area, u64 patience_ms, struct post **ret_post)
{
	struct post *post = calloc(1, sizeof(*post));
	u32 i;

	if (!post)
		return -ENOMEM;
	post->area = area;
	post->patience_ms = patience_ms;
	for (i = 0; i < POST_SLOTS; i++)
		post->request[i] = MPI_REQUEST_NULL;
	for (i = 0; i < AREA_MOST; i++)
		post->heard_ms[i] = post_clock_ms();
	for (i = 0; i < area->ties; i++)
		post->near[area->tie[i].neighbour] = true;
	*ret_post = post;
	return 0;
}

void post_free(struct post *post)
{
	u32 i;

	for (i = 0; post && i < POST_SLOTS; i++) {
		if (post->request[i] != MPI_REQUEST_NULL) /* all have what they need: nobody takes it any more */
			MPI_Cancel(&post->request[i]);
		if (post->request[i] != MPI_REQUEST_NULL)
			MPI_Wait(&post->request[i], MPI_STATUS_IGNORE);
		free(post->bytes[i]);
	}
	free(post);
}

static void post_put(struct post *post, u32 to, const u8 *bytes, size_t len, enum post_tags tag)
{
	u32 slot = post->next, tried;
	int done = 0;

	for (tried = 0; tried < POST_SLOTS && !done; tried++) {
		slot = (post->next + tried) % POST_SLOTS;
		MPI_Test(&post->request[slot], &done, MPI_STATUS_IGNORE);
	}
	if (!done)
		return;
	post->next = (slot + 1) % POST_SLOTS;
	free(post->bytes[slot]);
	post->bytes[slot] = malloc(len + 1);
	if (!post->bytes[slot])
		return;
	memcpy(post->bytes[slot], bytes, len);
	MPI_Isend(post->bytes[slot], (int)len, MPI_BYTE, (int)to, (int)tag, MPI_COMM_WORLD, &post->request[slot]);
}

void post_send(void *context, u32 to, const u8 *bytes, size_t len)
{
	post_put(context, to, bytes, len, POST_MESSAGE);
}

int post_take(struct post *post, struct consensus *consensus)
{
	u8 bytes[CONSENSUS_BYTES];
	MPI_Status status;
	int there = 0, len, count = 0, err = 0;

	while (!err) {
		MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
		if (!there || status.MPI_TAG == POST_PART)
			break;
		MPI_Get_count(&status, MPI_BYTE, &len);
		if (len < 0 || (size_t)len > sizeof(bytes))
			return -EMSGSIZE;
		MPI_Recv(bytes, len, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD, &status);
		if (status.MPI_SOURCE < AREA_MOST)
			post->heard_ms[status.MPI_SOURCE] = post_clock_ms();
		if (status.MPI_TAG == POST_MESSAGE)
			err = consensus_receive(consensus, bytes, (size_t)len);
		count++;
	}
	return err ? err : count;
}

u32 post_silent(struct post *post, u64 now_ms)
{
	u8 nothing = 0;
	u32 i;

	if (now_ms >= post->told_ms + post->patience_ms / 5) {
		post->told_ms = now_ms;
		for (i = 0; i < AREA_MOST; i++)
			if (post->near[i])
				post_put(post, i, &nothing, 1, POST_ALIVE);
	}
	for (i = 0; i < AREA_MOST; i++)
		if (post->near[i] && now_ms > post->heard_ms[i] + post->patience_ms)
			return i;
	return ~0U;
}

void post_meet(void)
{
	const struct timespec rest = { 0, 10 * POST_REST_NS };
	MPI_Request request;
	int met = 0;

	for (MPI_Ibarrier(MPI_COMM_WORLD, &request);; nanosleep(&rest, NULL)) {
		MPI_Test(&request, &met, MPI_STATUS_IGNORE);
		if (met)
			return;
	}
}

int post_gather(const char *text, char **ret_texts)
{
	MPI_Status status;
	int rank, count, i, len, err = 0;

	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &count);
	if (strlen(text) >= INT_MAX)
		return -E2BIG;
	if (rank) {
		MPI_Send(text, (int)strlen(text), MPI_CHAR, 0, POST_PART, MPI_COMM_WORLD);
		return 0;
	}
	ret_texts[0] = strdup(text);
	for (i = 1; i < count && !err; i++) {
		MPI_Probe(i, POST_PART, MPI_COMM_WORLD, &status);
		MPI_Get_count(&status, MPI_CHAR, &len);
		ret_texts[i] = calloc((size_t)len + 1, 1);
		if (!ret_texts[i])
			return -ENOMEM;
		MPI_Recv(ret_texts[i], len, MPI_CHAR, i, POST_PART, MPI_COMM_WORLD, &status);
	}
	return ret_texts[0] ? 0 : -ENOMEM;
}
