// SPDX-License-Identifier: GPL-2.0
/*
 * unload_test.c - the module goes only when nobody uses it, and then goes
 * clean: refused while a program is loaded, reloaded in a loop right after
 * traffic, namespaces ended with everything in them. At the end it is loaded
 * again.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kmod/gate.h"
#include "tests/kmod/packet.h"
#include "tests/ktap.h"

#define RELOADS 8
#define NAMESPACES 20

static struct wire wire;

static int module_load(void)
{
	return system("modprobe voltgate") ? -EIO : 0;
}

static int module_unload(void)
{
	return syscall(SYS_delete_module, "voltgate", O_NONBLOCK) ? -errno : 0;
}

/* Programs are freed after a grace period: waits for the last reference to go. */
static int module_unload_soon(void)
{
	int err = -EAGAIN, tries;

	for (tries = 0; tries < 1000 && (err == -EAGAIN || err == -EBUSY); tries++) {
		err = module_unload();
		if (err)
			usleep(10000);
	}
	return err;
}

struct traffic {
	const struct packet_gate *gate;
	u64 session, now;
	volatile bool stop;
	u64 sent;
};

static void *send_until_told(void *arg)
{
	struct traffic *traffic = arg;
	struct packet_fields fields = { traffic->session, 1, traffic->now, VG_VID_CHARGE_REQUEST, 32, 0x0a000001 };
	struct packet packet;

	while (!traffic->stop || fields.sequence < 200) {
		packet_make(&packet, &fields);
		if (fields.sequence % 4 == 0)
			packet.bytes[packet.len - 1] ^= 1; /* an alarm */
		packet_run(traffic->gate, &packet);
		fields.sequence++;
	}
	traffic->sent = fields.sequence;
	return NULL;
}

/* A gate in the namespace at hand with all that one can have: chain, sessions, deny list, records, alarms. */
static int gate_fill(struct wire *control, u64 *ret_now)
{
	static const u8 zeros[VG_HASH_LEN], address[4] = { 192, 168 };
	struct gate_state state;
	u64 id;
	int err = gate_state(control, &state);

	*ret_now = state.time;
	gate_policy_set(control, VG_POLICY_session_rate, 0);
	gate_policy_set(control, VG_POLICY_stale_us, 600000000);
	gate_policy_set(control, VG_POLICY_batch_records, 16);
	err = err ?: gate_chain_begin(control, zeros);
	for (id = 1; id <= 50 && !err; id++)
		err = gate_session_add(control, id, state.time + 600000000);
	return err ?: gate_deny(control, VG_CMD_DENY_ADD, 4, address, 4, 16);
}

static void test_refused(void)
{
	struct packet_gate gate;
	int err;

	ktap_ok(!packet_gate_open(&gate), "the attested program loads");
	err = module_unload();
	ktap_ok(err == -EAGAIN || err == -EBUSY, "unload is refused while it is loaded: %s", strerror(-err));
	packet_gate_close(&gate);
	wire_close(&wire);
	ktap_ok(!module_unload_soon(), "and goes through when it is not");
	ktap_ok(!module_load(), "the module loads again");
}

static bool reload_once(void)
{
	struct traffic traffic = { .session = 7 };
	struct packet_gate gate;
	pthread_t thread;
	int refused, err;

	if (wire_open(&wire) || packet_gate_open(&gate) || gate_fill(&wire, &traffic.now))
		return false;
	traffic.gate = &gate;
	pthread_create(&thread, NULL, send_until_told, &traffic);
	refused = module_unload(); /* under traffic */
	traffic.stop = true;
	pthread_join(thread, NULL);
	packet_gate_close(&gate);
	wire_close(&wire);
	err = module_unload_soon() ?: module_load();
	return refused && !err && traffic.sent >= 200;
}

static void test_reloads(void)
{
	u32 reloads = getenv("VG_DEBUG_KERNEL") ? 2 : RELOADS, i, good = 0;

	/* In a namespace of its own each time, so that also the one before is there to be ended. */
	for (i = 0; i < reloads; i++)
		good += !unshare(CLONE_NEWNET) && reload_once();
	ktap_ok(good == reloads, "%u of %u times: refused under traffic, then unloaded with work open, then loaded",
		good, reloads);
}

static int namespace_body(const struct packet_gate *gate)
{
	struct traffic traffic = { .session = 9, .stop = true, .gate = gate };

	if (unshare(CLONE_NEWNET) || wire_open(&wire) || gate_fill(&wire, &traffic.now))
		return 1;
	send_until_told(&traffic);
	return 0; /* everything ends with the process */
}

static void test_namespaces(void)
{
	struct packet_gate gate;
	u32 i, good = 0;
	int status;
	pid_t pid;

	if (!ktap_ok(!packet_gate_open(&gate), "the attested program loads"))
		return;
	for (i = 0; i < NAMESPACES; i++) {
		fflush(stdout);
		pid = fork();
		if (!pid)
			_exit(namespace_body(&gate));
		good += waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
	}
	packet_gate_close(&gate);
	ktap_ok(good == NAMESPACES, "%u of %u namespaces ended with sessions, alarms and batches in them", good,
		NAMESPACES);
	ktap_ok(!module_unload_soon() && !module_load(), "the module unloads and loads after them");
}

static void test_log(void)
{
	static char log[1 << 20];
	int len = klogctl(3, log, sizeof(log) - 1);

	log[len > 0 ? len : 0] = 0;
	ktap_ok(len > 0 && !strstr(log, "WARNING:") && !strstr(log, "BUG:") && !strstr(log, "objects remaining") &&
			!strstr(log, "Oops"),
		"the kernel had nothing to complain of");
}

int main(void)
{
	ktap_plan(0);
	if (gate_enter(&wire)) {
		ktap_skip("unload", "the module is not loaded here: run this in a guest (tests/vm)");
		return ktap_exit();
	}
	test_refused();
	test_reloads();
	test_namespaces();
	test_log();
	return ktap_exit();
}
