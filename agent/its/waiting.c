// SPDX-License-Identifier: GPL-2.0
/*
 * waiting.c - one queue for each signer that has frames waiting, found by a
 * keyed hash of the name; queues of equal length hang on one list, so that the
 * longest is at hand in constant time.
 */
#include "agent/its/waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "voltgate/siphash.h"

struct its_queue {
	u8 signer[8];
	u32 count;
	struct its_waiter *first, *last;
	struct its_queue *chain;	   /* in its hash bucket */
	struct its_queue *next, *previous; /* of the same length */
};

struct its_waiting {
	u32 capacity;
	u32 count;
	u32 longest;
	u32 mask;
	struct vg_siphash_key key; /* names are the senders' choice, buckets are not */
	struct its_queue **buckets;
	struct its_queue **by_length; /* [1..capacity] */
	struct its_waiter *newest, *oldest;
};

int its_waiting_new(u32 capacity, struct its_waiting **ret_waiting)
{
	struct its_waiting *waiting = calloc(1, sizeof(*waiting));
	u32 buckets = 16;

	if (!waiting)
		return -ENOMEM;
	while (buckets < capacity && buckets < 1u << 24)
		buckets *= 2;
	waiting->capacity = capacity;
	waiting->mask = buckets - 1;
	waiting->buckets = calloc(buckets, sizeof(struct its_queue *));
	waiting->by_length = calloc((size_t)capacity + 1, sizeof(struct its_queue *));
	if (!waiting->buckets || !waiting->by_length ||
	    getrandom(&waiting->key, sizeof(waiting->key), 0) != sizeof(waiting->key)) {
		its_waiting_free(waiting);
		return -ENOMEM;
	}
	*ret_waiting = waiting;
	return 0;
}

static struct its_queue **bucket_of(struct its_waiting *waiting, const u8 signer[8])
{
	struct vg_siphash_tag tag;

	vg_siphash(&waiting->key, signer, 8, &tag);
	return &waiting->buckets[(u32)tag.t0 & waiting->mask];
}

static struct its_queue *find_queue(struct its_waiting *waiting, const u8 signer[8])
{
	struct its_queue *queue = *bucket_of(waiting, signer);

	while (queue && memcmp(queue->signer, signer, 8))
		queue = queue->chain;
	return queue;
}

static void unhang(struct its_waiting *waiting, struct its_queue *queue)
{
	*(queue->previous ? &queue->previous->next : &waiting->by_length[queue->count]) = queue->next;
	if (queue->next)
		queue->next->previous = queue->previous;
}

static void hang(struct its_waiting *waiting, struct its_queue *queue)
{
	struct its_queue **head = &waiting->by_length[queue->count];

	queue->previous = NULL;
	queue->next = *head;
	if (*head)
		(*head)->previous = queue;
	*head = queue;
	if (queue->count > waiting->longest)
		waiting->longest = queue->count;
}

static struct its_queue *make_queue(struct its_waiting *waiting, const u8 signer[8])
{
	struct its_queue *queue = calloc(1, sizeof(*queue)), **bucket = bucket_of(waiting, signer);

	if (!queue)
		return NULL;
	memcpy(queue->signer, signer, 8);
	queue->chain = *bucket;
	*bucket = queue;
	return queue;
}

static void free_queue(struct its_waiting *waiting, struct its_queue *queue)
{
	struct its_queue **link = bucket_of(waiting, queue->signer);

	while (*link != queue)
		link = &(*link)->chain;
	*link = queue->chain;
	free(queue);
}

/* Takes the oldest waiter of @queue out of everything. */
static struct its_waiter *take_first(struct its_waiting *waiting, struct its_queue *queue)
{
	struct its_waiter *waiter = queue->first;

	queue->first = waiter->next;
	if (!queue->first)
		queue->last = NULL;
	unhang(waiting, queue);
	if (--queue->count)
		hang(waiting, queue);
	else
		free_queue(waiting, queue);
	while (waiting->longest && !waiting->by_length[waiting->longest])
		waiting->longest--;
	*(waiter->newer ? &waiter->newer->older : &waiting->newest) = waiter->older;
	*(waiter->older ? &waiter->older->newer : &waiting->oldest) = waiter->newer;
	waiting->count--;
	return waiter;
}

/* Whose oldest frame goes when @signer wants in and the room is full. */
static struct its_queue *queue_to_shorten(struct its_waiting *waiting, const u8 signer[8])
{
	struct its_queue *own = find_queue(waiting, signer);

	if (own && own->count == waiting->longest)
		return own;
	if (waiting->longest == 1)
		return waiting->oldest->queue;
	return waiting->by_length[waiting->longest];
}

static struct its_waiter *make_waiter(const u8 signer[8], const struct its_verdict *verdict, u64 now, u64 deadline_us)
{
	struct its_waiter *waiter = calloc(1, sizeof(*waiter) + verdict->frame_len);

	if (!waiter)
		return NULL;
	memcpy(waiter->signer, signer, 8);
	memcpy(waiter->bytes, verdict->frame, verdict->frame_len);
	waiter->verdict = *verdict;
	waiter->verdict.frame = waiter->bytes;
	waiter->now = now;
	waiter->deadline_us = deadline_us;
	return waiter;
}

int its_waiting_put(struct its_waiting *waiting, const u8 signer[8], const struct its_verdict *verdict, u64 now,
		    u64 deadline_us, struct its_waiter **ret_dropped)
{
	struct its_waiter *waiter;
	struct its_queue *queue;

	*ret_dropped = NULL;
	if (!waiting->capacity)
		return -ENOSPC;
	waiter = make_waiter(signer, verdict, now, deadline_us);
	if (!waiter)
		return -ENOMEM;
	queue = find_queue(waiting, signer);
	if (queue && queue->count >= ITS_WAITING_PER_SIGNER)
		*ret_dropped = take_first(waiting, queue);
	else if (waiting->count >= waiting->capacity)
		*ret_dropped = take_first(waiting, queue_to_shorten(waiting, signer));
	queue = find_queue(waiting, signer); /* it may just have gone with its only frame */
	if (queue)
		unhang(waiting, queue);
	else
		queue = make_queue(waiting, signer);
	if (!queue) {
		free(waiter);
		return -ENOMEM;
	}
	queue->count++;
	hang(waiting, queue);
	*(queue->last ? &queue->last->next : &queue->first) = waiter;
	queue->last = waiter;
	waiter->queue = queue;
	waiter->older = waiting->newest;
	*(waiting->newest ? &waiting->newest->newer : &waiting->oldest) = waiter;
	waiting->newest = waiter;
	waiting->count++;
	return 0;
}

struct its_waiter *its_waiting_take(struct its_waiting *waiting, const u8 signer[8])
{
	struct its_queue *queue = find_queue(waiting, signer);

	return queue ? take_first(waiting, queue) : NULL;
}

struct its_waiter *its_waiting_expire(struct its_waiting *waiting, u64 now_us)
{
	/* The oldest of all is the oldest of its signer too. */
	if (!waiting->oldest || waiting->oldest->deadline_us > now_us)
		return NULL;
	return take_first(waiting, waiting->oldest->queue);
}

u32 its_waiting_count(const struct its_waiting *waiting)
{
	return waiting->count;
}

void its_waiting_free(struct its_waiting *waiting)
{
	if (!waiting)
		return;
	while (waiting->oldest)
		free(take_first(waiting, waiting->oldest->queue));
	free(waiting->buckets);
	free(waiting->by_length);
	free(waiting);
}
