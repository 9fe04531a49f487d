// SPDX-License-Identifier: GPL-2.0
/*
 * gate_control.c - a gate behind the agent's control socket: each operation of
 * gate.h is one request of control.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/control_client.h"
#include "agent/gate_json.h"
#include "agent/policy_word.h"

struct gate_control {
	struct gate gate;
	struct control_client *client;
};

/* One walk over answers: decodes each object and passes it on. */
struct walk {
	struct gate_control *control;
	int found;
	union {
		struct gate_status *status;
		struct gate_session *session;
		struct vg_policy *policy;
		struct gate_counters *counters;
		int (*each_session)(void *arg, const struct gate_session *session);
		int (*each_deny)(void *arg, const struct gate_deny *deny);
		int (*each_counters)(void *arg, int cpu, const struct gate_counters *counters);
		int (*each_alarm)(void *arg, const struct vg_alarm *alarm);
	};
	void *arg;
};

static struct gate_control *control_of(struct gate *gate)
{
	return (struct gate_control *)gate;
}

static int call(struct gate *gate, json_t *request, int (*each)(void *, const json_t *), void *arg)
{
	return control_client_call(control_of(gate)->client, request, each, arg, &gate->error);
}

/* For requests whose answer is one object: an answer without it is a fault of the peer. */
static int call_for_one(struct gate *gate, json_t *request, int (*each)(void *, const json_t *), struct walk *walk)
{
	int error = call(gate, request, each, walk);

	if (!error && !walk->found) {
		snprintf(gate->error.text, sizeof(gate->error.text),
			 "the agent answered without an object: its version differs from this program's");
		return -EPROTO;
	}
	return error;
}

static json_t *request_do(const char *verb)
{
	return json_pack("{s:s}", "do", verb);
}

static json_t *request_id(const char *verb, u64 id)
{
	json_t *request = request_do(verb);

	if (request && gate_json_put_id(request, "id", id)) {
		json_decref(request);
		return NULL;
	}
	return request;
}

/* {"do": verb, name: value}; takes @value's reference. */
static json_t *request_with(const char *verb, const char *name, json_t *value)
{
	json_t *request = request_do(verb);

	if (json_object_set_new(request, name, value)) {
		json_decref(request);
		return NULL;
	}
	return request;
}

static int each_status(void *arg, const json_t *object)
{
	struct walk *walk = arg;

	walk->found = 1;
	return gate_json_status_decode(object, walk->status, &walk->control->gate.error);
}

static int control_status(struct gate *gate, struct gate_status *ret_status)
{
	struct walk walk = { .control = control_of(gate), .status = ret_status };

	return call_for_one(gate, request_do("status"), each_status, &walk);
}

static int control_session_add(struct gate *gate, const struct gate_session *session)
{
	return call(gate, request_with("session-add", "session", gate_json_session_secret(session)), NULL, NULL);
}

static int control_session_remove(struct gate *gate, u64 id)
{
	return call(gate, request_id("session-remove", id), NULL, NULL);
}

static int control_session_revoke(struct gate *gate, u64 id)
{
	return call(gate, request_id("session-revoke", id), NULL, NULL);
}

static int each_session(void *arg, const json_t *object)
{
	struct walk *walk = arg;

	walk->found = 1;
	return gate_json_session_decode(object, false, walk->session, &walk->control->gate.error);
}

static int control_session_get(struct gate *gate, u64 id, struct gate_session *ret_session)
{
	struct walk walk = { .control = control_of(gate), .session = ret_session };

	return call_for_one(gate, request_id("session-get", id), each_session, &walk);
}

static int each_dumped_session(void *arg, const json_t *object)
{
	struct walk *walk = arg;
	struct gate_session session;
	int error = gate_json_session_decode(object, false, &session, &walk->control->gate.error);

	return error ? error : walk->each_session(walk->arg, &session);
}

static int control_session_dump(struct gate *gate, int (*each)(void *arg, const struct gate_session *session),
				void *arg)
{
	struct walk walk = { .control = control_of(gate), .each_session = each, .arg = arg };

	return call(gate, request_do("session-dump"), each_dumped_session, &walk);
}

static int each_policy(void *arg, const json_t *object)
{
	struct walk *walk = arg;

	walk->found = 1;
	return gate_json_policy_decode(object, walk->policy, &walk->control->gate.error);
}

static int control_policy_get(struct gate *gate, struct vg_policy *ret_policy)
{
	struct walk walk = { .control = control_of(gate), .policy = ret_policy };

	return call_for_one(gate, request_do("policy-get"), each_policy, &walk);
}

static int control_policy_set(struct gate *gate, enum vg_policy_key key, s64 value)
{
	return call(gate,
		    json_pack("{s:s, s:s, s:I}", "do", "policy-set", "key", policy_word_of(key)->word, "value",
			      (json_int_t)value),
		    NULL, NULL);
}

/* The prefix's text is what both sides agree on. */
static int deny_call(struct gate *gate, const char *verb, const struct gate_deny *deny)
{
	json_t *entry = gate_json_deny(deny);
	json_t *request = request_with(verb, "prefix", json_incref(json_object_get(entry, "prefix")));

	json_decref(entry);
	return call(gate, request, NULL, NULL);
}

static int control_deny_add(struct gate *gate, const struct gate_deny *deny)
{
	return deny_call(gate, "deny-add", deny);
}

static int control_deny_remove(struct gate *gate, const struct gate_deny *deny)
{
	return deny_call(gate, "deny-remove", deny);
}

static int each_deny(void *arg, const json_t *object)
{
	struct walk *walk = arg;
	struct gate_deny deny;
	int error = gate_json_deny_decode(object, &deny, &walk->control->gate.error);

	return error ? error : walk->each_deny(walk->arg, &deny);
}

static int control_deny_dump(struct gate *gate, int (*each)(void *arg, const struct gate_deny *deny), void *arg)
{
	struct walk walk = { .control = control_of(gate), .each_deny = each, .arg = arg };

	return call(gate, request_do("deny-dump"), each_deny, &walk);
}

static int each_counters(void *arg, const json_t *object)
{
	struct walk *walk = arg;
	int cpu;

	walk->found = 1;
	return gate_json_counters_decode(object, walk->counters, &cpu, &walk->control->gate.error);
}

static int control_counters(struct gate *gate, struct gate_counters *ret_counters)
{
	struct walk walk = { .control = control_of(gate), .counters = ret_counters };

	return call_for_one(gate, request_do("counters"), each_counters, &walk);
}

static int each_cpu(void *arg, const json_t *object)
{
	struct walk *walk = arg;
	struct gate_counters counters;
	int cpu, error = gate_json_counters_decode(object, &counters, &cpu, &walk->control->gate.error);

	return error ? error : walk->each_counters(walk->arg, cpu, &counters);
}

static int control_counters_cpu(struct gate *gate,
				int (*each)(void *arg, int cpu, const struct gate_counters *counters), void *arg)
{
	struct walk walk = { .control = control_of(gate), .each_counters = each, .arg = arg };

	return call(gate, request_do("counters-cpu"), each_cpu, &walk);
}

static int each_alarm(void *arg, const json_t *object)
{
	struct walk *walk = arg;
	struct vg_alarm alarm;
	int event, error = gate_json_alarm_decode(object, &alarm, &event, &walk->control->gate.error);

	return error ? error : walk->each_alarm(walk->arg, &alarm);
}

static int control_alarm_dump(struct gate *gate, int (*each)(void *arg, const struct vg_alarm *alarm), void *arg)
{
	struct walk walk = { .control = control_of(gate), .each_alarm = each, .arg = arg };

	return call(gate, request_do("alarm-dump"), each_alarm, &walk);
}

static int control_flush(struct gate *gate)
{
	return call(gate, request_do("flush"), NULL, NULL);
}

static void control_close(struct gate *gate)
{
	control_client_close(control_of(gate)->client);
	free(gate);
}

static const struct gate_ops control_ops = {
	.status = control_status,
	.session_add = control_session_add,
	.session_remove = control_session_remove,
	.session_revoke = control_session_revoke,
	.session_get = control_session_get,
	.session_dump = control_session_dump,
	.policy_get = control_policy_get,
	.policy_set = control_policy_set,
	.deny_add = control_deny_add,
	.deny_remove = control_deny_remove,
	.deny_dump = control_deny_dump,
	.counters = control_counters,
	.counters_cpu = control_counters_cpu,
	.alarm_dump = control_alarm_dump,
	.flush = control_flush,
	.close = control_close,
};

int gate_control_open(const char *path, struct gate **ret_gate, struct gate_error *ret_error)
{
	struct gate_control *control = calloc(1, sizeof(*control));
	int error;

	if (!control) {
		snprintf(ret_error->text, sizeof(ret_error->text), "out of memory");
		return -ENOMEM;
	}
	control->gate.ops = &control_ops;
	error = control_client_open(path, &control->client, ret_error);
	if (error) {
		free(control);
		return error;
	}
	*ret_gate = &control->gate;
	return 0;
}
