#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The report of a virtual machine calls nothing good that is not: what guests may do wrong, one by one."""
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..")]
from ktap import Points  # noqa: E402

REPORT = os.path.join(HERE, "report.py")
GOOD = "#VM begin ./a\nKTAP version 1\n1..2\nok 1 one\nok 2 two\n#VM end 0\n#VM done\n"
CLEAN = "[    1.0] Run /init as init process\n[    2.0] reboot: Power down\n"

# name, the guest's output, its console, exit code, a line that must be there
CASES = [
    ("all is well", GOOD, CLEAN, 0, "ok 2 vm-x: two"),
    ("what only sounds bad", GOOD, CLEAN + "[    0.1] kmemleak: Kernel memory leak detector initialized\n", 0, "ok 5 vm-x: the kernel's log is clean"),
    ("serial line ends", GOOD.replace("\n", "\r\n"), CLEAN, 0, "ok 1 vm-x: one"),
    ("a point fails", GOOD.replace("ok 2", "not ok 2").replace("end 0", "end 1"), CLEAN, 1, "not ok 2 vm-x: two"),
    ("a point is missing", GOOD.replace("ok 2 two\n", ""), CLEAN, 1, "./a planned 2 test points and reported 1"),
    ("no plan", GOOD.replace("1..2\n", ""), CLEAN, 1, "./a ended with exit code 0 before it printed a plan"),
    ("exit code without a failed point", GOOD.replace("end 0", "end 139"), CLEAN, 1, "exit code 139 though 0"),
    ("failed point without an exit code", GOOD.replace("ok 2", "not ok 2"), CLEAN, 1, "exit code 0 though 1"),
    ("the guest stops within a test", "#VM begin ./a\n1..2\nok 1 one\n", CLEAN, 1, "./a did not end"),
    ("the guest stops after a test", GOOD.replace("#VM done\n", ""), CLEAN, 1, "not ok 3 vm-x: the guest ran to its end"),
    ("the module stays", GOOD.replace("#VM done", "#VM fault after ./a it cannot be unloaded\n#VM done"), CLEAN, 1, "# fault: after"),
    ("memory leaks", GOOD.replace("#VM done", "#VM kmemleak unreferenced object\n#VM done"), CLEAN, 1, "# kmemleak: unref"),
    ("a test that skips", "#VM begin ./a\n1..0 # SKIP no BPF\n#VM end 4\n#VM done\n", CLEAN, 0, "ok 1 vm-x: ./a # SKIP no BPF"),
] + [
    (f"the kernel says {line[:40]}", GOOD, CLEAN + f"[    3.0] {line}\n", 1, "not ok 5 vm-x: the kernel's log is clean")
    for line in ("WARNING: CPU: 0 PID: 1 at net/core/dev.c:1", "BUG: KASAN: slab-out-of-bounds in vg_x",
                 "BUG: sleeping function called from invalid context at x.c:1", "Oops: 0000 [#1] SMP",
                 "INFO: possible circular locking dependency detected", "WARNING: possible recursive locking detected",
                 "unregister_netdevice: waiting for veth0 to become free. Usage count = 1", "Kernel panic - not syncing: x",
                 "rcu: INFO: rcu_preempt self-detected stall on CPU", "kmemleak: 3 new suspected memory leaks",
                 "refcount_t: underflow; use-after-free.", "ref_tracker: leaked reference.", "Call Trace:",
                 "UBSAN: shift-out-of-bounds in x.c", "INFO: task kworker blocked for more than 120 seconds.")
]


def main():
    points = Points()
    for name, output, console, code, line in CASES:
        with tempfile.NamedTemporaryFile("w") as log:
            log.write(console)
            log.flush()
            done = subprocess.run([REPORT, "vm-x", log.name], input=output, capture_output=True, text=True, check=False)
        points.ok(done.returncode == code and line in done.stdout, f"vm report: {name}", done.stdout + done.stderr)
    points.end()


if __name__ == "__main__":
    main()
