// SPDX-License-Identifier: GPL-2.0
/*
 * gate_plain.c - gate.h over the XDP program's maps: opening, policy, deny
 * list, counters and housekeeping. Sessions: gate_plain_session.c; alarms:
 * gate_plain_alarm.c.
 */
#include "agent/gate_plain_state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "agent/policy_word.h"

#define SWEEP_PLACES 16384 /* session places looked at in one tick: a million in some ten seconds */

int gate_plain_fail(struct gate_plain *plain, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(plain->gate.error.text, sizeof(plain->gate.error.text), format, args);
	va_end(args);
	return err;
}

int gate_plain_map(const struct gate_plain *plain, enum loader_map map)
{
	return loader_map_fd(plain->loader, map);
}

u64 gate_plain_now(const struct gate_plain *plain)
{
	return ingress_now(plain->ingress);
}

static int plain_status(struct gate *gate, struct gate_status *ret_status)
{
	struct gate_plain *plain = (struct gate_plain *)gate;

	*ret_status = (struct gate_status){
		.grade = VG_GRADE_PLAIN,
		.sessions = plain->sessions.count,
		.session_bytes = loader_session_bytes(),
		.test_clock = plain->policy.clock_offset_us != 0,
		.time = gate_plain_now(plain),
		.alarm_entries = plain->alarms.count,
	};
	snprintf(ret_status->version, sizeof(ret_status->version), "%s", VOLTGATE_VERSION);
	return 0;
}

static int plain_policy_get(struct gate *gate, struct vg_policy *ret_policy)
{
	*ret_policy = ((struct gate_plain *)gate)->policy;
	return 0;
}

/* The maps were sized when the program was loaded. */
static int policy_fits(struct gate_plain *plain, enum vg_policy_key key, s64 value)
{
	u32 room;

	if (key != VG_POLICY_max_sessions && key != VG_POLICY_alarm_entries)
		return 0;
	room = loader_map_entries(plain->loader,
				  key == VG_POLICY_max_sessions ? LOADER_MAP_SESSIONS : LOADER_MAP_ALARMS);
	if (value <= room)
		return 0;
	return gate_plain_fail(
		plain, -EOPNOTSUPP,
		"%s cannot go beyond %u while the program is loaded; set it in the configuration and restart",
		policy_word_of(key)->word, room);
}

static int plain_policy_set(struct gate *gate, enum vg_policy_key key, s64 value)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	struct vg_policy policy = plain->policy;
	const struct policy_word *word;
	int err;

	if (key >= VG_POLICY_KEY_COUNT)
		return gate_plain_fail(plain, -EINVAL, "there is no setting with number %d", (int)key);
	word = policy_word_of(key);
	if (policy_word_set(&policy, key, value))
		return gate_plain_fail(plain, -ERANGE, "%s must lie between %lld and %lld, not %lld", word->word,
				       (long long)word->min, (long long)word->max, (long long)value);
	err = policy_fits(plain, key, value);
	if (err)
		return err;
	err = ingress_set_policy(plain->ingress, &policy);
	if (err)
		return gate_plain_fail(plain, err, "cannot write the policy to the program's map: %s", strerror(-err));
	plain->policy = policy;
	return 0;
}

/* Zeroes what lies behind the prefix, so that one prefix has one key. */
static int deny_key(struct gate_plain *plain, const struct gate_deny *deny, struct vg_deny_key *ret_key)
{
	u32 bits = vg_source_bits(deny->source.family), i;

	if (!bits)
		return gate_plain_fail(plain, -EINVAL, "a deny entry is an IPv4, IPv6 or MAC prefix; family %u is none",
				       deny->source.family);
	if (deny->prefix_bits > bits)
		return gate_plain_fail(plain, -EINVAL, "a prefix of %u bits is longer than its address, which has %u",
				       deny->prefix_bits, bits);
	*ret_key = (struct vg_deny_key){ .bits = 32 + deny->prefix_bits, .source.family = deny->source.family };
	for (i = 0; i < deny->prefix_bits; i++)
		ret_key->source.addr[i / 8] |= deny->source.addr[i / 8] & (0x80 >> i % 8);
	return 0;
}

/* Tells the program whether the list has to be asked at all. Before an entry is added, after one is removed. */
static int deny_mark(struct gate_plain *plain, bool adding)
{
	struct vg_deny_key key;
	int fd = gate_plain_map(plain, LOADER_MAP_DENY);

	return ingress_set_deny_empty(plain->ingress, !adding && bpf_map_get_next_key(fd, NULL, &key));
}

static int plain_deny_add(struct gate *gate, const struct gate_deny *deny)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	struct vg_deny_key key;
	u8 value = 1;
	int err = deny_key(plain, deny, &key);

	if (err)
		return err;
	err = deny_mark(plain, true);
	if (!err && bpf_map_update_elem(gate_plain_map(plain, LOADER_MAP_DENY), &key, &value, BPF_ANY))
		err = -errno;
	if (!err)
		return 0;
	if (err == -ENOSPC)
		return gate_plain_fail(plain, err, "the deny list is full (%u entries); remove some or merge prefixes",
				       loader_map_entries(plain->loader, LOADER_MAP_DENY));
	return gate_plain_fail(plain, err, "cannot add to the deny list: %s", strerror(-err));
}

static int plain_deny_remove(struct gate *gate, const struct gate_deny *deny)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	struct vg_deny_key key;
	int err = deny_key(plain, deny, &key);

	if (err)
		return err;
	if (!bpf_map_delete_elem(gate_plain_map(plain, LOADER_MAP_DENY), &key))
		return deny_mark(plain, false);
	return gate_plain_fail(plain, -ENOENT, "the deny list has no such prefix (of exactly this length)");
}

static int plain_deny_dump(struct gate *gate, int (*each)(void *arg, const struct gate_deny *deny), void *arg)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	int fd = gate_plain_map(plain, LOADER_MAP_DENY), err = 0;
	struct vg_deny_key key, *before = NULL;

	while (!err && !bpf_map_get_next_key(fd, before, &key)) {
		struct gate_deny deny = { .source = key.source, .prefix_bits = key.bits - 32 };

		before = &key;
		err = each(arg, &deny);
	}
	return err;
}

static int plain_counters(struct gate *gate, struct gate_counters *ret_counters)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	u64 *values = calloc(plain->cpus, sizeof(*values));
	int fd = gate_plain_map(plain, LOADER_MAP_COUNTERS), err = 0, cpu;
	u32 reason;

	if (!values)
		return gate_plain_fail(plain, -ENOMEM, "no memory to read the counters");
	memset(ret_counters, 0, sizeof(*ret_counters));
	for (reason = 0; reason < VG_REASON_COUNT && !err; reason++) {
		if (bpf_map_lookup_elem(fd, &reason, values))
			err = -errno;
		for (cpu = 0; cpu < plain->cpus && !err; cpu++)
			ret_counters->packets[reason] += values[cpu];
	}
	free(values);
	if (!err)
		err = gate_plain_alarm_walk(plain);
	if (err)
		return gate_plain_fail(plain, err, "cannot read the program's counters: %s", strerror(-err));
	gate_plain_alarm_overflow(plain, ret_counters->packets);
	memcpy(ret_counters->alarm_overflow, plain->alarms.overflow, sizeof(ret_counters->alarm_overflow));
	return 0;
}

/* Overflow is of aggregates, which belong to no CPU: it stays 0. */
static int plain_counters_cpu(struct gate *gate, int (*each)(void *arg, int cpu, const struct gate_counters *counters),
			      void *arg)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	struct gate_counters *counters = calloc(plain->cpus, sizeof(*counters));
	u64 *values = calloc(plain->cpus, sizeof(*values));
	int fd = gate_plain_map(plain, LOADER_MAP_COUNTERS), err = 0, cpu;
	u32 reason;

	if (!counters || !values)
		err = gate_plain_fail(plain, -ENOMEM, "no memory to read the counters");
	for (reason = 0; reason < VG_REASON_COUNT && !err; reason++) {
		if (bpf_map_lookup_elem(fd, &reason, values))
			err = gate_plain_fail(plain, -errno, "cannot read the program's counters: %s", strerror(errno));
		for (cpu = 0; cpu < plain->cpus && !err; cpu++)
			counters[cpu].packets[reason] = values[cpu];
	}
	for (cpu = 0; cpu < plain->cpus && !err; cpu++)
		err = each(arg, cpu, &counters[cpu]);
	free(values);
	free(counters);
	return err;
}

static void revoked_sweep(struct gate_plain *plain, bool all)
{
	int fd = gate_plain_map(plain, LOADER_MAP_REVOKED);
	u64 now = gate_plain_now(plain), id, next, until;
	bool more = !bpf_map_get_next_key(fd, NULL, &id);

	while (more) {
		more = !bpf_map_get_next_key(fd, &id, &next);
		if (all || (!bpf_map_lookup_elem(fd, &id, &until) && until <= now))
			bpf_map_delete_elem(fd, &id);
		id = next;
	}
	plain->sweep_revoked = now;
}

/* Everything that packets or commands made; policy stays. */
static int plain_flush(struct gate *gate)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	int fd = gate_plain_map(plain, LOADER_MAP_DENY);
	struct vg_deny_key key;

	gate_plain_session_flush(plain);
	revoked_sweep(plain, true);
	while (!bpf_map_get_next_key(fd, NULL, &key))
		if (bpf_map_delete_elem(fd, &key))
			return gate_plain_fail(plain, -errno, "cannot empty the deny list: %s", strerror(errno));
	deny_mark(plain, false);
	if (gate_plain_alarm_flush(plain))
		return gate_plain_fail(plain, -EIO, "cannot close the alarm aggregates");
	return 0;
}

static void plain_close(struct gate *gate)
{
	struct gate_plain *plain = (struct gate_plain *)gate;

	plain_sessions_done(&plain->sessions);
	free(plain->alarms.list);
	free(plain);
}

int gate_plain_tick(struct gate *gate)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	int err;

	gate_plain_session_sweep(plain, SWEEP_PLACES);
	if (gate_plain_now(plain) - plain->sweep_revoked > 10000000)
		revoked_sweep(plain, false);
	err = gate_plain_alarm_walk(plain);
	return err ? gate_plain_fail(plain, err, "cannot read the alarm aggregates: %s", strerror(-err)) : 0;
}

static const struct gate_ops plain_ops = {
	.status = plain_status,
	.session_add = gate_plain_session_add,
	.session_remove = gate_plain_session_remove,
	.session_revoke = gate_plain_session_revoke,
	.session_get = gate_plain_session_get,
	.session_dump = gate_plain_session_dump,
	.policy_get = plain_policy_get,
	.policy_set = plain_policy_set,
	.deny_add = plain_deny_add,
	.deny_remove = plain_deny_remove,
	.deny_dump = plain_deny_dump,
	.counters = plain_counters,
	.counters_cpu = plain_counters_cpu,
	.alarm_dump = gate_plain_alarm_dump,
	.flush = plain_flush,
	.close = plain_close,
};

int gate_plain_open(const struct loader *loader, struct ingress *ingress, const struct vg_policy *policy,
		    const struct gate_plain_events *events, struct gate **ret_gate, struct gate_error *ret_error)
{
	struct gate_plain *plain;

	if (loader_grade(loader) != VG_GRADE_PLAIN) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "the loaded program is attested; a plain gate needs the plain program");
		return -EINVAL;
	}
	plain = calloc(1, sizeof(*plain));
	if (!plain || plain_sessions_init(&plain->sessions)) {
		free(plain);
		snprintf(ret_error->text, sizeof(ret_error->text), "no memory for the gate");
		return -ENOMEM;
	}
	plain->gate.ops = &plain_ops;
	plain->loader = loader;
	plain->ingress = ingress;
	plain->policy = *policy;
	plain->events = *events;
	plain->cpus = libbpf_num_possible_cpus();
	plain->sweep_revoked = gate_plain_now(plain);
	deny_mark(plain, false);
	*ret_gate = &plain->gate;
	return 0;
}
