// SPDX-License-Identifier: GPL-2.0
/*
 * room_test.c - the agent's room for ITS frames, in a network namespace of its
 * own: counts, alarms, reload of the trust list, and that exactly the accepted
 * frames come out of the TAP device.
 */
#include "tests/its/judge.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/its_room.h"

#define TAP "vgits0"
#define NOW JUDGE_NOW

static u32 alarms[4], verdicts, notes;
static struct vg_alarm last_alarm;
static char folder[] = "/tmp/vg-its-room-XXXXXX";
static u8 frame[ITS_MAKER_FRAME_MAX];

static void on_verdict(void *arg, const struct its_verdict *verdict)
{
	(void)arg;
	(void)verdict;
	verdicts++;
}

static void on_alarm(void *arg, enum gate_alarm_event event, const struct vg_alarm *alarm)
{
	(void)arg;
	alarms[event]++;
	last_alarm = *alarm;
}

static void on_note(void *arg, const char *sentence)
{
	(void)arg;
	printf("# %s\n", sentence);
	notes++;
}

static void keep(const struct its_identity *identity, const char *name)
{
	char path[128];
	u32 len;
	const u8 *bytes = its_identity_certificate(identity, &len);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file))
		exit(1);
}

static void forget(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

/* A packet socket on the TAP device, as a local ITS stack has it. */
static int listen_on_tap(void)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(0x8947),
				       .sll_ifindex = (int)if_nametoindex(TAP) };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(0x8947));

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool receives(int fd, const u8 *expected, u32 len)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	u8 got[ITS_MAKER_FRAME_MAX];

	return poll(&poll_fd, 1, 5000) == 1 && recv(fd, got, sizeof(got), 0) == (ssize_t)len &&
	       !memcmp(got, expected, len);
}

static u32 make(const struct its_identity *ticket, u32 serial, bool right)
{
	struct its_maker_message message = {
		.psid = ITS_MAKER_CAM, .generated = NOW, .signer = ITS_MAKER_BY_CERTIFICATE, .serial = serial
	};
	u32 len = make_frame(ticket, &message, frame);

	return right ? len : its_maker_alter(frame, len, ITS_MAKER_ALTER_PAYLOAD);
}

static void check_release(struct its_room *room, const struct its_identity *ticket, int listener)
{
	u32 len = make(ticket, 1, true);

	its_room_frame(room, NOW, 1000, frame, len, 3);
	ktap_ok(its_room_count(room, VG_ACCEPTED) == 1 && receives(listener, frame, len),
		"an accepted frame comes out of the TAP device");
	len = make(ticket, 2, false);
	its_room_frame(room, NOW, 2000, frame, len, 3);
	len = make(ticket, 3, true);
	its_room_frame(room, NOW, 3000, frame, len, 3);
	ktap_ok(its_room_count(room, VG_ITS_FORGED) == 1 && receives(listener, frame, len),
		"a forged one does not: the next one out is the next accepted");
}

static void check_alarms(struct its_room *room, const struct its_identity *ticket)
{
	u32 i, len;

	ktap_ok(alarms[GATE_ALARM_NEW] == 1 && last_alarm.key.reason == VG_ITS_FORGED &&
			last_alarm.key.source.family == VG_SOURCE_MAC &&
			!memcmp(last_alarm.key.source.addr, frame + 6, 6) && last_alarm.state.ifindex == 3 &&
			last_alarm.state.count == 1,
		"the forgery is an alarm at once, by its source");
	for (i = 0; i < 50; i++) {
		len = make(ticket, 100 + i, false);
		its_room_frame(room, NOW + 1000 * i, 4000 + i, frame, len, 3);
	}
	ktap_ok(alarms[GATE_ALARM_NEW] == 1 && !alarms[GATE_ALARM_UPDATE], "fifty more are the same alarm");
	its_room_tick(room, NOW, 100000);
	its_room_tick(room, NOW, 200000);
	ktap_ok(alarms[GATE_ALARM_UPDATE] == 1 && last_alarm.state.count == 51 &&
			last_alarm.state.last > last_alarm.state.first,
		"one update says how many");
	its_room_tick(room, NOW, 10000000);
	ktap_ok(alarms[GATE_ALARM_CLOSED] == 1 && last_alarm.state.count == 51, "silence closes it");
	for (i = 0; i < 20; i++) {
		len = make(ticket, 200 + i, false);
		frame[11] = (u8)i;
		its_room_frame(room, NOW, 20000000 + i, frame, len, 3);
	}
	ktap_ok(alarms[GATE_ALARM_NEW] == 1 + 10, "twenty sources at once: ten new alarms a second");
}

static void check_json(const struct its_room *room)
{
	json_t *object = its_room_json(room), *reasons = json_object_get(object, "verdicts");
	json_int_t sum = 0;
	const char *key;
	json_t *value;

	json_object_foreach (reasons, key, value)
		sum += json_integer_value(value);
	ktap_ok(sum == json_integer_value(json_object_get(object, "frames")) && sum == verdicts,
		"the counts add up to the frames (%lld), and every one was told", (long long)sum);
	ktap_ok(json_integer_value(json_object_get(object, "alarm_overflow")) == 10 &&
			json_integer_value(json_object_get(object, "released")) == 2 &&
			json_integer_value(json_object_get(object, "authorities")) == 2 &&
			json_integer_value(json_object_get(object, "certificates")) == 1,
		"released, authorities, certificates and what found no alarm");
	json_decref(object);
}

static void check_reload(struct its_room *room, const struct its_identity *ticket)
{
	struct its_room_error error;
	u32 len;

	forget("root.oer");
	forget("authority.oer");
	ktap_ok(!its_room_reload(room, &error) && notes == 1, "an emptied trust list is taken over, aloud");
	len = make(ticket, 300, true);
	its_room_frame(room, NOW, 30000000, frame, len, 3);
	ktap_ok(its_room_count(room, VG_ITS_UNTRUSTED) == 1, "and nobody is believed any more");
	rmdir(folder);
	ktap_ok(its_room_reload(room, &error) == -ENOENT && strstr(error.text, folder),
		"a trust list that is gone is named: %s", error.text);
}

static void check_room(int tap)
{
	struct its_room_config config = { .trust_dir = folder,
					  .tap = tap,
					  .alarm_idle_us = 5000000,
					  .alarm_entries = 64,
					  .alarm_new_rate = 10,
					  .on_verdict = on_verdict,
					  .on_alarm = on_alarm,
					  .on_note = on_note };
	struct its_identity *ticket;
	struct its_room_error error;
	struct its_room *room;
	struct world world;
	int listener = listen_on_tap();

	its_room_default_limits(2000000, 500000, &config.limits);
	world_open(&world, ITS_CURVE_NIST_P256, ITS_CURVE_NIST_P256);
	ticket = world_ticket(&world);
	keep(world.root, "root.oer");
	keep(world.authority, "authority.oer");
	if (ktap_ok(!its_room_new(&config, &room, &error) && listener >= 0, "a room with a TAP device")) {
		check_release(room, ticket, listener);
		check_alarms(room, ticket);
		check_json(room);
		check_reload(room, ticket);
		its_room_free(room);
	}
	close(listener);
	its_identity_free(ticket);
	world_close(&world);
}

int main(void)
{
	struct its_room_error error;
	int tap;

	ktap_plan(0);
	if (unshare(CLONE_NEWNET)) {
		ktap_skip("the agent's room for ITS frames", "a network namespace needs root; run this with sudo");
		return ktap_exit();
	}
	if (access("/dev/net/tun", R_OK | W_OK)) {
		ktap_skip("the agent's room for ITS frames", "no /dev/net/tun here; modprobe tun");
		return ktap_exit();
	}
	tap = its_room_tap_open(TAP, &error);
	if (!mkdtemp(folder))
		return 1;
	if (ktap_ok(tap >= 0, "a TAP device%s%s", tap < 0 ? ": " : "", tap < 0 ? error.text : ""))
		check_room(tap);
	ktap_ok(its_room_tap_open("a-name-that-is-too-long", &error) == -EINVAL, "a name too long is refused: %s",
		error.text);
	return ktap_exit();
}
