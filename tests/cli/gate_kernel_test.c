// SPDX-License-Identifier: GPL-2.0
/*
 * gate_kernel_test.c - the netlink client against the module itself: every
 * operation of gate.h and gate_kernel.h, and the kernel's sentences as errors.
 * For guests with the module loaded; skips elsewhere.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sodium.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/chain.h"
#include "agent/gate_kernel.h"
#include "agent/policy_word.h"
#include "agent/time_text.h"
#include "tests/ktap.h"

#define DEADLINE_MS 10000
#define MANY 3000

static struct gate *gate;
static const struct gate_ops *ops;

/* What came of the batches, put together; parts of one may come in any number of messages. */
struct collected {
	struct batch batch;
	u64 number;
	u32 records;
	u32 batches;
	enum chain_fault fault;
	struct chain chain;
};

static u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time_text_of_unix((u64)time.tv_sec * 1000000 + (u64)time.tv_nsec / 1000);
}

static bool says(const char *words)
{
	bool found = strstr(gate->error.text, words) != NULL;

	if (!found)
		printf("# said: %s\n", gate->error.text);
	return found;
}

static int take_part(void *arg, const struct gate_kernel_part *part)
{
	struct collected *collected = arg;

	if (!part->offset)
		collected->records = 0;
	if (part->seal)
		collected->batch.seal = *part->seal;
	memcpy(collected->batch.records + part->offset, part->records, part->count * sizeof(*part->records));
	collected->records += part->count;
	collected->number = part->number;
	if (collected->records == vg_be32(collected->batch.seal.head.count)) {
		if (!collected->fault)
			collected->fault = chain_accept(&collected->chain, &collected->batch);
		collected->batches++;
	}
	return 0;
}

/* Until @batches batches came, or the deadline. */
static void listen_for(struct gate_kernel_listener *listener, struct collected *collected, u32 batches)
{
	struct gate_kernel_sink sink = { .arg = collected, .part = take_part };
	struct pollfd waiting = { .fd = gate_kernel_listener_fd(listener), .events = POLLIN };

	while (collected->batches < batches && poll(&waiting, 1, DEADLINE_MS) > 0)
		if (gate_kernel_listener_receive(listener, &sink))
			return;
}

/* True if no batch of number @number or below came. */
static bool begins_after(const struct collected *collected, u64 number)
{
	return !collected->batches || collected->number + 1 - collected->batches > number;
}

static void test_status(void)
{
	u32 bytes_max = getenv("VG_DEBUG_KERNEL") ? 512 : 320; /* lockdep makes locks large */
	struct gate_status status;
	int error = ops->status(gate, &status);

	ktap_ok(!error && status.grade == VG_GRADE_ATTESTED && !status.epoch && status.version[0] &&
			status.session_bytes && status.session_bytes <= bytes_max && status.time + 60000000 > now() &&
			!sodium_is_zero(status.attestor, VG_KEY_LEN),
		"a gate just made: attested, no epoch, %u bytes a session", error ? 0 : status.session_bytes);
}

static void test_chain(struct gate_kernel_listener *listener)
{
	static struct collected heard, fetched, rest;
	static const u8 zeros[VG_HASH_LEN];
	struct gate_kernel_sink sink = { .arg = &fetched, .part = take_part };
	struct gate_session session = { .id = 0x51, .key = { 5 }, .expires = now() + 3600000000ull };
	struct gate_status status;

	ktap_ok(!gate_kernel_chain_begin(gate, zeros), "the chain begins");
	ktap_ok(gate_kernel_chain_begin(gate, zeros) < 0 && says("has begun"), "but once");
	memset(session.commitment, 0x33, sizeof(session.commitment));
	ktap_ok(!ops->session_add(gate, &session), "a session is added");
	ktap_ok(ops->session_add(gate, &session) == -EEXIST && says("has this id"), "not twice, in the kernel's words");
	listen_for(listener, &heard, 1);
	ktap_ok(heard.batches && heard.fault == CHAIN_OK && heard.chain.started, "its batch is heard and verifies: %s",
		chain_fault_word(heard.fault));
	ktap_ok(heard.batch.records[0].kind == VG_RECORD_EPOCH || heard.batches > 1, "the first record is the epoch's");
	ktap_ok(!ops->status(gate, &status) && status.epoch == heard.chain.epoch &&
			!memcmp(status.attestor, heard.chain.attestor, VG_KEY_LEN),
		"the status names its epoch and key");
	ktap_ok(!gate_kernel_batch_dump(gate, 0, &sink) && fetched.batches >= 1 && fetched.fault == CHAIN_OK,
		"the dump gives it again");
	ktap_ok(gate_kernel_batch_ack(gate, 1000000) < 0 && says("not sealed"),
		"what was not sealed cannot be acknowledged");
	ktap_ok(!gate_kernel_batch_ack(gate, fetched.number), "the last one can");
	sink.arg = &rest;
	/* A later batch may have been sealed meanwhile; the acknowledged ones are gone. */
	ktap_ok(!gate_kernel_batch_dump(gate, 0, &sink) && begins_after(&rest, fetched.number) &&
			!ops->status(gate, &status) && status.acknowledged == fetched.number + 1,
		"then it is forgotten");
}

static int count_session(void *arg, const struct gate_session *session)
{
	*(int *)arg += session->id >= 0x1000 && session->id < 0x1000 + MANY && !session->accepted;
	return 0;
}

static int stop_at_once(void *arg, const struct gate_session *session)
{
	(void)session;
	++*(int *)arg;
	return -ECANCELED;
}

/* Room in the records is the agent's to make: acknowledges what was sealed, as it would. */
static int add_one(u64 id)
{
	struct gate_session session = { .id = id, .key = { 1 }, .expires = now() + 3600000000ull };
	struct gate_status status;
	int error = ops->session_add(gate, &session), i;

	for (i = 0; error == -ENOBUFS && i < 1000; i++) {
		if (!ops->status(gate, &status) && status.next_number)
			gate_kernel_batch_ack(gate, status.next_number - 1);
		usleep(1000);
		error = ops->session_add(gate, &session);
	}
	return error;
}

static void test_sessions(void)
{
	struct gate_session session;
	int added = 0, seen = 0, calls = 0, i;

	for (i = 0; i < MANY; i++)
		added += !add_one(0x1000 + (u64)i);
	i = ops->session_dump(gate, count_session, &seen);
	ktap_ok(added == MANY && !i && seen == MANY, "%d sessions are dumped, %d added", seen, added);
	ktap_ok(ops->session_dump(gate, stop_at_once, &calls) == -ECANCELED && calls == 1,
		"a walk ends where its caller says");
	ktap_ok(!ops->session_get(gate, 0x51, &session) && session.commitment[31] == 0x33 && session.added &&
			sodium_is_zero(session.key, sizeof(session.key)),
		"one session is shown, without its key");
	ktap_ok(!ops->session_revoke(gate, 0x51) && (ops->session_get(gate, 0x51, &session) || session.revoked),
		"revoked");
	ktap_ok(!ops->session_remove(gate, 0x1000), "removed");
	ktap_ok(ops->session_remove(gate, 0x1000) == -ENOENT && says("No session"), "not twice, in the kernel's words");
	ktap_ok(ops->session_get(gate, 0x1000, &session) == -ENOENT && says("No session"), "nor shown");
	memset(&session, 0, sizeof(session));
	session.id = 7;
	session.key[0] = 1;
	ktap_ok(ops->session_add(gate, &session) < 0 && gate->error.text[0], "one without an expiry is refused: %s",
		gate->error.text);
}

static void test_policy(void)
{
	struct vg_policy policy, back;
	bool held = true;
	int key;

	policy_word_defaults(&policy);
	ktap_ok(!ops->policy_get(gate, &policy) && policy.stale_us == 2000000, "the policy is read");
	for (key = 0; key < VG_POLICY_KEY_COUNT; key++) {
		const struct policy_word *word = policy_word_of(key);
		s64 value = word->fallback > word->min ? word->fallback - 1 : word->fallback + 1;

		if (word->room != VG_POLICY_ROOM_GATE) {
			held &= ops->policy_set(gate, key, word->fallback) == -EOPNOTSUPP && says("agent");
			continue;
		}
		held &= !ops->policy_set(gate, key, value) && !ops->policy_get(gate, &back) &&
			policy_word_get(&back, key) == value;
		held &= ops->policy_set(gate, key, word->max + 1) < 0 && says("limits");
		held &= !ops->policy_set(gate, key, word->fallback);
		if (!held) {
			printf("# at %s\n", word->word);
			break;
		}
	}
	ktap_ok(held, "each setting is set, read back, refused beyond its limits; the agent's are sent to the agent");
}

static int count_deny(void *arg, const struct gate_deny *deny)
{
	*(u32 *)arg += deny->prefix_bits;
	return 0;
}

static void test_deny(void)
{
	static const struct gate_deny entries[] = {
		{ .source = { .family = VG_SOURCE_IPV4, .addr = { 192, 0, 2 } }, .prefix_bits = 24 },
		{ .source = { .family = VG_SOURCE_IPV6, .addr = { 0x20, 0x01, 0x0d, 0xb8 } }, .prefix_bits = 32 },
		{ .source = { .family = VG_SOURCE_MAC, .addr = { 2, 0, 0, 0, 0, 1 } }, .prefix_bits = 48 },
	};
	u32 bits = 0, i;
	bool held = true;

	for (i = 0; i < 3; i++)
		held &= !ops->deny_add(gate, &entries[i]);
	ktap_ok(held && !ops->deny_dump(gate, count_deny, &bits) && bits == 24 + 32 + 48,
		"three families are denied and listed");
	ktap_ok(ops->deny_add(gate, &entries[0]) < 0 && says("already"), "not twice");
	for (i = 0; i < 3; i++)
		held &= !ops->deny_remove(gate, &entries[i]);
	ktap_ok(held && ops->deny_remove(gate, &entries[0]) < 0 && says("not on the deny list"),
		"and removed, but once");
}

static int add_cpu(void *arg, int cpu, const struct gate_counters *counters)
{
	int *cpus = arg;

	*cpus += cpu >= 0 && !counters->packets[VG_ACCEPTED];
	return 0;
}

static int no_alarm(void *arg, const struct vg_alarm *alarm)
{
	(void)arg;
	(void)alarm;
	return -EINVAL;
}

static void test_rest(void)
{
	struct gate_counters counters;
	struct gate_status status;
	int cpus = 0, error;

	error = ops->counters_cpu(gate, add_cpu, &cpus);
	ktap_ok(!ops->counters(gate, &counters) && !counters.packets[VG_ACCEPTED] && !error && cpus >= 1,
		"counters, and those of %d CPUs", cpus);
	ktap_ok(!ops->alarm_dump(gate, no_alarm, NULL), "no alarms where nothing was refused");
	ktap_ok(!ops->flush(gate) && !ops->status(gate, &status) && !status.sessions, "flush leaves no session");
	ktap_ok(!setegid(65534) && !seteuid(65534) && ops->flush(gate) == -EPERM && says("root"),
		"a user without rights is refused and told what to do");
}

int main(void)
{
	struct gate_kernel_listener *listener;
	struct gate_error error = { "" };
	int failed;

	ktap_plan(0);
	if (sodium_init() < 0 || unshare(CLONE_NEWNET)) {
		ktap_skip("netlink client", "needs root for a network namespace of its own");
		return ktap_exit();
	}
	failed = gate_kernel_open(&gate, &error);
	if (failed == -ENOENT) {
		ktap_skip("netlink client", "voltgate.ko is not loaded; make check-vm runs this in a guest");
		return ktap_exit();
	}
	if (!ktap_ok(!failed && !gate_kernel_listen(true, true, &listener, &error), "opened: %s", error.text))
		return ktap_exit();
	ops = gate->ops;
	test_status();
	test_chain(listener);
	test_sessions();
	test_policy();
	test_deny();
	test_rest();
	gate_kernel_listener_close(listener);
	ops->close(gate);
	return ktap_exit();
}
