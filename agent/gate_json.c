// SPDX-License-Identifier: GPL-2.0
/*
 * gate_json.c - what an administrator sets and sees as JSON: sessions, status,
 * policy, deny list, counters, interfaces. Events are in gate_json_event.c.
 */
#include "agent/gate_json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/policy_word.h"
#include "agent/source_text.h"

static int refuse_unless_object(const json_t *object, const char *what, struct gate_error *ret_error)
{
	return json_is_object(object) ? 0 : gate_json_refuse(ret_error, "%s must be a JSON object", what);
}

static int get_u32(const json_t *object, const char *name, u32 *ret_number, struct gate_error *ret_error)
{
	u64 number;
	int error = gate_json_get_u64(object, name, &number, ret_error);

	if (error)
		return error;
	if (number > UINT32_MAX)
		return gate_json_refuse(ret_error, "\"%s\" must be below 4294967296", name);
	*ret_number = (u32)number;
	return 0;
}

/* A value that may be missing: then @ret_number keeps what it holds. */
static int maybe_u64(const json_t *object, const char *name, u64 *ret_number, struct gate_error *ret_error)
{
	return json_object_get(object, name) ? gate_json_get_u64(object, name, ret_number, ret_error) : 0;
}

static int maybe_bool(const json_t *object, const char *name, bool *ret_flag, struct gate_error *ret_error)
{
	const json_t *value = json_object_get(object, name);

	if (value && !json_is_boolean(value))
		return gate_json_refuse(ret_error, "\"%s\" must be true or false", name);
	if (value)
		*ret_flag = json_is_true(value);
	return 0;
}

json_t *gate_json_session(const struct gate_session *session)
{
	json_t *object = json_object();
	int failed = 0;

	failed |= gate_json_put_id(object, "id", session->id);
	failed |= gate_json_put_time(object, "expires", session->expires);
	failed |= gate_json_put_hex(object, "commitment", session->commitment, sizeof(session->commitment));
	failed |= gate_json_put_time(object, "added", session->added);
	failed |= gate_json_put_u64(object, "head", session->head);
	failed |= gate_json_put_u64(object, "accepted", session->accepted);
	failed |= json_object_set_new(object, "revoked", json_boolean(session->revoked));
	return gate_json_finish(object, failed);
}

json_t *gate_json_session_secret(const struct gate_session *session)
{
	json_t *object = gate_json_session(session);

	return gate_json_finish(object,
				!object || gate_json_put_hex(object, "key", session->key, sizeof(session->key)));
}

static int decode_session(const json_t *object, bool with_key, struct gate_session *session,
			  struct gate_error *ret_error)
{
	int error;

	error = gate_json_get_id(object, "id", &session->id, ret_error);
	if (error)
		return error;
	if (with_key)
		error = gate_json_get_hex(object, "key", session->key, sizeof(session->key), ret_error);
	else if (json_object_get(object, "key"))
		return gate_json_refuse(ret_error, "\"key\" has no place here; keys are set once and never shown");
	if (!error && json_object_get(object, "commitment"))
		error = gate_json_get_hex(object, "commitment", session->commitment, VG_HASH_LEN, ret_error);
	if (!error)
		error = maybe_u64(object, "expires", &session->expires, ret_error);
	if (!error)
		error = maybe_u64(object, "added", &session->added, ret_error);
	if (!error)
		error = maybe_u64(object, "head", &session->head, ret_error);
	if (!error)
		error = maybe_u64(object, "accepted", &session->accepted, ret_error);
	if (!error)
		error = maybe_bool(object, "revoked", &session->revoked, ret_error);
	return error;
}

int gate_json_session_decode(const json_t *object, bool with_key, struct gate_session *ret_session,
			     struct gate_error *ret_error)
{
	int error = refuse_unless_object(object, "a session", ret_error);

	memset(ret_session, 0, sizeof(*ret_session));
	if (!error)
		error = decode_session(object, with_key, ret_session, ret_error);
	if (error)
		explicit_bzero(ret_session, sizeof(*ret_session));
	return error;
}

static const char *grade_word(enum vg_grade grade)
{
	return grade == VG_GRADE_ATTESTED ? "attested" : grade == VG_GRADE_PLAIN ? "plain" : "?";
}

static int get_grade(const json_t *object, enum vg_grade *ret_grade, struct gate_error *ret_error)
{
	const char *word;
	int error = gate_json_get_text(object, "grade", &word, ret_error);

	if (error)
		return error;
	if (!strcmp(word, "attested"))
		*ret_grade = VG_GRADE_ATTESTED;
	else if (!strcmp(word, "plain"))
		*ret_grade = VG_GRADE_PLAIN;
	else
		return gate_json_refuse(ret_error, "\"grade\" must be \"attested\" or \"plain\"");
	return 0;
}

json_t *gate_json_status(const struct gate_status *status)
{
	json_t *object = json_object();
	int failed = 0;

	failed |= json_object_set_new(object, "grade", json_string(grade_word(status->grade)));
	failed |= json_object_set_new(object, "version", json_string(status->version));
	failed |= gate_json_put_time(object, "epoch", status->epoch);
	failed |= gate_json_put_hex(object, "attestor", status->attestor, VG_KEY_LEN);
	failed |= gate_json_put_u64(object, "next_number", status->next_number);
	failed |= gate_json_put_hex(object, "head_hash", status->head_hash, VG_HASH_LEN);
	failed |= gate_json_put_u64(object, "acknowledged", status->acknowledged);
	failed |= gate_json_put_u64(object, "pending_batches", status->pending_batches);
	failed |= gate_json_put_u64(object, "open_records", status->open_records);
	failed |= gate_json_put_u64(object, "sessions", status->sessions);
	failed |= gate_json_put_u64(object, "session_bytes", status->session_bytes);
	failed |= gate_json_put_u64(object, "alarm_entries", status->alarm_entries);
	failed |= json_object_set_new(object, "test_clock", json_boolean(status->test_clock));
	failed |= gate_json_put_time(object, "time", status->time);
	return gate_json_finish(object, failed);
}

int gate_json_status_decode(const json_t *object, struct gate_status *ret_status, struct gate_error *ret_error)
{
	struct {
		const char *name;
		u64 *wide;
		u32 *narrow;
	} numbers[] = {
		{ "epoch", &ret_status->epoch, NULL },
		{ "next_number", &ret_status->next_number, NULL },
		{ "acknowledged", &ret_status->acknowledged, NULL },
		{ "time", &ret_status->time, NULL },
		{ "pending_batches", NULL, &ret_status->pending_batches },
		{ "open_records", NULL, &ret_status->open_records },
		{ "sessions", NULL, &ret_status->sessions },
		{ "session_bytes", NULL, &ret_status->session_bytes },
		{ "alarm_entries", NULL, &ret_status->alarm_entries },
	};
	const char *version;
	size_t i;
	int error = refuse_unless_object(object, "a status", ret_error);

	memset(ret_status, 0, sizeof(*ret_status));
	if (!error)
		error = get_grade(object, &ret_status->grade, ret_error);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !error; i++)
		error = numbers[i].wide ? gate_json_get_u64(object, numbers[i].name, numbers[i].wide, ret_error)
					: get_u32(object, numbers[i].name, numbers[i].narrow, ret_error);
	if (!error)
		error = gate_json_get_hex(object, "attestor", ret_status->attestor, VG_KEY_LEN, ret_error);
	if (!error)
		error = gate_json_get_hex(object, "head_hash", ret_status->head_hash, VG_HASH_LEN, ret_error);
	if (!error)
		error = maybe_bool(object, "test_clock", &ret_status->test_clock, ret_error);
	if (!error)
		error = gate_json_get_text(object, "version", &version, ret_error);
	if (error)
		return error;
	if (strlen(version) >= sizeof(ret_status->version))
		return gate_json_refuse(ret_error, "\"version\" must be shorter than %zu characters",
					sizeof(ret_status->version));
	memcpy(ret_status->version, version, strlen(version));
	return 0;
}

json_t *gate_json_policy(const struct vg_policy *policy)
{
	json_t *object = json_object();
	int failed = 0, key;

	for (key = 0; key < VG_POLICY_KEY_COUNT; key++)
		failed |= json_object_set_new(object, policy_word_of(key)->word,
					      json_integer(policy_word_get(policy, key)));
	return gate_json_finish(object, failed);
}

int gate_json_policy_decode(const json_t *object, struct vg_policy *ret_policy, struct gate_error *ret_error)
{
	int error = refuse_unless_object(object, "a policy", ret_error), key;

	for (key = 0; key < VG_POLICY_KEY_COUNT && !error; key++) {
		const struct policy_word *word = policy_word_of(key);
		s64 value;

		if (!json_object_get(object, word->word))
			continue;
		error = gate_json_get_s64(object, word->word, &value, ret_error);
		if (!error && policy_word_set(ret_policy, key, value))
			error = gate_json_refuse(ret_error, "%s must be from %lld to %lld, not %lld", word->word,
						 (long long)word->min, (long long)word->max, (long long)value);
	}
	return error;
}

json_t *gate_json_deny(const struct gate_deny *deny)
{
	json_t *object = json_object();
	char prefix[SOURCE_TEXT_LEN];
	int failed;

	source_text_format_prefix(&deny->source, deny->prefix_bits, prefix);
	failed = json_object_set_new(object, "prefix", json_string(prefix));
	failed |= gate_json_put_u64(object, "hits", deny->hits);
	return gate_json_finish(object, failed);
}

int gate_json_deny_decode(const json_t *object, struct gate_deny *ret_deny, struct gate_error *ret_error)
{
	const char *prefix;
	int error = refuse_unless_object(object, "a deny entry", ret_error);

	memset(ret_deny, 0, sizeof(*ret_deny));
	if (!error)
		error = gate_json_get_text(object, "prefix", &prefix, ret_error);
	if (error)
		return error;
	error = source_text_parse(prefix, &ret_deny->source, &ret_deny->prefix_bits);
	if (error == -EDOM)
		return gate_json_refuse(ret_error,
					"%.60s has bits set beyond its prefix length; write the network's own address",
					prefix);
	if (error == -ERANGE)
		return gate_json_refuse(ret_error, "%.60s has a prefix length longer than its address", prefix);
	if (error)
		return gate_json_refuse(ret_error,
					"%.60s is no IPv4, IPv6 or MAC address with an optional prefix length", prefix);
	return maybe_u64(object, "hits", &ret_deny->hits, ret_error);
}

/* {"accepted": N, ...}: every reason, so that readers need no defaults. */
static json_t *reasons_encode(const u64 counts[VG_REASON_COUNT])
{
	json_t *object = json_object();
	int failed = 0, reason;

	for (reason = 0; reason < VG_REASON_COUNT; reason++)
		failed |= gate_json_put_u64(object, vg_reason_word(reason), counts[reason]);
	return gate_json_finish(object, failed);
}

static int reasons_decode(const json_t *object, u64 ret_counts[VG_REASON_COUNT], struct gate_error *ret_error)
{
	int error = refuse_unless_object(object, "counts by reason", ret_error), reason;

	for (reason = 0; reason < VG_REASON_COUNT && !error; reason++)
		error = maybe_u64(object, vg_reason_word(reason), &ret_counts[reason], ret_error);
	return error;
}

json_t *gate_json_counters(const struct gate_counters *counters, int cpu)
{
	json_t *object = json_object();
	u64 total = 0;
	int failed = 0, reason;

	for (reason = 0; reason < VG_REASON_COUNT; reason++)
		total += counters->packets[reason];
	if (cpu >= 0)
		failed |= json_object_set_new(object, "cpu", json_integer(cpu));
	failed |= json_object_set_new(object, "packets", reasons_encode(counters->packets));
	failed |= json_object_set_new(object, "alarm_overflow", reasons_encode(counters->alarm_overflow));
	failed |= gate_json_put_u64(object, "total", total);
	return gate_json_finish(object, failed);
}

int gate_json_counters_decode(const json_t *object, struct gate_counters *ret_counters, int *ret_cpu,
			      struct gate_error *ret_error)
{
	const json_t *overflow = json_object_get(object, "alarm_overflow");
	u64 cpu = 0;
	int error = refuse_unless_object(object, "counters", ret_error);

	memset(ret_counters, 0, sizeof(*ret_counters));
	if (!error)
		error = reasons_decode(json_object_get(object, "packets"), ret_counters->packets, ret_error);
	if (!error && overflow)
		error = reasons_decode(overflow, ret_counters->alarm_overflow, ret_error);
	if (!error)
		error = maybe_u64(object, "cpu", &cpu, ret_error);
	if (error)
		return error;
	if (cpu > INT32_MAX)
		return gate_json_refuse(ret_error, "\"cpu\" must be a CPU's number");
	*ret_cpu = json_object_get(object, "cpu") ? (int)cpu : -1;
	return 0;
}

json_t *gate_json_interface(const struct gate_interface *interface)
{
	json_t *object = json_object();
	int failed = 0;

	failed |= json_object_set_new(object, "interface", json_string(interface->name));
	failed |= gate_json_put_u64(object, "ifindex", interface->ifindex);
	failed |= json_object_set_new(object, "mode", json_string(interface->mode));
	failed |= json_object_set_new(object, "grade", json_string(grade_word(interface->grade)));
	failed |= gate_json_put_u64(object, "program_id", interface->program_id);
	return gate_json_finish(object, failed);
}

static int get_short(const json_t *object, const char *name, char *ret_text, size_t size, struct gate_error *ret_error)
{
	const char *text;
	int error = gate_json_get_text(object, name, &text, ret_error);

	if (error)
		return error;
	if (strlen(text) >= size)
		return gate_json_refuse(ret_error, "\"%s\" must be shorter than %zu characters", name, size);
	memcpy(ret_text, text, strlen(text) + 1);
	return 0;
}

int gate_json_interface_decode(const json_t *object, struct gate_interface *ret_interface, struct gate_error *ret_error)
{
	int error = refuse_unless_object(object, "an interface", ret_error);

	memset(ret_interface, 0, sizeof(*ret_interface));
	if (!error)
		error = get_short(object, "interface", ret_interface->name, sizeof(ret_interface->name), ret_error);
	if (!error)
		error = get_short(object, "mode", ret_interface->mode, sizeof(ret_interface->mode), ret_error);
	if (!error)
		error = get_u32(object, "ifindex", &ret_interface->ifindex, ret_error);
	if (!error)
		error = get_u32(object, "program_id", &ret_interface->program_id, ret_error);
	return error ? error : get_grade(object, &ret_interface->grade, ret_error);
}
