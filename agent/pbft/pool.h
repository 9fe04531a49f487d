/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pool.h - requests waiting to stand in a block: found by digest, kept in order
 * of arrival for each client, clients in turn (C19), and all by age for their
 * patience (C18). Only digests: the transactions stay with the shell. All
 * operations cost O(1) but those that say so. Digests and clients are
 * found by a keyed hash, so that nobody can choose requests that collide.
 *
 *   added --take--> in flight (number) --drop_from--> waiting again
 *     '---------------- done (in a durable block) or pushed out: forgotten
 */
#ifndef VOLTGATE_PBFT_POOL_H
#define VOLTGATE_PBFT_POOL_H

#include "agent/pbft/room.h"
#include "voltgate/siphash.h"

#define POOL_NONE (~0U)

struct pool_request {
	u8 digest[32];
	u32 client, bytes;
	u64 number;	    /* of the block it is proposed in; 0: waiting */
	u64 since_us;	    /* arrival; when told: since when everyone has it */
	u64 passed;	    /* core's count of requests in blocks at since_us */
	bool own;	    /* its client gave it to us, not another replica */
	bool told;	    /* everyone has it */
	u32 next;	    /* in its hash bucket, or in the free list */
	u32 before, after;  /* of the same client */
	u32 older, younger; /* of all with the same told */
};

struct pool_client {
	u64 id;
	u32 held, waiting;
	u32 first, last;   /* requests in order of arrival */
	u32 cursor;	   /* nothing before it waits */
	u32 next;	   /* in its hash bucket, or in the free list */
	u32 before, after; /* ring of those with waiting requests */
	u32 fewer, more;   /* list of those that hold equally many */
};

struct pool {
	u32 size, client_size;
	struct pool_request *requests;
	struct pool_client *clients;
	u32 *buckets, *client_buckets, *equals; /* equals[held]: head of a list of clients */
	u32 bucket_mask, client_mask;
	struct vg_siphash_key key;
	u32 free, client_free, held, clients_held, most;
	u32 turn; /* client whose turn it is; POOL_NONE */
	u32 waiting;
	u64 waiting_bytes, waiting_us; /* since when something waits for a proposal */
	u32 oldest[2], youngest[2];    /* by told */
};

enum pool_added { POOL_ADDED, POOL_KNOWN, POOL_FULL, POOL_PUSHED /* another one out */ };

/* @room may only count. */
void pool_init(struct pool *pool, struct room *room, u32 requests, u32 clients);
enum pool_added pool_add(struct pool *pool, const u8 digest[32], u64 client, u32 bytes, bool own, u64 now_us,
			 u64 passed, u8 ret_pushed[32]);
u32 pool_find(const struct pool *pool, const u8 digest[32]);
void pool_remove(struct pool *pool, u32 request);
/* Takes the next request by turns if it has at most @bytes, as in flight in @number. POOL_NONE. */
u32 pool_take(struct pool *pool, u64 number, u32 bytes);
/* Stands in the candidate @number. */
void pool_mark(struct pool *pool, u32 request, u64 number);
/* Those in flight in @number or above wait again. O(requests). */
void pool_release(struct pool *pool, u64 number, u64 now_us);
/* Everyone has it since @now_us. */
void pool_tell(struct pool *pool, u32 request, u64 now_us, u64 passed);

#endif
