// SPDX-License-Identifier: GPL-2.0
/*
 * its_room.c - counts, alarms and releases what the verifier says.
 */
#include "agent/its_room.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/its/trustdir.h"
#include "agent/its_room_alarm.h"

struct its_room {
	struct its_room_config config;
	char trust_dir[256];
	struct its_trust *trust;
	struct its_verifier *verifier;
	struct its_alarms *alarms;
	u64 now; /* of the call that is being served */
	u64 now_us;
	u64 frames;
	u64 verdicts[VG_REASON_COUNT];
	u64 released;
	u64 release_failed;
};

/* On one core that verifies 10,000 P-256 or 1,700 brainpool signatures a second: half of it for each at most. */
void its_room_default_limits(s64 stale_us, s64 future_us, struct its_limits *ret_limits)
{
	*ret_limits = (struct its_limits){
		.cache_certificates = 16384,
		.waiting_frames = 4096,
		.waiting_us = 1500000, /* a sender shows its certificate once a second */
		.p256_rate = 5000,
		.brainpool_rate = 800,
		.signer_rate = 50, /* CAMs come at 10 a second at most, DENMs beside them */
		.stale_us = (u64)stale_us,
		.future_us = (u64)future_us,
	};
}

static void release_frame(struct its_room *room, const struct its_verdict *verdict)
{
	if (room->config.tap < 0)
		return;
	if (write(room->config.tap, verdict->frame, verdict->frame_len) == (ssize_t)verdict->frame_len)
		room->released++;
	else
		room->release_failed++; /* nobody reads fast enough, or the device is down */
}

static void on_verdict(void *arg, const struct its_verdict *verdict)
{
	struct its_room *room = arg;

	room->verdicts[verdict->reason]++;
	if (verdict->reason == VG_ACCEPTED)
		release_frame(room, verdict);
	else
		its_alarms_add(room->alarms, verdict->reason, verdict->frame, verdict->frame_len, verdict->ifindex,
			       room->now, room->now_us);
	if (room->config.on_verdict)
		room->config.on_verdict(room->config.arg, verdict);
}

static int load(struct its_room *room, struct its_trust **ret_trust, struct its_verifier **ret_verifier,
		struct its_room_error *ret_error)
{
	struct its_trustdir_error error;
	int ret = its_trustdir_load(room->trust_dir, room->config.on_note, room->config.arg, ret_trust, &error);

	if (ret) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%s", error.text);
		return ret;
	}
	ret = its_verifier_new(&room->config.limits, *ret_trust, on_verdict, room, ret_verifier);
	if (ret) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "The verifier of ITS frames could not be made because memory ran out.");
		its_trust_free(*ret_trust);
	}
	return ret;
}

static int check_config(const struct its_room_config *config, struct its_room_error *ret_error)
{
	if (config->trust_dir && strlen(config->trust_dir) < sizeof(((struct its_room *)0)->trust_dir))
		return 0;
	snprintf(ret_error->text, sizeof(ret_error->text),
		 "ITS frames need a trust list: name a directory with roots and authorities (at most 255 bytes).");
	return -EINVAL;
}

int its_room_new(const struct its_room_config *config, struct its_room **ret_room, struct its_room_error *ret_error)
{
	struct its_alarm_limits limits = { config->alarm_entries ? config->alarm_entries : 1, config->alarm_new_rate,
					   (u64)config->alarm_idle_us };
	struct its_room *room;
	int error = check_config(config, ret_error);

	if (error)
		return error;
	room = calloc(1, sizeof(*room));
	if (!room || its_alarms_new(&limits, config->on_alarm, config->arg, &room->alarms)) {
		free(room);
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "The room for ITS frames could not be made because memory ran out.");
		return -ENOMEM;
	}
	room->config = *config;
	snprintf(room->trust_dir, sizeof(room->trust_dir), "%s", config->trust_dir);
	error = load(room, &room->trust, &room->verifier, ret_error);
	if (error) {
		its_alarms_free(room->alarms);
		free(room);
		return error;
	}
	*ret_room = room;
	return 0;
}

void its_room_free(struct its_room *room)
{
	if (!room)
		return;
	its_verifier_free(room->verifier);
	its_trust_free(room->trust);
	its_alarms_free(room->alarms);
	if (room->config.tap >= 0)
		close(room->config.tap);
	free(room);
}

void its_room_frame(struct its_room *room, u64 now, u64 now_us, const u8 *frame, u32 len, u32 ifindex)
{
	room->now = now;
	room->now_us = now_us;
	room->frames++;
	its_verifier_submit(room->verifier, now, now_us, frame, len, ifindex, room->frames);
}

void its_room_tick(struct its_room *room, u64 now, u64 now_us)
{
	room->now = now;
	room->now_us = now_us;
	its_verifier_tick(room->verifier, now, now_us);
	its_alarms_tick(room->alarms, now_us);
}

int its_room_reload(struct its_room *room, struct its_room_error *ret_error)
{
	struct its_verifier *verifier;
	struct its_trust *trust;
	int error = load(room, &trust, &verifier, ret_error);

	if (error)
		return error;
	its_verifier_free(room->verifier);
	its_trust_free(room->trust);
	room->verifier = verifier;
	room->trust = trust;
	return 0;
}

u64 its_room_count(const struct its_room *room, enum vg_reason reason)
{
	return room->verdicts[reason];
}

json_t *its_room_json(const struct its_room *room)
{
	json_t *verdicts = json_object();
	u32 certificates, waiting;
	int reason;

	for (reason = 0; verdicts && reason < VG_REASON_COUNT; reason++)
		if (reason == VG_ACCEPTED || reason == VG_INTERNAL || reason >= VG_ITS_MALFORMED)
			json_object_set_new(verdicts, vg_reason_word(reason),
					    json_integer((json_int_t)room->verdicts[reason]));
	its_verifier_usage(room->verifier, &certificates, &waiting);
	return json_pack("{s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "frames", (json_int_t)room->frames, "verdicts",
			 verdicts, "released", (json_int_t)room->released, "release_failed",
			 (json_int_t)room->release_failed, "authorities", (json_int_t)its_trust_count(room->trust),
			 "certificates", (json_int_t)certificates, "waiting", (json_int_t)waiting, "alarm_overflow",
			 (json_int_t)its_alarms_overflow(room->alarms));
}
