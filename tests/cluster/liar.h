/* SPDX-License-Identifier: GPL-2.0 */
/*
 * liar.h - a replica that lies. It runs the same channel as everyone, and this
 * stands between the channel and the network: it withholds, alters, signs anew,
 * repeats and invents. What it cannot do is sign for others. liar_forge.c makes the false messages.
 */
#ifndef VOLTGATE_CLUSTER_LIAR_H
#define VOLTGATE_CLUSTER_LIAR_H

#include "tests/cluster/world.h"

enum liar_habit {
	LIAR_SILENT,	   /* sends nothing */
	LIAR_WITHHOLDS,	   /* gives to some, not to others */
	LIAR_BODILESS,	   /* pre-prepares without bodies, and no answers to who asks for them */
	LIAR_REPEATS,	   /* old parcels, own and others' */
	LIAR_GARBAGE,	   /* flipped bits, cut ends, noise */
	LIAR_VOTES,	   /* votes for headers that nobody made */
	LIAR_EQUIVOCATES,  /* as primary: another block for some */
	LIAR_VIEW_CHANGE,  /* forged view changes: without certificates, far views, wrong bases */
	LIAR_NEW_VIEW,	   /* new views that lack a quorum, or show it another one */
	LIAR_STATUS,	   /* heads, checkpoints and status of blocks that nobody has */
	LIAR_BODIES,	   /* other bodies, blocks and snapshots than asked for */
	LIAR_CENSORS,	   /* requests of others vanish */
	LIAR_IMPERSONATES, /* votes in others' names, with signatures that cannot be right */
	LIAR_CONTRADICTS,  /* its vote, and another one for the same number */
	LIAR_HABITS,
	/* In written runs alone: */
	LIAR_COUNTS = LIAR_HABITS /* as primary: one request fewer than the body has */
};

#define LIAR_KEPT 64 /* parcels remembered */

struct liar {
	u32 habits; /* set */
	bool fixed; /* they stay */
	u32 habit_permille;
	u64 favoured; /* members that get the truth, by index */
	struct span kept[LIAR_KEPT];
	u32 kept_at;
	void *room;
	size_t room_size;
	u8 *scratch;
	size_t scratch_size;
};

/* A message of its own, altered as @habit says and signed again; bytes written to liar.scratch, 0: left as it is. */
size_t liar_forge(struct member *member, enum liar_habit habit, struct span message);
/* Its vote for a number and view once more, for another header. */
size_t liar_contradict(struct member *member, struct span message);
/* Its vote in the name of replica @sender. */
size_t liar_impersonate(struct member *member, u32 sender, struct span message);
/* Something nobody asked for: status, checkpoint, view change; 0: nothing. */
size_t liar_invent(struct member *member);

#endif
