/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stage.h - the stage for benchmarks of the plain gate: voltgate.bpf.o with
 * vg_gate_plain loaded as it is, sessions in its maps, the feeder in front of
 * it, pre-signed packets for every verdict.
 */
#ifndef VOLTGATE_BENCH_STAGE_H
#define VOLTGATE_BENCH_STAGE_H

#include <linux/bpf.h>
#include "feed.h"
#include "voltgate/maps.h"
#include "voltgate/record.h"

#define STAGE_FRAME_MAX 1200

enum stage_verdict {
	STAGE_ACCEPTED,
	STAGE_FORGED,	     /* a right packet but for one bit of its tag; one source */
	STAGE_FORGED_SPREAD, /* the same, every one from another source address */
	STAGE_REPLAYED,
	STAGE_UNKNOWN, /* random session ids; every one from another source address */
	STAGE_DENIED,  /* right packets from a source on the deny list */
	STAGE_VERDICTS,
};

struct stage {
	struct bpf_object *gate, *feeder;
	int gate_fd, feed_gate_fd, feed_empty_fd, redirect_fd, empty_fd, empty_pass_fd;
	struct feed_entry *entries; /* FEED_ENTRIES of them, shared with the feeder */
	struct feed_control *control;
	int counters_fd, sessions_fd, cpus;
	u32 sessions;		   /* now in the map */
	u32 *sequence;		   /* last used of each */
	u8 made[FEED_ENTRIES];	   /* enum stage_verdict of each entry */
	u8 frame[STAGE_FRAME_MAX]; /* what the fed fields are written into */
	u32 frame_len, payload_len;
	u32 type; /* of the VIDs fed */
	u64 random;
};

/*
 * Loads both objects from the build folder (environment B, default build), of the gate the program of that grade.
 * 0 or -errno, a sentence on stderr.
 */
int stage_open(struct stage *stage, enum vg_grade grade);
void stage_close(struct stage *stage);
/* Id and key of the session with that index, the same in every run. */
u64 stage_session_id(u32 index);
void stage_session_key(u32 index, struct vg_siphash_key *ret_key);
/* Takes it that the gate has sessions 0..@count-1, fresh: for gates whose sessions are not in maps. 0 or -ENOMEM. */
int stage_adopt_sessions(struct stage *stage, u32 count);
/* Replaces all sessions by @count fresh ones. 0 or -errno. */
int stage_set_sessions(struct stage *stage, u32 count);
/* The frame in which packets with that payload travel. */
void stage_set_payload(struct stage *stage, u32 payload_len, u32 type);
/* Fills @count entries: @other in @percent of 100, the rest accepted. Rewinds the feeder. */
void stage_fill(struct stage *stage, enum stage_verdict other, u32 percent, u32 count);
/* Whether the gate asks its deny list (one entry, for what is denied); at first it is told that the list is empty. */
int stage_use_deny(struct stage *stage, bool use);
/* Adds @count prefixes to the deny list that match nothing fed. */
int stage_add_deny(struct stage *stage, u32 count);
/* Packets so far with that reason, all CPUs. */
u64 stage_counter(const struct stage *stage, enum vg_reason reason);
enum vg_reason stage_reason(enum stage_verdict verdict);
const char *stage_word(enum stage_verdict verdict);
/* Runs @fd @count times over the stage's frame by test-run; nanoseconds of CPU time per run, or negative errno. */
double stage_run(struct stage *stage, int fd, u32 count);

#endif
