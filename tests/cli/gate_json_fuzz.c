// SPDX-License-Identifier: GPL-2.0
/*
 * gate_json_fuzz.c - fuzzes the decoding of gate objects. What decodes must
 * survive another way to JSON and back unchanged.
 */
#include <stdint.h>
#include <stdlib.h>

#include "agent/gate_json.h"
#include "agent/policy_word.h"

static void must(bool held)
{
	if (!held)
		abort();
}

static void try_session(const json_t *object, bool with_key)
{
	struct gate_session session, back;
	struct gate_error error = { "" };
	json_t *again;

	if (gate_json_session_decode(object, with_key, &session, &error)) {
		must(error.text[0] && !session.id);
		return;
	}
	again = with_key ? gate_json_session_secret(&session) : gate_json_session(&session);
	must(!gate_json_session_decode(again, with_key, &back, &error) && !memcmp(&session, &back, sizeof(back)));
	json_decref(again);
}

static void try_status(const json_t *object)
{
	struct gate_status status, back;
	struct gate_error error = { "" };
	json_t *again;

	if (gate_json_status_decode(object, &status, &error)) {
		must(error.text[0]);
		return;
	}
	again = gate_json_status(&status);
	must(!gate_json_status_decode(again, &back, &error) && !memcmp(&status, &back, sizeof(back)));
	json_decref(again);
}

static void try_alarm(const json_t *object)
{
	struct vg_alarm alarm, back;
	struct gate_error error = { "" };
	int event, event_back;
	json_t *again;

	if (gate_json_alarm_decode(object, &alarm, &event, &error)) {
		must(error.text[0]);
		return;
	}
	again = gate_json_alarm(&alarm, event, NULL);
	must(!gate_json_alarm_decode(again, &back, &event_back, &error) && !memcmp(&alarm, &back, sizeof(back)) &&
	     event == event_back);
	json_decref(again);
}

static void try_rest(const json_t *object)
{
	struct gate_interface interface;
	struct gate_error error = { "" };
	struct gate_counters counters;
	struct vg_policy policy;
	struct gate_deny deny;
	json_t *again;
	int cpu, key;

	policy_word_defaults(&policy);
	if (!gate_json_policy_decode(object, &policy, &error))
		for (key = 0; key < VG_POLICY_KEY_COUNT; key++)
			must(policy_word_get(&policy, key) >= policy_word_of(key)->min &&
			     policy_word_get(&policy, key) <= policy_word_of(key)->max);
	if (!gate_json_deny_decode(object, &deny, &error)) {
		must(deny.prefix_bits <= vg_source_bits(deny.source.family));
		again = gate_json_deny(&deny);
		must(!gate_json_deny_decode(again, &deny, &error));
		json_decref(again);
	}
	gate_json_counters_decode(object, &counters, &cpu, &error);
	gate_json_interface_decode(object, &interface, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *object = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	if (!object)
		return 0;
	try_session(object, false);
	try_session(object, true);
	try_status(object);
	try_alarm(object);
	try_rest(object);
	json_decref(object);
	return 0;
}
