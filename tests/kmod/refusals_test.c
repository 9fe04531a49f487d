// SPDX-License-Identifier: GPL-2.0
/*
 * refusals_test.c - every request that the module refuses is refused with the
 * right error and a sentence, and changes nothing. Runs in a guest with the
 * module loaded, in a network namespace of its own.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kmod/gate.h"
#include "tests/ktap.h"

static struct wire wire;
static u64 now;

/* The request in the making must be refused with @err and a sentence that has @words in it. */
static void refused(int err, const char *words, const char *what)
{
	int got = wire_call(&wire, NULL, NULL);

	ktap_ok(got == err && strstr(wire.sentence, words), "%s: %s, \"%s\"", what, strerror(-got), wire.sentence);
}

static void session_request(u8 command, u16 flags, u64 id)
{
	wire_begin(&wire, command, flags);
	wire_put_u64(&wire, VG_A_SESSION_ID, id);
}

/* A session-add in which the attribute @without is left out, or that has only zeros as key. */
static void session_add_request(u64 id, u16 without, bool zero_key, u64 expires)
{
	u8 key[16] = { 1 }, commitment[32] = { 2 };

	key[0] = zero_key ? 0 : 1;
	wire_begin(&wire, VG_CMD_SESSION_ADD, 0);
	if (without != VG_A_SESSION_ID)
		wire_put_u64(&wire, VG_A_SESSION_ID, id);
	if (without != VG_A_SESSION_KEY)
		wire_put(&wire, VG_A_SESSION_KEY, key, sizeof(key));
	if (without != VG_A_SESSION_EXPIRES)
		wire_put_u64(&wire, VG_A_SESSION_EXPIRES, expires);
	if (without != VG_A_SESSION_COMMITMENT)
		wire_put(&wire, VG_A_SESSION_COMMITMENT, commitment, sizeof(commitment));
}

static void refuse_session_add(void)
{
	u64 later = now + 60000000;

	session_add_request(1, VG_A_SESSION_ID, false, later);
	refused(-EINVAL, "names no session", "add without id");
	session_add_request(0, 0, false, later);
	refused(-EINVAL, "never 0", "add of id 0");
	session_add_request(1, VG_A_SESSION_KEY, false, later);
	refused(-EINVAL, "no key", "add without key");
	session_add_request(1, 0, true, later);
	refused(-EINVAL, "all zeros", "add with a key of zeros");
	session_add_request(1, VG_A_SESSION_EXPIRES, false, later);
	refused(-EINVAL, "never expires", "add without expiry");
	session_add_request(1, VG_A_SESSION_COMMITMENT, false, later);
	refused(-EINVAL, "no commitment", "add without commitment");
	session_add_request(1, 0, false, now - 1);
	refused(-EINVAL, "expired already", "add of an expired session");
	ktap_ok(!gate_session_add(&wire, 1, later), "add of session 1");
	session_add_request(1, 0, false, later);
	refused(-EEXIST, "has this id already", "add of an id in use");
	ktap_ok(!gate_policy_set(&wire, VG_POLICY_max_sessions, 1), "max-sessions 1");
	session_add_request(2, 0, false, later);
	refused(-ENOSPC, "max-sessions", "add above max-sessions");
	ktap_ok(!gate_policy_set(&wire, VG_POLICY_max_sessions, 1048576), "max-sessions back");
}

static void refuse_session_rest(void)
{
	static const u8 commands[] = { VG_CMD_SESSION_REMOVE, VG_CMD_SESSION_REVOKE, VG_CMD_SESSION_GET };
	u8 key[17] = { 1 };
	u32 i;

	for (i = 0; i < sizeof(commands); i++) {
		wire_begin(&wire, commands[i], 0);
		refused(-EINVAL, "names no session", "session command without id");
		session_request(commands[i], 0, 0);
		refused(-EINVAL, "never 0", "session command with id 0");
		session_request(commands[i], 0, 77);
		refused(-ENOENT, "No session has this id", "session command with unknown id");
	}
	session_request(VG_CMD_SESSION_GET, NLM_F_DUMP, 1);
	refused(-EINVAL, "takes no id", "dump of sessions with an id");
	session_request(VG_CMD_SESSION_REVOKE, 0, 1);
	ktap_ok(!wire_call(&wire, NULL, NULL), "revoke session 1");
	session_request(VG_CMD_SESSION_REVOKE, 0, 1);
	refused(-EALREADY, "was revoked before", "revoke again");
	session_add_request(9, VG_A_SESSION_KEY, false, now + 60000000);
	wire_put(&wire, VG_A_SESSION_KEY, key, sizeof(key));
	refused(-ERANGE, " ", "add with a key of 17 bytes");
	session_request(VG_CMD_SESSION_GET, 0, 1);
	wire_put_u64(&wire, VG_A_SESSION_ADDED, 5);
	refused(-EINVAL, " ", "an attribute that the command does not take");
	session_request(VG_CMD_SESSION_GET, 0, 1);
	wire_put_u64(&wire, 23, 5);
	refused(-EINVAL, " ", "an attribute that does not exist");
}

static void setting_request(u32 key, bool has_key, s64 value, bool has_value, bool first)
{
	u32 nest;

	if (first)
		wire_begin(&wire, VG_CMD_POLICY_SET, 0);
	nest = wire_nest(&wire, VG_A_POLICY_SETTING);
	if (has_key)
		wire_put(&wire, VG_A_POLICY_KEY, &key, sizeof(key));
	if (has_value)
		wire_put(&wire, VG_A_POLICY_VALUE, &value, sizeof(value));
	wire_nest_end(&wire, nest);
}

static void refuse_limits(void)
{
	static const struct {
		const char *word;
		s64 min, max;
		bool gate;
	} settings[] = {
#define SETTING(name, word, preset, min, max, room, help) \
	{ word, min, max, VG_POLICY_ROOM_##room == VG_POLICY_ROOM_GATE },
		VG_POLICY_KEYS(SETTING)
#undef SETTING
	};
	u32 key;

	for (key = 0; key < VG_POLICY_KEY_COUNT; key++) {
		setting_request(key, true, settings[key].min - 1, true, true);
		if (!settings[key].gate) {
			refused(-EOPNOTSUPP, "set it at the agent", settings[key].word);
			continue;
		}
		refused(-ERANGE, "outside the limits", settings[key].word);
		setting_request(key, true, settings[key].max + 1, true, true);
		refused(-ERANGE, "outside the limits", settings[key].word);
	}
}

static void refuse_policy(void)
{
	s64 before[VG_POLICY_KEY_COUNT] = { 0 }, after[VG_POLICY_KEY_COUNT] = { 1 };
	u32 i;

	gate_policy_get(&wire, before);
	refuse_limits();
	wire_begin(&wire, VG_CMD_POLICY_SET, 0);
	refused(-EINVAL, "changes nothing", "policy without settings");
	setting_request(0, true, 0, false, true);
	refused(-EINVAL, "one of them is missing", "setting without value");
	setting_request(0, false, 0, true, true);
	refused(-EINVAL, "one of them is missing", "setting without key");
	setting_request(VG_POLICY_KEY_COUNT, true, 0, true, true);
	refused(-EINVAL, "No setting has this number", "unknown setting");
	for (i = 0; i <= VG_POLICY_KEY_COUNT; i++)
		setting_request(VG_POLICY_stale_us, true, 5000, true, !i);
	refused(-E2BIG, "more changes", "more settings than exist");
	setting_request(VG_POLICY_stale_us, true, 5000, true, true);
	setting_request(VG_POLICY_future_us, true, -1, true, false);
	refused(-ERANGE, "outside the limits", "one good setting, one bad");
	gate_policy_get(&wire, after);
	ktap_ok(!memcmp(before, after, sizeof(before)), "refused changes change nothing");
}

static void deny_request(u8 command, u8 family, u16 len, u8 bits)
{
	static const u8 address[20] = { 10, 1, 2, 0 };

	wire_begin(&wire, command, 0);
	wire_put(&wire, VG_A_DENY_FAMILY, &family, 1);
	wire_put(&wire, VG_A_DENY_ADDRESS, address, len);
	wire_put(&wire, VG_A_DENY_BITS, &bits, 1);
}

static void refuse_deny(void)
{
	wire_begin(&wire, VG_CMD_DENY_ADD, 0);
	refused(-EINVAL, "one of them is missing", "deny without anything");
	deny_request(VG_CMD_DENY_ADD, 5, 4, 24);
	refused(-EAFNOSUPPORT, "No address family", "deny of an unknown family");
	deny_request(VG_CMD_DENY_ADD, 4, 16, 24);
	refused(-EINVAL, "not as long", "IPv4 address of 16 bytes");
	deny_request(VG_CMD_DENY_ADD, 4, 4, 33);
	refused(-ERANGE, "longer than addresses", "IPv4 prefix of 33 bits");
	deny_request(VG_CMD_DENY_ADD, 4, 4, 16);
	refused(-EINVAL, "behind its prefix", "address bits behind the prefix");
	deny_request(VG_CMD_DENY_ADD, 4, 20, 24);
	refused(-ERANGE, " ", "address of 20 bytes");
	deny_request(VG_CMD_DENY_ADD, 6, 16, 200);
	refused(-ERANGE, " ", "prefix of 200 bits");
	deny_request(VG_CMD_DENY_REMOVE, 4, 4, 24);
	refused(-ENOENT, "not on the deny list", "remove of what is not denied");
	deny_request(VG_CMD_DENY_ADD, 4, 4, 24);
	ktap_ok(!wire_call(&wire, NULL, NULL), "deny 10.1.2.0/24");
	deny_request(VG_CMD_DENY_ADD, 4, 4, 24);
	refused(-EEXIST, "already", "deny again");
}

static void refuse_chain(void)
{
	u8 previous[32] = { 0 };

	wire_begin(&wire, VG_CMD_CHAIN_BEGIN, 0);
	refused(-EINVAL, "follows nothing", "chain-begin without previous");
	wire_begin(&wire, VG_CMD_CHAIN_BEGIN, 0);
	wire_put(&wire, VG_A_BATCH_PREVIOUS, previous, 31);
	refused(-ERANGE, " ", "chain-begin with 31 bytes");
	wire_begin(&wire, VG_CMD_BATCH_ACK, 0);
	refused(-EINVAL, "names no batch", "acknowledge nothing");
	wire_begin(&wire, VG_CMD_BATCH_ACK, 0);
	wire_put_u64(&wire, VG_A_BATCH_NUMBER, 0);
	refused(-ERANGE, "not sealed yet", "acknowledge before the chain");
	ktap_ok(!gate_chain_begin(&wire, previous), "chain-begin");
	wire_begin(&wire, VG_CMD_CHAIN_BEGIN, 0);
	wire_put(&wire, VG_A_BATCH_PREVIOUS, previous, 32);
	refused(-EALREADY, "has begun", "chain-begin again");
	wire_begin(&wire, VG_CMD_BATCH_ACK, 0);
	wire_put_u64(&wire, VG_A_BATCH_NUMBER, 1000000);
	refused(-ERANGE, "not sealed yet", "acknowledge what is not sealed");
	wire_begin(&wire, 99, 0);
	ktap_ok(wire_call(&wire, NULL, NULL) == -EOPNOTSUPP, "a command that does not exist");
}

/* Backlog: with room for two records, both taken, no session can be added. */
static void refuse_backlog(void)
{
	u64 id, later = now + 60000000;
	int err = 0;

	gate_policy_set(&wire, VG_POLICY_batch_records, 1);
	gate_policy_set(&wire, VG_POLICY_backlog_batches, 2);
	for (id = 100; id < 110 && !err; id++)
		err = gate_session_add(&wire, id, later);
	ktap_ok(err == -ENOBUFS && strstr(wire.sentence, "No record slot"), "add without a record slot: %s, \"%s\"",
		strerror(-err), wire.sentence);
	gate_policy_set(&wire, VG_POLICY_backlog_batches, 2048);
	gate_policy_set(&wire, VG_POLICY_batch_records, 512);
}

/* The owner of a user namespace administrates it, but may not take more kernel memory than anybody may. */
static int be_lesser(void)
{
	static struct wire own;
	u8 zeros[32] = { 0 };
	int err;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) || wire_open(&own))
		return 1;
	if (gate_policy_set(&own, VG_POLICY_stale_us, 5000) || gate_chain_begin(&own, zeros))
		return 2;
	err = gate_policy_set(&own, VG_POLICY_backlog_batches, 60000);
	printf("# %s\n", own.sentence);
	if (err != -EPERM || !strstr(own.sentence, "administrator"))
		return 3;
	if (gate_policy_set(&own, VG_POLICY_backlog_batches, 100))
		return 4;
	wire_close(&own);
	return 0;
}

static int be_nobody(void)
{
	static struct wire own;
	struct gate_state state;

	if (setresuid(65534, 65534, 65534) || wire_open(&own))
		return 1;
	if (gate_policy_set(&own, VG_POLICY_stale_us, 5000) != -EPERM || gate_state(&own, &state) != -EPERM)
		return 2;
	return wire_join(&own, 0) == -EPERM && wire_join(&own, 1) == -EPERM ? 0 : 3;
}

static void as_child(int (*body)(void), const char *what)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		status = body();
		fflush(stdout);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	ktap_ok(WIFEXITED(status) && !WEXITSTATUS(status), "%s (%d)", what,
		WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

int main(void)
{
	struct gate_state state;

	ktap_plan(0);
	if (gate_enter(&wire)) {
		ktap_skip("netlink refusals", "the module is not loaded here: run this in a guest (tests/vm)");
		return ktap_exit();
	}
	gate_state(&wire, &state);
	now = state.time;
	refuse_backlog();
	gate_flush(&wire);
	refuse_session_add();
	refuse_session_rest();
	refuse_policy();
	refuse_deny();
	refuse_chain();
	as_child(be_nobody, "without CAP_NET_ADMIN nothing is done, told or listened to");
	as_child(be_lesser, "the owner of a user namespace may not raise what takes memory");
	wire_close(&wire);
	return ktap_exit();
}
