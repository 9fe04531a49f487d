// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_kernel.c - doctor: what the kernel lets us do with BPF.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tools/voltgate/doctor.h"

#define CAP_NET_ADMIN_BIT 12
#define CAP_SYS_ADMIN_BIT 21
#define CAP_PERFMON_BIT 38
#define CAP_BPF_BIT 39
#define OLDEST_MAJOR 6
#define OLDEST_MINOR 1

/* This process's effective capabilities as a bit set. */
static unsigned long long capabilities(void)
{
	unsigned long long caps = 0;
	char line[256];
	FILE *file = fopen("/proc/self/status", "re");

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "CapEff:", 7))
			caps = strtoull(line + 7, NULL, 16);
	if (file)
		fclose(file);
	return caps;
}

static bool has(unsigned long long caps, int bit)
{
	return caps >> bit & 1;
}

static void check_privileges(struct doctor *doctor)
{
	unsigned long long caps = capabilities();
	bool bpf = has(caps, CAP_SYS_ADMIN_BIT) || (has(caps, CAP_BPF_BIT) && has(caps, CAP_PERFMON_BIT));
	bool full = bpf && has(caps, CAP_NET_ADMIN_BIT);

	if (full)
		doctor_say(doctor, "privileges", DOCTOR_OK, NULL,
			   "this process may load BPF and configure the network");
	else if (!geteuid())
		doctor_say(doctor, "privileges", DOCTOR_FAIL,
			   "give the container CAP_NET_ADMIN, CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN)",
			   "root here lacks capabilities (%s%s)", bpf ? "" : "CAP_BPF and CAP_PERFMON",
			   has(caps, CAP_NET_ADMIN_BIT) ? "" : " CAP_NET_ADMIN");
	else
		doctor_say(doctor, "privileges", DOCTOR_WARN, "run \"sudo voltgate doctor\" to see all",
			   "not root: some checks cannot look");
}

static void check_release(struct doctor *doctor)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	if (major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR))
		doctor_say(doctor, "kernel", DOCTOR_OK, NULL, "Linux %s on %s", name.release, name.machine);
	else
		doctor_say(doctor, "kernel", DOCTOR_WARN, "use Linux 6.1 or newer, as Debian 12 has",
			   "Linux %s is older than what the gate is tested with", name.release);
}

/* Loads the smallest XDP program: two instructions that pass the packet. What a user may not try is left open; what
 * root may not do cannot be done. */
static void check_bpf(struct doctor *doctor, bool untried)
{
	struct bpf_insn instructions[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	int fd, error;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (unsigned long)instructions;
	attr.insn_cnt = 2;
	attr.license = (unsigned long)"GPL";
	fd = (int)syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	error = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	doctor->can_load = !error || (error == EPERM && untried);
	if (!error)
		doctor_say(doctor, "bpf", DOCTOR_OK, NULL, "XDP programs load");
	else if (error == EPERM && untried)
		doctor_say(doctor, "bpf", DOCTOR_WARN, "run \"sudo voltgate doctor\"",
			   "whether XDP programs load cannot be tried without root");
	else if (error == EPERM)
		doctor_say(doctor, "bpf", DOCTOR_FAIL,
			   "allow the bpf system call (container: seccomp profile; kernel: lockdown=confidentiality "
			   "forbids it)",
			   "the kernel forbids to load XDP programs");
	else if (error == ENOSYS)
		doctor_say(doctor, "bpf", DOCTOR_FAIL, "use a kernel with CONFIG_BPF_SYSCALL, as Debian's",
			   "this kernel has no bpf system call");
	else
		doctor_say(doctor, "bpf", DOCTOR_FAIL, "use a kernel with CONFIG_BPF_SYSCALL and XDP, as Debian's",
			   "XDP programs do not load: %s", strerror(error));
}

static void check_unprivileged(struct doctor *doctor)
{
	char value[16];

	if (!doctor_read("/proc/sys/kernel/unprivileged_bpf_disabled", value, sizeof(value)))
		return;
	if (value[0] == '0')
		doctor_say(doctor, "bpf-users", DOCTOR_WARN, "sysctl kernel.unprivileged_bpf_disabled=1",
			   "any user may load BPF programs, more surface than a gateway needs");
	else
		doctor_say(doctor, "bpf-users", DOCTOR_OK, NULL, "only privileged users may load BPF programs");
}

static void check_jit(struct doctor *doctor)
{
	char value[16];

	if (!doctor_read("/proc/sys/net/core/bpf_jit_enable", value, sizeof(value)))
		return;
	if (value[0] == '0')
		doctor_say(doctor, "bpf-jit", DOCTOR_WARN, "sysctl net.core.bpf_jit_enable=1",
			   "BPF programs are interpreted, many times slower");
	else
		doctor_say(doctor, "bpf-jit", DOCTOR_OK, NULL, "BPF programs are compiled");
}

static void check_btf(struct doctor *doctor)
{
	doctor->has_btf = !access("/sys/kernel/btf/vmlinux", R_OK);
	if (doctor->has_btf)
		doctor_say(doctor, "btf", DOCTOR_OK, NULL, "the kernel's types are at /sys/kernel/btf/vmlinux");
	else
		doctor_say(doctor, "btf", DOCTOR_FAIL,
			   "use a kernel with CONFIG_DEBUG_INFO_BTF, as Debian's, and mount sysfs at /sys",
			   "the kernel does not show its types at /sys/kernel/btf/vmlinux");
}

static void check_bpffs(struct doctor *doctor)
{
	struct statfs fs;

	if (!statfs("/sys/fs/bpf", &fs) && fs.f_type == BPF_FS_MAGIC)
		doctor_say(doctor, "bpffs", DOCTOR_OK, NULL, "mounted at /sys/fs/bpf");
	else
		doctor_say(doctor, "bpffs", DOCTOR_WARN, "mount -t bpf bpf /sys/fs/bpf",
			   "not mounted; only sharing an interface with other XDP programs (coexist = yes) needs it");
}

/* From 5.11 on maps are charged to the memory control group; the limit only matters before. */
static void check_memlock(struct doctor *doctor)
{
	struct utsname name;
	struct rlimit limit;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur == RLIM_INFINITY || major > 5 || (major == 5 && minor >= 11))
		doctor_say(doctor, "memlock", DOCTOR_OK, NULL, "locked memory does not limit BPF maps here");
	else
		doctor_say(doctor, "memlock", DOCTOR_WARN, "ulimit -l unlimited, or LimitMEMLOCK=infinity in the unit",
			   "locked memory is limited to %llu KiB, too little for BPF maps on this kernel",
			   (unsigned long long)limit.rlim_cur / 1024);
}

void doctor_kernel(struct doctor *doctor)
{
	check_privileges(doctor);
	check_release(doctor);
	check_bpf(doctor, geteuid() != 0);
	check_unprivileged(doctor);
	check_jit(doctor);
	check_btf(doctor);
	check_bpffs(doctor);
	check_memlock(doctor);
}
