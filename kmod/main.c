// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the module from its first to its last line: what it starts, in
 * order, and undoes in reverse.
 *
 * It cannot be unloaded while a program that calls its functions is loaded:
 * such a program holds it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/module.h>
#include "alarm.h"
#include "gate.h"
#include "kfunc.h"
#include "netlink.h"
#include "selftest.h"
#include "session.h"

static int __init vg_main_start(void)
{
	int err;

	err = vg_selftest();
	if (err) {
		pr_err("a self-test failed; this build must not judge or sign, and is not loaded\n");
		return err;
	}
	err = vg_session_cache_start();
	if (err)
		return err;
	err = vg_alarm_cache_start();
	if (err)
		goto undo_session_cache;
	err = vg_gate_start();
	if (err)
		goto undo_alarm_cache;
	err = vg_netlink_start();
	if (err)
		goto undo_gate;
	err = vg_kfunc_start();
	if (err)
		goto undo_netlink;
	return 0;

undo_netlink:
	vg_netlink_stop();
undo_gate:
	vg_gate_stop();
undo_alarm_cache:
	rcu_barrier();
	vg_alarm_cache_stop();
undo_session_cache:
	vg_session_cache_stop();
	return err;
}

static void __exit vg_main_stop(void)
{
	vg_netlink_stop();
	vg_gate_stop();
	rcu_barrier(); /* sessions and alarms are freed after a grace period, into the caches */
	vg_alarm_cache_stop();
	vg_session_cache_stop();
}

module_init(vg_main_start);
module_exit(vg_main_stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Voltgate: authenticates vehicle packets, signs its verdicts");
MODULE_AUTHOR("Voltgate");
MODULE_VERSION(VOLTGATE_VERSION);
