// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_system.c - doctor: the clock, room on disk, and the agent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/policy_word.h"
#include "tools/voltgate/doctor.h"

#define CAP_NET_ADMIN_BIT 12
#define ROOM_WARN_MIB 1024
#define ROOM_FAIL_MIB 64

static void check_clock(struct doctor *doctor)
{
	struct timex clock = { .modes = 0 };
	int state = adjtimex(&clock);
	long long leaps = policy_word_of(VG_POLICY_leap_seconds)->fallback;

	if (state < 0 || state == TIME_ERROR || clock.status & STA_UNSYNC)
		doctor_say(doctor, "clock", DOCTOR_WARN, "run an NTP client: apt install systemd-timesyncd, or chrony",
			   "the clock is not synchronised; packets are refused as stale or future when it is off");
	else
		doctor_say(doctor, "clock", DOCTOR_OK, NULL, "synchronised, within %ld ms", clock.esterror / 1000);
	/* TAI was 32 s ahead of UTC when Time64 began. */
	if (!clock.tai)
		doctor_say(
			doctor, "tai-offset", DOCTOR_OK, NULL,
			"the kernel's was never set (0); the gate does not use it, its policy says leap-seconds %lld",
			leaps);
	else if (clock.tai - 32 == leaps)
		doctor_say(doctor, "tai-offset", DOCTOR_OK, NULL, "%d s, which agrees with leap-seconds %lld",
			   clock.tai, leaps);
	else
		doctor_say(doctor, "tai-offset", DOCTOR_WARN,
			   "set leap-seconds in the [gate] section to the offset less 32",
			   "%d s, which does not agree with the default leap-seconds %lld", clock.tai, leaps);
}

static void check_room(struct doctor *doctor, const char *check, const char *path)
{
	struct statvfs fs;
	unsigned long long mib;

	if (statvfs(path, &fs)) {
		doctor_say(doctor, check, DOCTOR_WARN,
			   errno == EACCES ? "run \"sudo voltgate doctor\""
					   : "make install, or start voltgated, makes it",
			   "cannot look at %s: %s", path, strerror(errno));
		return;
	}
	mib = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
	if (mib < ROOM_FAIL_MIB)
		doctor_say(doctor, check, DOCTOR_FAIL, "make room: with a full disk actions are refused as backlog",
			   "%s has only %llu MiB left", path, mib);
	else if (mib < ROOM_WARN_MIB)
		doctor_say(doctor, check, DOCTOR_WARN, "make room before it is full", "%s has %llu MiB left", path,
			   mib);
	else
		doctor_say(doctor, check, DOCTOR_OK, NULL, "%s has %llu MiB left", path, mib);
}

/* The user and the effective capabilities of process @pid. False: they cannot be read. */
static bool read_process(int pid, unsigned int *ret_uid, unsigned long long *ret_caps)
{
	char path[64], line[256];
	bool uid = false, caps = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "Uid:", 4))
			uid = sscanf(line + 4, "%u", ret_uid) == 1;
		if (!strncmp(line, "CapEff:", 7)) {
			*ret_caps = strtoull(line + 7, NULL, 16);
			caps = true;
		}
	}
	if (file)
		fclose(file);
	return uid && caps;
}

static void check_agent_process(struct doctor *doctor, int pid)
{
	unsigned long long caps = 0;
	unsigned int uid = 0;

	if (!read_process(pid, &uid, &caps))
		doctor_say(doctor, "agent-rights", DOCTOR_WARN, "run \"sudo voltgate doctor\" on the agent's machine",
			   "process %d cannot be looked at", pid);
	else if (!uid)
		doctor_say(doctor, "agent-rights", DOCTOR_WARN, "set user = voltgate in the [agent] section",
			   "process %d runs as root, more than it needs", pid);
	else if (caps & ~(1ULL << CAP_NET_ADMIN_BIT))
		doctor_say(doctor, "agent-rights", DOCTOR_WARN, "start it by its systemd unit",
			   "process %d holds more capabilities (%llx) than CAP_NET_ADMIN", pid, caps);
	else
		doctor_say(doctor, "agent-rights", DOCTOR_OK, NULL, "process %d, user %u, CAP_NET_ADMIN only", pid,
			   uid);
}

static void check_agent(struct doctor *doctor)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = doctor->cli->socket;
	socklen_t len = sizeof(struct ucred);
	struct ucred peer;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error = 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		error = errno;
	if (fd >= 0)
		close(fd);
	if (!error) {
		doctor_say(doctor, "agent", DOCTOR_OK, NULL, "listens at %s", path);
		check_agent_process(doctor, peer.pid);
	} else if (error == EACCES || error == EPERM) {
		doctor_say(doctor, "agent", DOCTOR_WARN, "run this as root or as a member of group voltgate",
			   "no permission to use %s", path);
	} else {
		doctor_say(doctor, "agent", DOCTOR_WARN, "systemctl start voltgated, or give its socket with -S",
			   "no agent listens at %s (%s)", path, strerror(error));
	}
}

void doctor_system(struct doctor *doctor)
{
	check_clock(doctor);
	check_room(doctor, "verdict-room", "/var/lib/voltgate");
	check_room(doctor, "alarm-room", "/var/log/voltgate");
	check_agent(doctor);
}
