// SPDX-License-Identifier: GPL-2.0
/*
 * gate_kernel.c - the module's gate over generic netlink: each operation of
 * gate.h is one message of kmod/netlink.yaml. The kernel's own sentence
 * (extended acknowledgement) becomes the error text. Notifications and the
 * chain are in gate_kernel_chain.c.
 */
#include "agent/gate_kernel_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/policy_word.h"

struct gate_kernel {
	struct gate gate;
	struct gate_kernel_wire wire;
};

static struct gate_kernel *kernel_of(struct gate *gate)
{
	return (struct gate_kernel *)gate;
}

struct gate_kernel_wire *gate_kernel_wire_of(struct gate *gate)
{
	return &kernel_of(gate)->wire;
}

/* Requests that take one session id. */
static int id_call(struct gate *gate, enum vg_cmd command, u64 id, gate_kernel_each *each, void *arg)
{
	struct nl_msg *message = gate_kernel_wire_message(gate_kernel_wire_of(gate), command, 0);

	if (message && nla_put_u64(message, VG_A_SESSION_ID, id)) {
		nlmsg_free(message);
		message = NULL;
	}
	return gate_kernel_wire_call(gate_kernel_wire_of(gate), message, each, arg, &gate->error);
}

static int plain_call(struct gate *gate, enum vg_cmd command, int flags, gate_kernel_each *each, void *arg)
{
	struct gate_kernel_wire *wire = gate_kernel_wire_of(gate);

	return gate_kernel_wire_call(wire, gate_kernel_wire_message(wire, command, flags), each, arg, &gate->error);
}

static u64 u64_of(struct nlattr *attribute)
{
	return attribute ? nla_get_u64(attribute) : 0;
}

static u32 u32_of(struct nlattr *attribute)
{
	return attribute ? nla_get_u32(attribute) : 0;
}

static void bytes_of(struct nlattr *attribute, void *ret_bytes, size_t len)
{
	if (attribute && (size_t)nla_len(attribute) >= len)
		memcpy(ret_bytes, nla_data(attribute), len);
}

static int each_status(void *arg, struct genlmsghdr *header)
{
	struct nlattr *attributes[VG_A_GATE_MAX + 1];
	struct gate_status *status = arg;

	if (gate_kernel_wire_parse(header, attributes, VG_A_GATE_MAX))
		return -EPROTO;
	if (attributes[VG_A_GATE_GRADE])
		status->grade = nla_get_u8(attributes[VG_A_GATE_GRADE]);
	status->epoch = u64_of(attributes[VG_A_GATE_EPOCH]);
	bytes_of(attributes[VG_A_GATE_ATTESTOR], status->attestor, VG_KEY_LEN);
	status->next_number = u64_of(attributes[VG_A_GATE_NEXT_NUMBER]);
	bytes_of(attributes[VG_A_GATE_HEAD_HASH], status->head_hash, VG_HASH_LEN);
	status->acknowledged = u64_of(attributes[VG_A_GATE_ACKNOWLEDGED]);
	status->pending_batches = u32_of(attributes[VG_A_GATE_PENDING_BATCHES]);
	status->open_records = u32_of(attributes[VG_A_GATE_OPEN_RECORDS]);
	status->sessions = u32_of(attributes[VG_A_GATE_SESSIONS]);
	status->session_bytes = u32_of(attributes[VG_A_GATE_SESSION_BYTES]);
	status->test_clock = attributes[VG_A_GATE_TEST_CLOCK] != NULL;
	status->time = u64_of(attributes[VG_A_GATE_TIME]);
	status->alarm_entries = u32_of(attributes[VG_A_GATE_ALARM_ENTRIES]);
	if (attributes[VG_A_GATE_VERSION])
		nla_strlcpy(status->version, attributes[VG_A_GATE_VERSION], sizeof(status->version));
	return 0;
}

static int kernel_status(struct gate *gate, struct gate_status *ret_status)
{
	memset(ret_status, 0, sizeof(*ret_status));
	return plain_call(gate, VG_CMD_GATE_GET, 0, each_status, ret_status);
}

static int kernel_session_add(struct gate *gate, const struct gate_session *session)
{
	struct gate_kernel_wire *wire = gate_kernel_wire_of(gate);
	struct nl_msg *message = gate_kernel_wire_message(wire, VG_CMD_SESSION_ADD, 0);

	if (message && (nla_put_u64(message, VG_A_SESSION_ID, session->id) ||
			nla_put(message, VG_A_SESSION_KEY, sizeof(session->key), session->key) ||
			nla_put_u64(message, VG_A_SESSION_EXPIRES, session->expires) ||
			nla_put(message, VG_A_SESSION_COMMITMENT, VG_HASH_LEN, session->commitment))) {
		nlmsg_free(message);
		message = NULL;
	}
	return gate_kernel_wire_call(wire, message, NULL, NULL, &gate->error);
}

static int kernel_session_remove(struct gate *gate, u64 id)
{
	return id_call(gate, VG_CMD_SESSION_REMOVE, id, NULL, NULL);
}

static int kernel_session_revoke(struct gate *gate, u64 id)
{
	return id_call(gate, VG_CMD_SESSION_REVOKE, id, NULL, NULL);
}

static int parse_session(struct genlmsghdr *header, struct gate_session *ret_session)
{
	struct nlattr *attributes[VG_A_SESSION_MAX + 1];

	memset(ret_session, 0, sizeof(*ret_session));
	if (gate_kernel_wire_parse(header, attributes, VG_A_SESSION_MAX))
		return -EPROTO;
	ret_session->id = u64_of(attributes[VG_A_SESSION_ID]);
	ret_session->expires = u64_of(attributes[VG_A_SESSION_EXPIRES]);
	bytes_of(attributes[VG_A_SESSION_COMMITMENT], ret_session->commitment, VG_HASH_LEN);
	ret_session->added = u64_of(attributes[VG_A_SESSION_ADDED]);
	ret_session->head = u64_of(attributes[VG_A_SESSION_HEAD]);
	ret_session->accepted = u64_of(attributes[VG_A_SESSION_ACCEPTED]);
	ret_session->revoked = attributes[VG_A_SESSION_REVOKED] != NULL;
	return 0;
}

static int each_session(void *arg, struct genlmsghdr *header)
{
	return parse_session(header, arg);
}

static int kernel_session_get(struct gate *gate, u64 id, struct gate_session *ret_session)
{
	return id_call(gate, VG_CMD_SESSION_GET, id, each_session, ret_session);
}

struct session_walk {
	int (*each)(void *arg, const struct gate_session *session);
	void *arg;
};

static int each_dumped_session(void *arg, struct genlmsghdr *header)
{
	struct session_walk *walk = arg;
	struct gate_session session;
	int error = parse_session(header, &session);

	return error ? error : walk->each(walk->arg, &session);
}

static int kernel_session_dump(struct gate *gate, int (*each)(void *arg, const struct gate_session *session), void *arg)
{
	struct session_walk walk = { each, arg };

	return plain_call(gate, VG_CMD_SESSION_GET, NLM_F_DUMP, each_dumped_session, &walk);
}

/* Takes what the kernel knows; a key it has and we have not is of a newer module and passed over. */
static int each_policy(void *arg, struct genlmsghdr *header)
{
	struct nlattr *setting, *attributes[VG_A_POLICY_MAX + 1];
	int left = genlmsg_attrlen(header, 0);

	nla_for_each_attr(setting, genlmsg_attrdata(header, 0), left, left)
	{
		if (nla_type(setting) != VG_A_POLICY_SETTING)
			continue;
		if (nla_parse_nested(attributes, VG_A_POLICY_MAX, setting, NULL) || !attributes[VG_A_POLICY_KEY] ||
		    !attributes[VG_A_POLICY_VALUE])
			return -EPROTO;
		if (nla_get_u32(attributes[VG_A_POLICY_KEY]) < VG_POLICY_KEY_COUNT)
			policy_word_set(arg, nla_get_u32(attributes[VG_A_POLICY_KEY]),
					(s64)nla_get_u64(attributes[VG_A_POLICY_VALUE]));
	}
	return 0;
}

static int kernel_policy_get(struct gate *gate, struct vg_policy *ret_policy)
{
	return plain_call(gate, VG_CMD_POLICY_GET, 0, each_policy, ret_policy);
}

static int kernel_policy_set(struct gate *gate, enum vg_policy_key key, s64 value)
{
	struct gate_kernel_wire *wire = gate_kernel_wire_of(gate);
	struct nl_msg *message;
	struct nlattr *setting;

	if (policy_word_of(key)->room != VG_POLICY_ROOM_GATE) {
		snprintf(gate->error.text, sizeof(gate->error.text),
			 "%s is enforced by the agent, not by the module: ask the agent", policy_word_of(key)->word);
		return -EOPNOTSUPP;
	}
	message = gate_kernel_wire_message(wire, VG_CMD_POLICY_SET, 0);
	setting = message ? nla_nest_start(message, VG_A_POLICY_SETTING) : NULL;
	if (!setting || nla_put_u32(message, VG_A_POLICY_KEY, key) ||
	    nla_put_u64(message, VG_A_POLICY_VALUE, (u64)value)) {
		nlmsg_free(message);
		message = NULL;
	} else {
		nla_nest_end(message, setting);
	}
	return gate_kernel_wire_call(wire, message, NULL, NULL, &gate->error);
}

static int deny_call(struct gate *gate, enum vg_cmd command, const struct gate_deny *deny)
{
	struct gate_kernel_wire *wire = gate_kernel_wire_of(gate);
	struct nl_msg *message = gate_kernel_wire_message(wire, command, 0);

	if (message &&
	    (nla_put_u8(message, VG_A_DENY_FAMILY, deny->source.family) ||
	     nla_put(message, VG_A_DENY_ADDRESS, (int)vg_source_bits(deny->source.family) / 8, deny->source.addr) ||
	     nla_put_u8(message, VG_A_DENY_BITS, (u8)deny->prefix_bits))) {
		nlmsg_free(message);
		message = NULL;
	}
	return gate_kernel_wire_call(wire, message, NULL, NULL, &gate->error);
}

static int kernel_deny_add(struct gate *gate, const struct gate_deny *deny)
{
	return deny_call(gate, VG_CMD_DENY_ADD, deny);
}

static int kernel_deny_remove(struct gate *gate, const struct gate_deny *deny)
{
	return deny_call(gate, VG_CMD_DENY_REMOVE, deny);
}

struct deny_walk {
	int (*each)(void *arg, const struct gate_deny *deny);
	void *arg;
};

static int each_deny(void *arg, struct genlmsghdr *header)
{
	struct nlattr *attributes[VG_A_DENY_MAX + 1];
	struct deny_walk *walk = arg;
	struct gate_deny deny = { .hits = 0 };

	if (gate_kernel_wire_parse(header, attributes, VG_A_DENY_MAX) || !attributes[VG_A_DENY_FAMILY] ||
	    !attributes[VG_A_DENY_ADDRESS] || !attributes[VG_A_DENY_BITS])
		return -EPROTO;
	deny.source.family = nla_get_u8(attributes[VG_A_DENY_FAMILY]);
	bytes_of(attributes[VG_A_DENY_ADDRESS], deny.source.addr, vg_source_bits(deny.source.family) / 8);
	deny.prefix_bits = nla_get_u8(attributes[VG_A_DENY_BITS]);
	deny.hits = u64_of(attributes[VG_A_DENY_HITS]);
	return walk->each(walk->arg, &deny);
}

static int kernel_deny_dump(struct gate *gate, int (*each)(void *arg, const struct gate_deny *deny), void *arg)
{
	struct deny_walk walk = { each, arg };

	return plain_call(gate, VG_CMD_DENY_GET, NLM_F_DUMP, each_deny, &walk);
}

static int parse_counters(struct genlmsghdr *header, int *ret_cpu, struct gate_counters *ret_counters)
{
	struct nlattr *counter, *attributes[VG_A_COUNTERS_MAX + 1];
	int left = genlmsg_attrlen(header, 0);

	memset(ret_counters, 0, sizeof(*ret_counters));
	*ret_cpu = -1;
	nla_for_each_attr(counter, genlmsg_attrdata(header, 0), left, left)
	{
		u32 reason;

		if (nla_type(counter) == VG_A_COUNTERS_CPU)
			*ret_cpu = (int)nla_get_u32(counter);
		if (nla_type(counter) != VG_A_COUNTERS_COUNTER)
			continue;
		if (nla_parse_nested(attributes, VG_A_COUNTERS_MAX, counter, NULL))
			return -EPROTO;
		reason = u32_of(attributes[VG_A_COUNTERS_REASON]);
		if (reason >= VG_REASON_COUNT)
			continue;
		ret_counters->packets[reason] = u64_of(attributes[VG_A_COUNTERS_PACKETS]);
		ret_counters->alarm_overflow[reason] = u64_of(attributes[VG_A_COUNTERS_ALARM_OVERFLOW]);
	}
	return 0;
}

static int each_counters(void *arg, struct genlmsghdr *header)
{
	int cpu;

	return parse_counters(header, &cpu, arg);
}

static int kernel_counters(struct gate *gate, struct gate_counters *ret_counters)
{
	return plain_call(gate, VG_CMD_COUNTERS_GET, 0, each_counters, ret_counters);
}

struct counters_walk {
	int (*each)(void *arg, int cpu, const struct gate_counters *counters);
	void *arg;
};

static int each_cpu(void *arg, struct genlmsghdr *header)
{
	struct counters_walk *walk = arg;
	struct gate_counters counters;
	int cpu, error = parse_counters(header, &cpu, &counters);

	return error ? error : walk->each(walk->arg, cpu, &counters);
}

static int kernel_counters_cpu(struct gate *gate, int (*each)(void *arg, int cpu, const struct gate_counters *counters),
			       void *arg)
{
	struct counters_walk walk = { each, arg };

	return plain_call(gate, VG_CMD_COUNTERS_GET, NLM_F_DUMP, each_cpu, &walk);
}

struct alarm_walk {
	int (*each)(void *arg, const struct vg_alarm *alarm);
	void *arg;
};

static int each_alarm(void *arg, struct genlmsghdr *header)
{
	struct nlattr *attributes[VG_A_ALARM_MAX + 1];
	struct alarm_walk *walk = arg;
	struct vg_alarm alarm;

	if (gate_kernel_wire_parse(header, attributes, VG_A_ALARM_MAX) || !attributes[VG_A_ALARM_ALARM] ||
	    nla_len(attributes[VG_A_ALARM_ALARM]) != (int)sizeof(alarm))
		return -EPROTO;
	memcpy(&alarm, nla_data(attributes[VG_A_ALARM_ALARM]), sizeof(alarm));
	return walk->each(walk->arg, &alarm);
}

static int kernel_alarm_dump(struct gate *gate, int (*each)(void *arg, const struct vg_alarm *alarm), void *arg)
{
	struct alarm_walk walk = { each, arg };

	return plain_call(gate, VG_CMD_ALARM_GET, NLM_F_DUMP, each_alarm, &walk);
}

static int kernel_flush(struct gate *gate)
{
	return plain_call(gate, VG_CMD_FLUSH, 0, NULL, NULL);
}

static void kernel_close(struct gate *gate)
{
	gate_kernel_wire_close(gate_kernel_wire_of(gate));
	free(gate);
}

static const struct gate_ops kernel_ops = {
	.status = kernel_status,
	.session_add = kernel_session_add,
	.session_remove = kernel_session_remove,
	.session_revoke = kernel_session_revoke,
	.session_get = kernel_session_get,
	.session_dump = kernel_session_dump,
	.policy_get = kernel_policy_get,
	.policy_set = kernel_policy_set,
	.deny_add = kernel_deny_add,
	.deny_remove = kernel_deny_remove,
	.deny_dump = kernel_deny_dump,
	.counters = kernel_counters,
	.counters_cpu = kernel_counters_cpu,
	.alarm_dump = kernel_alarm_dump,
	.flush = kernel_flush,
	.close = kernel_close,
};

int gate_kernel_open(struct gate **ret_gate, struct gate_error *ret_error)
{
	struct gate_kernel *kernel = calloc(1, sizeof(*kernel));
	int error;

	if (!kernel) {
		snprintf(ret_error->text, sizeof(ret_error->text), "out of memory");
		return -ENOMEM;
	}
	kernel->gate.ops = &kernel_ops;
	error = gate_kernel_wire_open(&kernel->wire, ret_error);
	if (error) {
		free(kernel);
		return error;
	}
	*ret_gate = &kernel->gate;
	return 0;
}
