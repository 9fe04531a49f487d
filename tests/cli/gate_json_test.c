// SPDX-License-Identifier: GPL-2.0
/*
 * gate_json_test.c - gate objects survive the way to JSON and back; what is
 * out of range, of the wrong type or missing is refused with a sentence; a
 * key is never shown.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/gate_json.h"
#include "agent/policy_word.h"
#include "agent/time_text.h"
#include "tests/ktap.h"
#include "voltgate/vid.h"

static const u64 wide[] = { 0, 1, (1ull << 53) - 1, 1ull << 53, (1ull << 53) + 1, INT64_MAX, 1ull << 63, UINT64_MAX };
#define WIDE_COUNT (sizeof(wide) / sizeof(wide[0]))

static void fill(void *bytes, size_t len, unsigned int seed)
{
	u8 *to = bytes;
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = (u8)(seed * 37 + i * 11 + 1);
}

/* Through text, as on the socket; the object's reference is taken. */
static json_t *through_text(json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	json_t *read = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;

	free(text);
	json_decref(object);
	return read;
}

static void test_numbers(void)
{
	struct gate_error error;
	bool same = true;
	size_t i;

	for (i = 0; i < WIDE_COUNT; i++) {
		json_t *object = json_object();
		u64 number = 7, id = 7;
		s64 small = 7;

		gate_json_put_u64(object, "n", wide[i]);
		gate_json_put_id(object, "id", wide[i]);
		object = through_text(object);
		same &= !gate_json_get_u64(object, "n", &number, &error) && number == wide[i];
		same &= !gate_json_get_id(object, "id", &id, &error) && id == wide[i];
		same &= wide[i] > INT64_MAX ? gate_json_get_s64(object, "n", &small, &error) == -EINVAL
					    : !gate_json_get_s64(object, "n", &small, &error) && small == (s64)wide[i];
		same &= json_is_string(json_object_get(object, "n")) == (wide[i] > 1ull << 53);
		json_decref(object);
	}
	ktap_ok(same, "numbers of 64 bits survive, beyond 2^53 as strings");
}

static void test_session(void)
{
	struct gate_session session = { .expires = 721000000000000, .added = 720000000000000, .revoked = true };
	struct gate_session back;
	struct gate_error error;
	bool same = true, hidden = true;
	json_t *object;
	size_t i;

	fill(session.key, sizeof(session.key), 3);
	fill(session.commitment, sizeof(session.commitment), 4);
	for (i = 0; i < WIDE_COUNT; i++) {
		session.id = wide[i];
		session.head = wide[i];
		session.accepted = wide[WIDE_COUNT - 1 - i];
		object = through_text(gate_json_session_secret(&session));
		same &= !gate_json_session_decode(object, true, &back, &error) &&
			!memcmp(&back, &session, sizeof(back));
		hidden &= gate_json_session_decode(object, false, &back, &error) == -EINVAL && !back.id;
		json_decref(object);
		object = through_text(gate_json_session(&session));
		hidden &= !json_object_get(object, "key");
		hidden &= !gate_json_session_decode(object, false, &back, &error);
		hidden &= gate_json_session_decode(object, true, &back, &error) == -EINVAL;
		json_decref(object);
	}
	ktap_ok(same, "a session with its key survives");
	ktap_ok(hidden, "a session is shown without its key, and a key where none belongs is refused");
}

static void test_status(void)
{
	struct gate_status status = { .grade = VG_GRADE_ATTESTED,
				      .epoch = 721000000000000,
				      .next_number = UINT64_MAX,
				      .acknowledged = 12,
				      .pending_batches = UINT32_MAX,
				      .open_records = 511,
				      .sessions = 1000000,
				      .session_bytes = 320,
				      .test_clock = true,
				      .time = 721000000000001,
				      .alarm_entries = 4096,
				      .version = "0.1.0" };
	struct gate_status back;
	struct gate_error error;
	json_t *object;

	fill(status.attestor, sizeof(status.attestor), 1);
	fill(status.head_hash, sizeof(status.head_hash), 2);
	object = through_text(gate_json_status(&status));
	ktap_ok(!gate_json_status_decode(object, &back, &error) && !memcmp(&back, &status, sizeof(back)),
		"a status survives");
	json_object_set_new(object, "grade", json_string("golden"));
	ktap_ok(gate_json_status_decode(object, &back, &error) == -EINVAL && strstr(error.text, "grade"),
		"a grade that is none is refused by name");
	json_decref(object);
}

static void test_policy(void)
{
	struct vg_policy policy, back;
	struct gate_error error;
	bool refused = true;
	json_t *object;
	int key;

	for (key = 0; key < VG_POLICY_KEY_COUNT; key++)
		policy_word_set(&policy, key, policy_word_of(key)->max);
	policy_word_defaults(&back);
	object = through_text(gate_json_policy(&policy));
	ktap_ok(json_object_size(object) == VG_POLICY_KEY_COUNT && !gate_json_policy_decode(object, &back, &error) &&
			!memcmp(&policy, &back, sizeof(back)),
		"a policy survives with every key");
	for (key = 0; key < VG_POLICY_KEY_COUNT; key++) {
		const struct policy_word *word = policy_word_of(key);

		json_object_set_new(object, word->word, json_integer(word->max + 1));
		refused &= gate_json_policy_decode(object, &back, &error) == -EINVAL && strstr(error.text, word->word);
		json_object_set_new(object, word->word, json_integer(word->min - 1));
		refused &= gate_json_policy_decode(object, &back, &error) == -EINVAL;
		json_object_set_new(object, word->word, json_integer(word->min));
		refused &= policy_word_find(word->word) == key;
	}
	ktap_ok(refused, "each setting is refused one beyond its range, by its word");
	json_decref(object);
}

static void test_deny(void)
{
	static const char *const good[] = {
		"0.0.0.0/0",	 "192.0.2.0/24",    "203.0.113.7/32",	    "::/0",
		"2001:db8::/32", "2001:db8::1/128", "02:00:00:00:00:01/48", "02:00:00:00:00:00/8"
	};
	static const char *const bad[] = {
		"",
		"/",
		"192.0.2.1/24",
		"192.0.2.0/33",
		"192.0.2",
		"1.2.3.4.5",
		"::/129",
		"::1/64",
		"2001:db8::/-1",
		"02:00:00:00:00",
		"02:00:00:00:00:0g",
		"02-00-00-00-00-01",
		"192.0.2.0/24x",
		"192.0.2.0/",
		"192.0.2.0/ 24",
		"11111111111111111111111111111111111111111111111111111111111111111111111111/8"
	};
	struct gate_error error;
	struct gate_deny deny;
	bool same = true, refused = true;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		json_t *object = json_pack("{s:s, s:i}", "prefix", good[i], "hits", 5), *again = NULL;

		same &= !gate_json_deny_decode(object, &deny, &error) && deny.hits == 5;
		again = gate_json_deny(&deny);
		same &= !strcmp(json_string_value(json_object_get(again, "prefix")), good[i]);
		json_decref(again);
		json_decref(object);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *object = json_pack("{s:s}", "prefix", bad[i]);

		error.text[0] = '\0';
		refused &= gate_json_deny_decode(object, &deny, &error) == -EINVAL && error.text[0];
		json_decref(object);
	}
	ktap_ok(same, "prefixes of three families survive");
	ktap_ok(refused, "what is no prefix is refused");
}

static void test_counters(void)
{
	struct gate_counters counters, back;
	struct gate_error error;
	json_t *object;
	int cpu = 0;

	memset(&counters, 0, sizeof(counters));
	fill(counters.packets, sizeof(counters.packets), 9);
	counters.alarm_overflow[VG_FORGED] = 77;
	object = through_text(gate_json_counters(&counters, 3));
	ktap_ok(json_object_size(json_object_get(object, "packets")) == VG_REASON_COUNT &&
			!gate_json_counters_decode(object, &back, &cpu, &error) && cpu == 3 &&
			!memcmp(&back, &counters, sizeof(back)),
		"counters survive, every reason");
	json_decref(object);
	object = through_text(gate_json_counters(&counters, -1));
	ktap_ok(!gate_json_counters_decode(object, &back, &cpu, &error) && cpu == -1, "a sum has no CPU");
	json_decref(object);
}

static void test_alarm(void)
{
	struct vg_alarm alarm = { .key = { .session = 5, .reason = VG_FORGED }, .state = { .count = 3, .ifindex = 2 } };
	struct vg_alarm back;
	struct gate_error error;
	bool same = true;
	const char *sentence;
	int event, at;
	json_t *object;

	alarm.key.source.family = VG_SOURCE_IPV4;
	memcpy(alarm.key.source.addr, "\xc0\x00\x02\x07", 4);
	alarm.state.first = 721000000000000;
	alarm.state.last = 721000000000009;
	alarm.state.frame_len = 1514;
	alarm.state.sample_len = VG_ALARM_SAMPLE_MAX;
	fill(alarm.state.sample, VG_ALARM_SAMPLE_MAX, 6);
	for (at = 0; at <= GATE_ALARM_CLOSED; at++) {
		object = through_text(gate_json_alarm(&alarm, at, NULL));
		same &= !gate_json_alarm_decode(object, &back, &event, &error) && event == at &&
			!memcmp(&back, &alarm, sizeof(back));
		json_decref(object);
	}
	ktap_ok(same, "an alarm survives in each of its states");
	object = gate_json_alarm(&alarm, GATE_ALARM_CLOSED, "eth0");
	sentence = json_string_value(json_object_get(object, "sentence"));
	ktap_ok(!strcmp(sentence,
			"Refused 3 packets of session 0000000000000005 from 192.0.2.7 on eth0, each because its tag "
			"is wrong (forged); the series has ended."),
		"its sentence: %s", sentence);
	json_decref(object);
	alarm.key.source.family = VG_SOURCE_MAC;
	memcpy(alarm.key.source.addr, "\x02\x00\x00\x00\x00\x01", 6);
	alarm.key.session = 0;
	alarm.state.sample_len = 0xffff; /* no more than there is */
	object = through_text(gate_json_alarm(&alarm, GATE_ALARM_NEW, NULL));
	ktap_ok(!gate_json_alarm_decode(object, &back, &event, &error) &&
			back.state.sample_len == VG_ALARM_SAMPLE_MAX && back.key.source.addr[5] == 1 &&
			json_object_get(object, "src_mac") && !json_object_get(object, "session"),
		"one of a MAC address without a session");
	json_object_set_new(object, "reason", json_string("bored"));
	ktap_ok(gate_json_alarm_decode(object, &back, &event, &error) == -EINVAL, "an unknown reason is refused");
	json_decref(object);
}

static void test_record(void)
{
	struct vg_batch_head head = { .epoch = vg_be64(721000000000000), .number = vg_be64(4) };
	struct vg_record record = { .time = vg_be64(721000000000005),
				    .session = vg_be64(0xfedcba9876543210),
				    .sequence = vg_be64(UINT64_MAX),
				    .kind = VG_RECORD_ACTION,
				    .type = VG_VID_METER,
				    .grade = VG_GRADE_PLAIN,
				    .flags = VG_RECORD_FLAG_TEST_CLOCK };
	u8 vid[VG_VID_OVERHEAD + 2] = { VG_VID_VERSION, VG_VID_METER, 0, 2 };
	json_t *object;

	memcpy(vid + VG_VID_HEADER_LEN, "\xab\xcd", 2);
	object = gate_json_action(&head, 9, &record, vid, sizeof(vid));
	ktap_ok(!strcmp(json_string_value(json_object_get(object, "session")), "fedcba9876543210") &&
			!strcmp(json_string_value(json_object_get(object, "sequence")), "18446744073709551615") &&
			!strcmp(json_string_value(json_object_get(object, "type")), "meter") &&
			!strcmp(json_string_value(json_object_get(object, "payload")), "abcd") &&
			json_is_true(json_object_get(object, "test_clock")) &&
			json_integer_value(json_object_get(object, "index")) == 9,
		"an action shows its record and its payload");
	json_decref(object);
	ktap_ok(!gate_json_action(&head, 9, &record, vid, VG_VID_OVERHEAD - 1), "a VID too short to be one gives none");
	record.kind = 200;
	record.reason = 200;
	record.type = 200;
	object = gate_json_record(&head, 0, &record);
	ktap_ok(object && !strcmp(json_string_value(json_object_get(object, "kind")), "?"),
		"unknown numbers are shown as ?");
	json_decref(object);
}

static void test_time(void)
{
	static const struct {
		const char *text;
		u64 time64;
	} known[] = {
		{ "2004-01-01T00:00:00.000000Z", 0 },
		{ "2005-12-31T23:59:59.000000Z", 63158399000000 },
		{ "2006-01-01T00:00:00.000000Z", 63158401000000 }, /* after the first leap second */
		{ "2016-12-31T23:59:59.000000Z", 410313603000000 },
		{ "2017-01-01T00:00:00.000000Z", 410313605000000 }, /* after the fifth */
		{ "2019-11-21T13:27:53.847076Z", 501427678847076 }, /* a car's frame */
		{ "9999-12-31T23:59:59.999999Z", 252329385604999999 },
	};
	static const char *const bad[] = { "",
					   "now",
					   "2026-02-30T00:00:00Z",
					   "2026-13-01T00:00:00Z",
					   "2026-01-01 00:00:00Z",
					   "2026-01-01T00:00:00",
					   "2026-01-01T00:00:00.Z",
					   "2026-01-01T00:00:00.1234567Z",
					   "@",
					   "@12x",
					   "@99999999999999999999",
					   "1999-01-01T00:00:00Z" };
	char text[TIME_TEXT_LEN];
	bool same = true, refused = true;
	u64 back;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		same &= time_text_utc(known[i].time64, text) && !strcmp(text, known[i].text);
		same &= !time_text_parse(known[i].text, &back) && back == known[i].time64;
	}
	ktap_ok(same, "known times, across leap seconds, to text and back");
	ktap_ok(!time_text_utc(UINT64_MAX, text) && !text[0], "a time that no calendar has gives an empty text");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused &= time_text_parse(bad[i], &back) < 0;
	ktap_ok(refused, "what is no time is refused");
	ktap_ok(!time_text_duration("90", &back) && back == 90000000 && !time_text_duration("2d", &back) &&
			back == 172800000000 && time_text_duration("2w", &back) == -EINVAL &&
			time_text_duration("-1s", &back) == -EINVAL &&
			time_text_duration("99999999999999d", &back) == -ERANGE,
		"durations");
}

/* Whatever type stands where another belongs: refused, never read. */
static void test_types(void)
{
	static const char *const wrong[] = { "null",
					     "true",
					     "1.5",
					     "-1",
					     "[]",
					     "{}",
					     "\"\"",
					     "\"x\"",
					     "\"1e3\"",
					     "\" 1\"",
					     "\"18446744073709551616\"" };
	static const char *const names[] = { "id", "expires", "head", "commitment", "revoked" };
	struct gate_session session = { .id = 1 }, back;
	struct gate_error error;
	bool refused = true;
	size_t i, j;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		for (j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			json_t *object = gate_json_session(&session);

			if (j == 4 && i == 1) { /* true is a flag's own type */
				json_decref(object);
				continue;
			}
			json_object_set_new(object, names[j], json_loads(wrong[i], JSON_DECODE_ANY, NULL));
			error.text[0] = '\0';
			refused &= gate_json_session_decode(object, false, &back, &error) == -EINVAL &&
				   strstr(error.text, names[j]);
			json_decref(object);
		}
	ktap_ok(refused, "wrong types are refused with the name of what is wrong");
	ktap_ok(gate_json_session_decode(NULL, false, &back, &error) == -EINVAL, "nothing at all is refused");
}

int main(void)
{
	ktap_plan(0);
	test_numbers();
	test_session();
	test_status();
	test_policy();
	test_deny();
	test_counters();
	test_alarm();
	test_record();
	test_time();
	test_types();
	return ktap_exit();
}
