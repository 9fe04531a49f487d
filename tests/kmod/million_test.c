// SPDX-License-Identifier: GPL-2.0
/*
 * million_test.c - a million sessions: added, looked up, dumped without a gap
 * or a double while others come and go, measured, flushed.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/kmod/gate.h"
#include "tests/kmod/packet.h"
#include "tests/ktap.h"

#define SESSIONS 1000000u
#define FIRST 1000u
#define AT_ONCE 250u

static struct wire wire;
static u64 now;

static u64 memory_kib(const char *what)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	u64 kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, what, strlen(what)))
			kib = strtoull(line + strlen(what), NULL, 10);
	if (file)
		fclose(file);
	return kib;
}

static u64 memory_free_kib(void)
{
	FILE *file = fopen("/proc/sys/vm/drop_caches", "w");

	if (file) {
		fputs("3", file);
		fclose(file);
	}
	return memory_kib("MemFree:");
}

/* Many requests in one datagram, acknowledged only by errors. */
static u32 add_some(u64 first, u32 count)
{
	static u8 messages[AT_ONCE * 160];
	u32 len = 0, i, errors = 0;
	u8 commitment[32] = { 1 }, key[16];
	struct nlmsghdr *header;

	for (i = 0; i < count; i++) {
		gate_key(first + i, key);
		wire_begin(&wire, VG_CMD_SESSION_ADD, 0);
		wire_put_u64(&wire, VG_A_SESSION_ID, first + i);
		wire_put(&wire, VG_A_SESSION_KEY, key, sizeof(key));
		wire_put_u64(&wire, VG_A_SESSION_EXPIRES, now + 3600000000ULL);
		wire_put(&wire, VG_A_SESSION_COMMITMENT, commitment, sizeof(commitment));
		header = (struct nlmsghdr *)wire.message;
		header->nlmsg_flags = NLM_F_REQUEST;
		header->nlmsg_len = wire.len;
		memcpy(messages + len, wire.message, wire.len);
		len += NLMSG_ALIGN(wire.len);
	}
	if (send(wire.fd, messages, len, 0) < 0)
		return count;
	while (recv(wire.fd, wire.answer, sizeof(wire.answer), MSG_DONTWAIT) > 0)
		errors++;
	return errors;
}

static void acknowledge(void)
{
	struct gate_state state;

	gate_state(&wire, &state);
	if (state.next_number)
		gate_ack(&wire, state.next_number - 1);
}

static void wait_acknowledged(void)
{
	struct timespec pause = { 0, 20000000 };
	struct gate_state state;
	time_t end = time(NULL) + 60;

	do {
		acknowledge();
		gate_state(&wire, &state);
		nanosleep(&pause, NULL);
	} while ((state.open || state.pending) && time(NULL) < end);
}

struct churn {
	pthread_t thread;
	volatile bool stop;
	u64 rounds;
};

/* Others come and go while the dump runs. */
static void *churn(void *arg)
{
	static struct wire own;
	struct churn *churn = arg;

	if (wire_open(&own))
		return NULL;
	while (!churn->stop) {
		gate_session_add(&own, 1 + churn->rounds % 500, now + 3600000000ULL);
		if (churn->rounds > 50)
			gate_session(&own, VG_CMD_SESSION_REMOVE, 1 + (churn->rounds - 50) % 500, NULL, NULL);
		churn->rounds++;
	}
	wire_close(&own);
	return NULL;
}

static void take(void *arg, const struct wire_answer *answer)
{
	u64 id = answer->attrs[VG_A_SESSION_ID] ? wire_u64(answer->attrs[VG_A_SESSION_ID]) : 0;
	u8 *times = arg;

	if (id >= FIRST && id < FIRST + SESSIONS && times[id - FIRST] < 255)
		times[id - FIRST]++;
}

static void test_dump(void)
{
	struct churn others = { 0 };
	u8 *times = calloc(1, SESSIONS);
	u32 i, missing = 0, twice = 0;
	time_t start = time(NULL);
	int err;

	pthread_create(&others.thread, NULL, churn, &others);
	wire_begin(&wire, VG_CMD_SESSION_GET, NLM_F_DUMP);
	err = wire_call(&wire, take, times);
	ktap_ok(!err, "the dump of a million sessions ends well (%d, %u s)", err, (u32)(time(NULL) - start));
	others.stop = true;
	pthread_join(others.thread, NULL);
	for (i = 0; i < SESSIONS; i++) {
		missing += times[i] == 0;
		twice += times[i] > 1;
	}
	ktap_ok(!missing && !twice, "each is in it once, while others came and went %llu times (%u missing, %u twice)",
		(unsigned long long)others.rounds, missing, twice);
	free(times);
}

static void test_packets(void)
{
	struct packet_fields fields = { 0, 1, now, VG_VID_BEACON, 64, 0x0a010101 };
	struct packet_gate xdp;
	struct packet packet;
	u32 i, passed = 0;

	if (!ktap_ok(!packet_gate_open(&xdp), "the attested program loads"))
		return;
	for (i = 0; i < 2000; i++) {
		fields.session = FIRST + (u64)i * 499;
		packet_make(&packet, &fields);
		passed += packet_run(&xdp, &packet) == XDP_PASS;
	}
	ktap_ok(passed == 2000, "packets of 2000 of them are accepted (%u)", passed);
	packet_gate_close(&xdp);
}

static void test_add(void)
{
	u64 before, after, each;
	struct gate_state state;
	time_t start = time(NULL);
	u32 i, errors = 0;

	before = memory_free_kib();
	for (i = 0; i < SESSIONS; i += AT_ONCE) {
		errors += add_some(FIRST + i, AT_ONCE);
		if (i % 100000 == 0)
			acknowledge();
	}
	gate_state(&wire, &state);
	ktap_ok(!errors && state.sessions == SESSIONS, "a million sessions added in %u s (%u errors, %u there)",
		(u32)(time(NULL) - start), errors, state.sessions);
	wait_acknowledged();
	after = memory_free_kib();
	each = before > after ? (before - after) * 1024 / SESSIONS : 0;
	ktap_ok(state.session_bytes <= 320, "the module states %u bytes a session", state.session_bytes);
	ktap_ok(each && each <= 320, "measured on free memory it is %llu", (unsigned long long)each);
}

int main(void)
{
	static const u8 zeros[VG_HASH_LEN];
	struct gate_state state;
	time_t start;
	int err;

	ktap_plan(0);
	if (getenv("VG_DEBUG_KERNEL")) {
		ktap_skip("a million sessions", "a debugging kernel has no room for them: run this on another kernel");
		return ktap_exit();
	}
	if (gate_enter(&wire)) {
		ktap_skip("a million sessions", "the module is not loaded here: run this in a guest (tests/vm)");
		return ktap_exit();
	}
	gate_policy_set(&wire, VG_POLICY_stale_us, 3600000000LL);
	gate_state(&wire, &state);
	now = state.time;
	ktap_ok(!gate_chain_begin(&wire, zeros), "chain-begin");
	test_add();
	test_packets();
	test_dump();
	start = time(NULL);
	err = gate_flush(&wire);
	ktap_ok(!err, "flush in %u s", (u32)(time(NULL) - start));
	gate_state(&wire, &state);
	ktap_ok(!state.sessions, "leaves none");
	wire_close(&wire);
	return ktap_exit();
}
