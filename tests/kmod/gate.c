// SPDX-License-Identifier: GPL-2.0
/* gate.c - the requests of the tests; see gate.h. */
#include "tests/kmod/gate.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>

int gate_enter(struct wire *wire)
{
	if (system("modprobe -q voltgate 2>/dev/null"))
		return -ENOENT;
	if (unshare(CLONE_NEWNET))
		return -errno;
	return wire_open(wire);
}

void gate_key(u64 id, u8 ret_key[16])
{
	u64 mixed = id * 0x9e3779b97f4a7c15ULL + 1;

	memcpy(ret_key, &id, 8);
	memcpy(ret_key + 8, &mixed, 8);
}

static void copy(void *to, const struct nlattr *attr, u32 len)
{
	if (attr && wire_len(attr) == len)
		memcpy(to, wire_data(attr), len);
}

static void take_state(void *arg, const struct wire_answer *answer)
{
	struct gate_state *state = arg;

	copy(&state->epoch, answer->attrs[VG_A_GATE_EPOCH], 8);
	copy(&state->next_number, answer->attrs[VG_A_GATE_NEXT_NUMBER], 8);
	copy(&state->acknowledged, answer->attrs[VG_A_GATE_ACKNOWLEDGED], 8);
	copy(&state->time, answer->attrs[VG_A_GATE_TIME], 8);
	copy(&state->pending, answer->attrs[VG_A_GATE_PENDING_BATCHES], 4);
	copy(&state->open, answer->attrs[VG_A_GATE_OPEN_RECORDS], 4);
	copy(&state->sessions, answer->attrs[VG_A_GATE_SESSIONS], 4);
	copy(&state->session_bytes, answer->attrs[VG_A_GATE_SESSION_BYTES], 4);
	copy(&state->alarms, answer->attrs[VG_A_GATE_ALARM_ENTRIES], 4);
	copy(state->attestor, answer->attrs[VG_A_GATE_ATTESTOR], VG_KEY_LEN);
	copy(state->head_hash, answer->attrs[VG_A_GATE_HEAD_HASH], VG_HASH_LEN);
}

int gate_state(struct wire *wire, struct gate_state *ret_state)
{
	memset(ret_state, 0, sizeof(*ret_state));
	wire_begin(wire, VG_CMD_GATE_GET, 0);
	return wire_call(wire, take_state, ret_state);
}

int gate_session_add(struct wire *wire, u64 id, u64 expires)
{
	u8 key[16], commitment[32];

	gate_key(id, key);
	memset(commitment, (int)id, sizeof(commitment));
	wire_begin(wire, VG_CMD_SESSION_ADD, 0);
	wire_put_u64(wire, VG_A_SESSION_ID, id);
	wire_put(wire, VG_A_SESSION_KEY, key, sizeof(key));
	wire_put_u64(wire, VG_A_SESSION_EXPIRES, expires);
	wire_put(wire, VG_A_SESSION_COMMITMENT, commitment, sizeof(commitment));
	return wire_call(wire, NULL, NULL);
}

int gate_session(struct wire *wire, u8 command, u64 id, wire_answer_fn *answer, void *arg)
{
	wire_begin(wire, command, 0);
	wire_put_u64(wire, VG_A_SESSION_ID, id);
	return wire_call(wire, answer, arg);
}

int gate_policy_set(struct wire *wire, u32 key, s64 value)
{
	u32 nest;

	wire_begin(wire, VG_CMD_POLICY_SET, 0);
	nest = wire_nest(wire, VG_A_POLICY_SETTING);
	wire_put(wire, VG_A_POLICY_KEY, &key, sizeof(key));
	wire_put(wire, VG_A_POLICY_VALUE, &value, sizeof(value));
	wire_nest_end(wire, nest);
	return wire_call(wire, NULL, NULL);
}

/* Reads the @count attributes side by side in the nest @at, of the types 1..count, into @ret_values. */
static void take_nest(const struct nlattr *at, u32 count, u64 *ret_values)
{
	const struct nlattr *part = wire_data(at);
	int left = wire_len(at);

	while (left >= NLA_HDRLEN) {
		u16 type = part->nla_type & NLA_TYPE_MASK;

		if (type <= count)
			ret_values[type] = wire_u64(part);
		left -= NLA_ALIGN(part->nla_len);
		part = (const struct nlattr *)((const u8 *)part + NLA_ALIGN(part->nla_len));
	}
}

static void each_nest(const struct wire_answer *answer, u16 type, u32 count, void (*take)(void *arg, const u64 *values),
		      void *arg)
{
	const struct nlattr *attr = answer->first;
	int left = answer->first_len;
	u64 values[WIRE_ATTRS];

	while (left >= NLA_HDRLEN) {
		if ((attr->nla_type & NLA_TYPE_MASK) == type) {
			memset(values, 0, sizeof(values));
			take_nest(attr, count, values);
			take(arg, values);
		}
		left -= NLA_ALIGN(attr->nla_len);
		attr = (const struct nlattr *)((const u8 *)attr + NLA_ALIGN(attr->nla_len));
	}
}

static void take_setting(void *arg, const u64 *values)
{
	s64 *settings = arg;

	if (values[VG_A_POLICY_KEY] < VG_POLICY_KEY_COUNT)
		settings[values[VG_A_POLICY_KEY]] = (s64)values[VG_A_POLICY_VALUE];
}

static void take_policy(void *arg, const struct wire_answer *answer)
{
	each_nest(answer, VG_A_POLICY_SETTING, VG_A_POLICY_VALUE, take_setting, arg);
}

int gate_policy_get(struct wire *wire, s64 values[VG_POLICY_KEY_COUNT])
{
	wire_begin(wire, VG_CMD_POLICY_GET, 0);
	return wire_call(wire, take_policy, values);
}

int gate_deny(struct wire *wire, u8 command, u8 family, const void *address, u16 len, u8 bits)
{
	wire_begin(wire, command, 0);
	wire_put(wire, VG_A_DENY_FAMILY, &family, 1);
	wire_put(wire, VG_A_DENY_ADDRESS, address, len);
	wire_put(wire, VG_A_DENY_BITS, &bits, 1);
	return wire_call(wire, NULL, NULL);
}

static void take_counter(void *arg, const u64 *values)
{
	struct gate_counts *counts = arg;
	u64 reason = values[VG_A_COUNTERS_REASON];

	if (reason >= VG_REASON_COUNT)
		return;
	counts->packets[reason] += values[VG_A_COUNTERS_PACKETS];
	counts->overflow[reason] += values[VG_A_COUNTERS_ALARM_OVERFLOW];
}

static void take_counters(void *arg, const struct wire_answer *answer)
{
	((struct gate_counts *)arg)->cpus += answer->attrs[VG_A_COUNTERS_CPU] != NULL;
	each_nest(answer, VG_A_COUNTERS_COUNTER, VG_A_COUNTERS_ALARM_OVERFLOW, take_counter, arg);
}

int gate_counters(struct wire *wire, bool per_cpu, struct gate_counts *ret_counts)
{
	memset(ret_counts, 0, sizeof(*ret_counts));
	wire_begin(wire, VG_CMD_COUNTERS_GET, per_cpu ? NLM_F_DUMP : 0);
	return wire_call(wire, take_counters, ret_counts);
}

int gate_chain_begin(struct wire *wire, const u8 previous[VG_HASH_LEN])
{
	wire_begin(wire, VG_CMD_CHAIN_BEGIN, 0);
	wire_put(wire, VG_A_BATCH_PREVIOUS, previous, VG_HASH_LEN);
	return wire_call(wire, NULL, NULL);
}

int gate_ack(struct wire *wire, u64 number)
{
	wire_begin(wire, VG_CMD_BATCH_ACK, 0);
	wire_put_u64(wire, VG_A_BATCH_NUMBER, number);
	return wire_call(wire, NULL, NULL);
}

int gate_flush(struct wire *wire)
{
	wire_begin(wire, VG_CMD_FLUSH, 0);
	return wire_call(wire, NULL, NULL);
}
