/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gate.h - what tests ask of the module's gate, in one call each. All return
 * what wire_call() does.
 */
#ifndef VOLTGATE_TESTS_KMOD_GATE_H
#define VOLTGATE_TESTS_KMOD_GATE_H

#include "tests/kmod/wire.h"
#include "voltgate/policy.h"

struct gate_state {
	u64 epoch, next_number, acknowledged, time;
	u32 pending, open, sessions, session_bytes, alarms;
	u8 attestor[VG_KEY_LEN], head_hash[VG_HASH_LEN];
};

struct gate_counts {
	u64 packets[VG_REASON_COUNT];
	u64 overflow[VG_REASON_COUNT];
	u32 cpus; /* messages added up */
};

/* Loads the module, makes a network namespace for this process, opens its gate. 0, or -errno: there is no module here.
 */
int gate_enter(struct wire *wire);
/* The key of session @id in all tests. */
void gate_key(u64 id, u8 ret_key[16]);
int gate_state(struct wire *wire, struct gate_state *ret_state);
/* @expires: Time64. */
int gate_session_add(struct wire *wire, u64 id, u64 expires);
int gate_session(struct wire *wire, u8 command, u64 id, wire_answer_fn *answer, void *arg);
int gate_policy_set(struct wire *wire, u32 key, s64 value);
int gate_policy_get(struct wire *wire, s64 values[VG_POLICY_KEY_COUNT]);
int gate_deny(struct wire *wire, u8 command, u8 family, const void *address, u16 len, u8 bits);
/* @per_cpu: adds up the dump instead of asking for the sum. */
int gate_counters(struct wire *wire, bool per_cpu, struct gate_counts *ret_counts);
int gate_chain_begin(struct wire *wire, const u8 previous[VG_HASH_LEN]);
int gate_ack(struct wire *wire, u64 number);
int gate_flush(struct wire *wire);

#endif
