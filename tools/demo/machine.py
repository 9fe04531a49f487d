# SPDX-License-Identifier: GPL-2.0
"""A virtual machine with a Debian kernel and voltgate.ko, without hardware help (QEMU's TCG), in a network namespace of its
own: it has an interface on each of the bridges `hub` and `street` there, and sees a folder of this machine at the same
path. It does what it is told on its serial line (tools/demo/gateway_init.sh)."""
import os
import queue
import shlex
import shutil
import subprocess
import threading
import time

from program import BUILD, TOP, Trouble, run

HERE = os.path.dirname(os.path.abspath(__file__))
KERNEL = "6.12"
BOOT_SECONDS = 240   # patience for a machine under load; a quiet one takes six
CLOCK_SECONDS = 0.1  # a clock is set when it is not further off, or not known to be
WAITING = 20000      # packets that wait at a tap while the machine does something else


class Image:
    """What the machines boot. Trouble, in a sentence, where there is none."""

    def __init__(self, folder):
        env = {**os.environ, "B": BUILD}
        done = run(os.path.join(HERE, "kernel.sh"), KERNEL, folder, check=False, timeout=1200, env=env)
        if done.returncode:
            raise Trouble((done.stderr.strip().splitlines() or ["kernel.sh failed"])[-1])
        self.kernel, root, self.release, module = done.stdout.split()
        self.initrd = os.path.join(folder, "gateway.initramfs")
        words = [os.path.join(TOP, "tests/vm/image.sh"), "--out", self.initrd, "--init", os.path.join(HERE, "gateway_init.sh"), "--root",
                 root, "--release", self.release]
        for name in ("virtio_net", "9pnet_virtio", "9p", module):
            words += ["--module", name]
        words += [f"{BUILD}/{name}" for name in ("voltgated", "voltgate.bpf.o", "demo/voltgate-relay")]
        words += [f"{shutil.which('date')}:/bin/gnudate"]
        run(*words, cwd=TOP, env=env, timeout=120)

    def remove(self):
        os.unlink(self.initrd)


class Machine:
    def __init__(self, image, netns, number, shared, logs):
        self.image, self.netns, self.shared = image, netns, shared
        self.macs = [f"52:54:00:76:{wire:02x}:{number:02x}" for wire in (1, 2)]
        self.console = os.path.join(logs, f"machine-{number}.console")
        self.errors = os.path.join(logs, f"machine-{number}.qemu")
        self.lines, self.turn = queue.Queue(), threading.Lock()
        self.began, self.boot_seconds, self.process = time.monotonic(), None, None
        try:
            self.pave()
            self.boot()
        except BaseException:
            self.end()
            raise

    def pave(self):
        run("ip", "netns", "add", self.netns)
        run("ip", "-n", self.netns, "link", "set", "lo", "up")
        for name in ("hub", "street"):
            run("ip", "-n", self.netns, "link", "add", name, "type", "bridge", "mcast_snooping", "0")
            run("ip", "-n", self.netns, "tuntap", "add", f"{name}-tap", "mode", "tap")
            run("ip", "-n", self.netns, "link", "set", f"{name}-tap", "txqueuelen", str(WAITING), "master", name, "up")
            run("ip", "-n", self.netns, "link", "set", name, "up")

    def boot(self):
        words = ["ip", "netns", "exec", self.netns, "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "1G", "-display",
                 "none", "-monitor", "none", "-no-reboot", "-nodefaults", "-serial", f"file:{self.console}", "-serial", "stdio",
                 "-virtfs", f"local,path={self.shared},mount_tag=shared,security_model=passthrough",
                 "-kernel", self.image.kernel, "-initrd", self.image.initrd,
                 # The counter of cycles is measured at boot, and wrongly where the machine had to wait; this one is told its rate.
                 "-append", "console=ttyS0 panic=-1 loglevel=5 random.trust_cpu=1 clocksource=hpet"]
        for name, mac in zip(("hub", "street"), self.macs):
            # An XDP program is refused where packets may come joined together or without their checksum.
            words += ["-netdev", f"tap,id={name},ifname={name}-tap,script=no,downscript=no", "-device",
                      f"virtio-net-pci,netdev={name},mac={mac},romfile=,rx_queue_size=1024,guest_csum=off,guest_tso4=off,guest_tso6=off,"
                      "guest_ecn=off,guest_ufo=off"]
        with open(self.errors, "w") as errors:
            self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace")
        threading.Thread(target=self.listen, args=(self.process,), daemon=True).start()

    def listen(self, process):
        for line in process.stdout:
            self.lines.put(line.rstrip("\r\n"))
        self.lines.put(None)

    def hear(self, seconds):
        """What it said until it was done, and the exit status."""
        said, deadline = [], time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise Trouble(f"the virtual machine in {self.netns} did not answer within {seconds} s; see {self.console}") from None
            if line is None:
                raise Trouble(f"the virtual machine in {self.netns} ended; see {self.console} and {self.errors}")
            if line.startswith("#DONE "):
                return said, int(line.split()[1])
            said.append(line)

    def do(self, command, seconds=60, check=True):
        """A line of shell in the machine; the lines that it said."""
        with self.turn:
            try:
                self.process.stdin.write(command + "\n")
                self.process.stdin.flush()
            except OSError:
                pass  # it ended, as will be heard
            said, code = self.hear(seconds)
        if code and check:
            raise Trouble(f"in the virtual machine: {command}: exit {code}\n" + "\n".join(said))
        return said

    def ready(self):
        """Waits until it has booted and holds the module. An emulated kernel that dies in its first seconds gets another try."""
        try:
            self.hear(BOOT_SECONDS)
        except Trouble:
            if self.running():
                raise
            self.boot()
            self.hear(BOOT_SECONDS)
        self.do("modprobe -a virtio_net 9pnet_virtio 9p voltgate", BOOT_SECONDS)
        for name, mac in zip(("eth0", "street0"), self.macs):
            self.do(f"for i in /sys/class/net/*; do [ $(cat $i/address) != {mac} ] || ip link set ${{i##*/}} name x{name}; done")
        for name in ("eth0", "street0"):
            self.do(f"ip link set x{name} name {name}")
        self.do("ip link set lo up")
        folder = shlex.quote(self.shared)
        self.do(f"mkdir -p {folder} && mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 shared {folder}")
        self.set_clock()
        self.boot_seconds = time.monotonic() - self.began
        return self

    def clock_error(self):
        """Seconds that its clock is ahead, and how far that may be wrong."""
        before = time.time()
        there = float(self.do("gnudate +%s.%N")[0])
        after = time.time()
        return there - (before + after) / 2, (after - before) / 2

    def set_clock(self):
        """It has the hardware's, in whole seconds; it gets this machine's."""
        deadline = time.monotonic() + 60
        while True:
            ahead, unsure = self.clock_error()
            if abs(ahead) + unsure <= CLOCK_SECONDS:
                return
            if time.monotonic() > deadline:
                raise Trouble(f"the clock of the virtual machine in {self.netns} cannot be set: it is {ahead:.3f} s ahead, give or take {unsure:.3f}")
            self.do(f"gnudate -s @{time.time() + unsure:.6f} >/dev/null")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def end(self):
        """At once, and its namespace with it."""
        if self.running():
            self.process.kill()
            self.process.wait(20)
        subprocess.run(["ip", "netns", "del", self.netns], capture_output=True)
