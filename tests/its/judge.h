/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge.h - what the ITS tests share: a verifier that writes its verdicts
 * down, and stations made for a test.
 */
#ifndef VOLTGATE_TESTS_ITS_JUDGE_H
#define VOLTGATE_TESTS_ITS_JUDGE_H

#include "agent/its/trust.h"
#include "tests/ktap.h"
#include "tools/sim/its_maker.h"

#define JUDGE_NOW 700000000000000ULL /* Time64 of most tests: 2026-03 */
#define JUDGE_SECOND 1000000ULL
#define JUDGE_VERDICTS 65536

struct judge {
	struct its_verifier *verifier;
	u32 count;
	struct its_verdict last;
	u32 reasons[VG_REASON_COUNT];
	u8 seen[JUDGE_VERDICTS]; /* verdicts by tag: must end as 1 each */
	enum vg_reason by_tag[JUDGE_VERDICTS];
};

/* Root, authority and what tickets get by default, on one curve or two. */
struct world {
	struct its_trust *trust;
	struct its_identity *root;
	struct its_identity *authority;
	struct its_maker_certificate ticket;
};

void judge_open(struct judge *judge, const struct its_limits *limits, const struct its_trust *trust);
void judge_close(struct judge *judge);
/* Submits at Time64 @now, monotonic the same; returns the reason if the verdict came at once, else VG_REASON_COUNT. */
unsigned int judge_submit(struct judge *judge, u64 now, const u8 *frame, u32 len, u64 tag);
/* Limits without budgets, room for waiting. */
struct its_limits judge_limits(void);

void world_open(struct world *world, enum its_curve root_curve, enum its_curve authority_curve);
void world_close(struct world *world);
struct its_identity *world_ticket(const struct world *world);
int trust_add(struct its_trust *trust, const struct its_identity *identity, const struct its_identity *issuer);
/* A frame, or the program ends. */
u32 make_frame(const struct its_identity *identity, const struct its_maker_message *message, u8 *ret_frame);
struct its_identity *make_identity(const struct its_maker_certificate *wanted, const struct its_identity *issuer);

#endif
