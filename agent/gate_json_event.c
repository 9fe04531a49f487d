// SPDX-License-Identifier: GPL-2.0
/*
 * gate_json_event.c - what a gate reports as JSON: alarms (with the sentence
 * that people read), verdict records, actions. See gate_json.h.
 */
#include "agent/gate_json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/source_text.h"
#include "agent/time_text.h"
#include "voltgate/vid.h"

static const char *const states[] = { "open", "new", "update", "closed" }; /* by enum gate_alarm_event */
#define STATE_COUNT ((int)(sizeof(states) / sizeof(states[0])))

static const char *const why[VG_REASON_COUNT] = {
#define REASON_WHY(name, word, sentence) sentence,
	VG_REASONS(REASON_WHY)
#undef REASON_WHY
};

/* "Refused 3 packets of session 01.. from 192.0.2.1 on eth0, each because its tag is wrong (forged)." */
static json_t *alarm_sentence(const struct vg_alarm *alarm, int event, const char *interface)
{
	unsigned int reason = alarm->key.reason;
	bool one = alarm->state.count == 1;
	char source[SOURCE_TEXT_LEN] = "an unknown source", session[48] = "", place[40] = "";

	if (vg_source_bits(alarm->key.source.family))
		source_text_format(&alarm->key.source, source);
	if (alarm->key.session)
		snprintf(session, sizeof(session), " of session %016llx", (unsigned long long)alarm->key.session);
	if (interface)
		snprintf(place, sizeof(place), " on %.16s", interface);
	return json_sprintf("Refused %llu %s%s from %s%s%s because %s (%s)%s.", (unsigned long long)alarm->state.count,
			    one ? "packet" : "packets", session, source, place, one ? "" : ", each",
			    reason < VG_REASON_COUNT ? why[reason] : "of a reason that this program does not know",
			    vg_reason_word(reason), event == GATE_ALARM_CLOSED ? "; the series has ended" : "");
}

static int alarm_source(json_t *object, const struct vg_source *source)
{
	char text[SOURCE_TEXT_LEN];

	source_text_format(source, text);
	return json_object_set_new(object, source->family == VG_SOURCE_MAC ? "src_mac" : "src_ip", json_string(text));
}

json_t *gate_json_alarm(const struct vg_alarm *alarm, int event, const char *interface)
{
	const struct vg_alarm_state *state = &alarm->state;
	char when[TIME_TEXT_LEN];
	json_t *object = json_object();
	int failed = 0;

	time_text_utc(state->last, when);
	failed |= json_object_set_new(object, "timestamp", json_string(when));
	failed |= json_object_set_new(object, "event_type", json_string("alarm"));
	failed |=
		json_object_set_new(object, "state", json_string(states[event > 0 && event < STATE_COUNT ? event : 0]));
	failed |= json_object_set_new(object, "reason", json_string(vg_reason_word(alarm->key.reason)));
	if (alarm->key.session)
		failed |= gate_json_put_id(object, "session", alarm->key.session);
	if (vg_source_bits(alarm->key.source.family))
		failed |= alarm_source(object, &alarm->key.source);
	failed |= gate_json_put_u64(object, "count", state->count);
	failed |= gate_json_put_time(object, "first", state->first);
	failed |= gate_json_put_time(object, "last", state->last);
	if (interface)
		failed |= json_object_set_new(object, "in_iface", json_string(interface));
	failed |= gate_json_put_u64(object, "ifindex", state->ifindex);
	failed |= gate_json_put_u64(object, "frame_len", state->frame_len);
	failed |= gate_json_put_hex(object, "sample", state->sample,
				    state->sample_len < VG_ALARM_SAMPLE_MAX ? state->sample_len : VG_ALARM_SAMPLE_MAX);
	failed |= json_object_set_new(object, "sentence", alarm_sentence(alarm, event, interface));
	return gate_json_finish(object, failed);
}

static int index_of(const char *word, const char *const words[], int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static int reason_of(const char *word)
{
	int reason;

	for (reason = 0; reason < VG_REASON_COUNT; reason++)
		if (!strcmp(vg_reason_word(reason), word))
			return reason;
	return -1;
}

/* Event, reason, session and source: who and why. */
static int alarm_key_decode(const json_t *object, struct vg_alarm_key *key, int *ret_event,
			    struct gate_error *ret_error)
{
	const char *word, *name = json_object_get(object, "src_mac") ? "src_mac" : "src_ip";
	u32 bits;
	int error, reason;

	error = gate_json_get_text(object, "state", &word, ret_error);
	if (error)
		return error;
	*ret_event = index_of(word, states, STATE_COUNT);
	if (*ret_event < 0)
		return gate_json_refuse(ret_error, "\"state\" must be open, new, update or closed");
	error = gate_json_get_text(object, "reason", &word, ret_error);
	if (error)
		return error;
	reason = reason_of(word);
	if (reason < 0)
		return gate_json_refuse(ret_error, "\"reason\" is none of the gate's reasons: %.40s", word);
	key->reason = (u32)reason;
	if (json_object_get(object, "session"))
		error = gate_json_get_id(object, "session", &key->session, ret_error);
	if (error || !json_object_get(object, name))
		return error;
	error = gate_json_get_text(object, name, &word, ret_error);
	if (error)
		return error;
	return source_text_parse(word, &key->source, &bits)
		       ? gate_json_refuse(ret_error, "\"%s\" is not an address: %.60s", name, word)
		       : 0;
}

static int alarm_sample_decode(const json_t *object, struct vg_alarm_state *state, struct gate_error *ret_error)
{
	const char *text;
	int error = gate_json_get_text(object, "sample", &text, ret_error);

	if (error)
		return error;
	if (strlen(text) > 2 * VG_ALARM_SAMPLE_MAX || strlen(text) % 2)
		return gate_json_refuse(ret_error, "\"sample\" must be at most %d bytes in hex", VG_ALARM_SAMPLE_MAX);
	state->sample_len = (u16)(strlen(text) / 2);
	return gate_json_get_hex(object, "sample", state->sample, state->sample_len, ret_error);
}

int gate_json_alarm_decode(const json_t *object, struct vg_alarm *ret_alarm, int *ret_event,
			   struct gate_error *ret_error)
{
	struct vg_alarm_state *state = &ret_alarm->state;
	u64 ifindex = 0, frame_len = 0;
	int error;

	memset(ret_alarm, 0, sizeof(*ret_alarm));
	if (!json_is_object(object))
		return gate_json_refuse(ret_error, "an alarm must be a JSON object");
	error = alarm_key_decode(object, &ret_alarm->key, ret_event, ret_error);
	if (!error)
		error = gate_json_get_u64(object, "count", &state->count, ret_error);
	if (!error)
		error = gate_json_get_u64(object, "first", &state->first, ret_error);
	if (!error)
		error = gate_json_get_u64(object, "last", &state->last, ret_error);
	if (!error)
		error = gate_json_get_u64(object, "ifindex", &ifindex, ret_error);
	if (!error)
		error = gate_json_get_u64(object, "frame_len", &frame_len, ret_error);
	if (!error && (ifindex > UINT32_MAX || frame_len > UINT16_MAX))
		error = gate_json_refuse(ret_error,
					 "\"ifindex\" must be below 4294967296 and \"frame_len\" below 65536");
	if (error)
		return error;
	state->ifindex = (u32)ifindex;
	state->frame_len = (u16)frame_len;
	return alarm_sample_decode(object, state, ret_error);
}

json_t *gate_json_record(const struct vg_batch_head *head, u32 index, const struct vg_record *record)
{
	const char *grade = record->grade == VG_GRADE_ATTESTED ? "attested"
			    : record->grade == VG_GRADE_PLAIN  ? "plain"
							       : "?";
	json_t *object = json_object();
	int failed = 0;

	failed |= gate_json_put_time(object, "epoch", vg_be64(head->epoch));
	failed |= gate_json_put_u64(object, "number", vg_be64(head->number));
	failed |= gate_json_put_u64(object, "index", index);
	failed |= gate_json_put_time(object, "time", vg_be64(record->time));
	failed |= json_object_set_new(object, "kind", json_string(vg_record_kind_word(record->kind)));
	failed |= gate_json_put_id(object, "session", vg_be64(record->session));
	failed |= gate_json_put_u64(object, "sequence", vg_be64(record->sequence));
	if (record->type)
		failed |= json_object_set_new(object, "type", json_string(vg_vid_type_word(record->type)));
	failed |= json_object_set_new(object, "reason", json_string(vg_reason_word(record->reason)));
	failed |= json_object_set_new(object, "grade", json_string(grade));
	failed |= json_object_set_new(object, "test_clock", json_boolean(record->flags & VG_RECORD_FLAG_TEST_CLOCK));
	failed |= gate_json_put_hex(object, "digest", record->digest, VG_HASH_LEN);
	return gate_json_finish(object, failed);
}

json_t *gate_json_action(const struct vg_batch_head *head, u32 index, const struct vg_record *record, const u8 *vid,
			 u32 vid_len)
{
	const struct vg_vid *header = (const struct vg_vid *)vid;
	json_t *object;
	int failed;

	if (vid_len < VG_VID_OVERHEAD)
		return NULL;
	object = gate_json_record(head, index, record);
	if (!object)
		return NULL;
	failed = gate_json_put_time(object, "generated", vg_be64(header->generated));
	failed |= gate_json_put_hex(object, "payload", header->payload, vid_len - VG_VID_OVERHEAD);
	return gate_json_finish(object, failed);
}
