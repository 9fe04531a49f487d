/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plain_sessions.h - what the agent knows of each session of a plain gate
 * besides what the kernel's map holds: commitment, when it was added, when it
 * expires. A hash table with open addressing (linear probing, keyed hash,
 * backward-shift deletion); no key material. Not thread-safe.
 */
#ifndef VOLTGATE_AGENT_PLAIN_SESSIONS_H
#define VOLTGATE_AGENT_PLAIN_SESSIONS_H

#include "voltgate/record.h"

struct plain_session {
	u64 id;	     /* 0: an empty place */
	u64 added;   /* Time64 */
	u64 expires; /* Time64 */
	u8 commitment[VG_HASH_LEN];
};

struct plain_sessions {
	struct plain_session *places;
	u64 secret; /* keys the hash: ids come from outside */
	u32 size;   /* a power of two */
	u32 count;
};

int plain_sessions_init(struct plain_sessions *sessions); /* -ENOMEM */
void plain_sessions_done(struct plain_sessions *sessions);
/* 0, -EEXIST, -ENOMEM. */
int plain_sessions_add(struct plain_sessions *sessions, const struct plain_session *session);
/* NULL: none. Valid until the next add or remove. */
struct plain_session *plain_sessions_find(struct plain_sessions *sessions, u64 id);
/* -ENOENT. Entries behind it may move one place towards it: walk places downwards when removing. */
int plain_sessions_remove(struct plain_sessions *sessions, u64 id);

#endif
