// SPDX-License-Identifier: GPL-2.0
/*
 * verbs.c - the verbs of the control socket, a table and a function each.
 *
 * A function answers by itself and returns 0, or returns -errno with a
 * sentence in @error, which then is the answer.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/gate_json.h"
#include "agent/gate_kernel.h"
#include "agent/node_verbs.h"
#include "agent/policy_word.h"
#include "agent/say.h"
#include "agent/status.h"
#include "agent/verbs.h"

typedef int verbs_fn(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error);

static int verbs_end(struct control_peer *peer, int err)
{
	if (!err)
		control_end(peer);
	return err;
}

/* The same for a call of the gate, whose sentence is its own. */
static int verbs_gate(struct agent *agent, struct control_peer *peer, int err, struct gate_error *error)
{
	if (err)
		*error = agent->gate->error;
	return verbs_end(peer, err);
}

static int verbs_status(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	json_t *object = NULL;
	int err = status_json(agent, &object, error);

	(void)request;
	if (!err)
		control_send(peer, object);
	return verbs_end(peer, err);
}

static int verbs_session_add(struct agent *agent, struct control_peer *peer, const json_t *request,
			     struct gate_error *error)
{
	const json_t *inner = json_object_get(request, "session");
	struct gate_session session;
	int err = gate_json_session_decode(json_is_object(inner) ? inner : request, true, &session, error);

	if (!err)
		err = verbs_gate(agent, peer, agent->gate->ops->session_add(agent->gate, &session), error);
	explicit_bzero(&session, sizeof(session));
	return err;
}

static int verbs_session_remove(struct agent *agent, struct control_peer *peer, const json_t *request,
				struct gate_error *error)
{
	u64 id;
	int err = gate_json_get_id(request, "id", &id, error);

	return err ? err : verbs_gate(agent, peer, agent->gate->ops->session_remove(agent->gate, id), error);
}

static int verbs_session_revoke(struct agent *agent, struct control_peer *peer, const json_t *request,
				struct gate_error *error)
{
	u64 id;
	int err = gate_json_get_id(request, "id", &id, error);

	return err ? err : verbs_gate(agent, peer, agent->gate->ops->session_revoke(agent->gate, id), error);
}

static int verbs_session_get(struct agent *agent, struct control_peer *peer, const json_t *request,
			     struct gate_error *error)
{
	struct gate_session session;
	u64 id;
	int err = gate_json_get_id(request, "id", &id, error);

	if (err)
		return err;
	err = agent->gate->ops->session_get(agent->gate, id, &session);
	if (!err)
		control_send(peer, gate_json_session(&session));
	return verbs_gate(agent, peer, err, error);
}

static int verbs_each_session(void *arg, const struct gate_session *session)
{
	control_send(arg, gate_json_session(session));
	return 0;
}

static int verbs_each_deny(void *arg, const struct gate_deny *deny)
{
	control_send(arg, gate_json_deny(deny));
	return 0;
}

static int verbs_each_alarm(void *arg, const struct vg_alarm *alarm)
{
	control_send(arg, gate_json_alarm(alarm, 0, NULL));
	return 0;
}

enum verbs_dump_kind { VERBS_SESSIONS, VERBS_DENIES, VERBS_ALARMS };

struct verbs_dump {
	struct agent *agent;
	enum verbs_dump_kind kind;
};

/* In a process of its own; the parent's netlink socket is left to the parent. */
static int verbs_dump(void *arg, struct control_peer *peer, struct control_error *ret_error)
{
	const struct verbs_dump *dump = arg;
	struct gate *gate = dump->agent->gate;
	struct gate_error error;
	int err = 0;

	if (dump->agent->batchlink)
		err = gate_kernel_open(&gate, &error);
	if (err) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%s", error.text);
		return err;
	}
	if (dump->kind == VERBS_SESSIONS)
		err = gate->ops->session_dump(gate, verbs_each_session, peer);
	else if (dump->kind == VERBS_DENIES)
		err = gate->ops->deny_dump(gate, verbs_each_deny, peer);
	else
		err = gate->ops->alarm_dump(gate, verbs_each_alarm, peer);
	if (err)
		snprintf(ret_error->text, sizeof(ret_error->text), "%s", gate->error.text);
	return err;
}

static int verbs_session_dump(struct agent *agent, struct control_peer *peer, const json_t *request,
			      struct gate_error *error)
{
	struct verbs_dump dump = { agent, VERBS_SESSIONS };

	(void)request;
	(void)error;
	control_dump(peer, verbs_dump, &dump);
	return 0;
}

static int verbs_deny_dump(struct agent *agent, struct control_peer *peer, const json_t *request,
			   struct gate_error *error)
{
	struct verbs_dump dump = { agent, VERBS_DENIES };

	(void)request;
	(void)error;
	control_dump(peer, verbs_dump, &dump);
	return 0;
}

static int verbs_alarm_dump(struct agent *agent, struct control_peer *peer, const json_t *request,
			    struct gate_error *error)
{
	struct verbs_dump dump = { agent, VERBS_ALARMS };

	(void)request;
	(void)error;
	control_dump(peer, verbs_dump, &dump);
	return 0;
}

static int verbs_policy_get(struct agent *agent, struct control_peer *peer, const json_t *request,
			    struct gate_error *error)
{
	struct vg_policy policy = agent->policy;
	int err = agent->gate->ops->policy_get(agent->gate, &policy), key;

	(void)request;
	for (key = 0; key < VG_POLICY_KEY_COUNT; key++) /* the module does not know what is the XDP program's */
		if (policy_word_of(key)->room == VG_POLICY_ROOM_INGRESS)
			policy_word_set(&policy, key, policy_word_get(&agent->policy, key));
	if (!err)
		control_send(peer, gate_json_policy(&policy));
	return verbs_gate(agent, peer, err, error);
}

static int verbs_policy_set(struct agent *agent, struct control_peer *peer, const json_t *request,
			    struct gate_error *error)
{
	const struct policy_word *known;
	const char *word;
	s64 value;
	int key, err = gate_json_get_text(request, "key", &word, error);

	if (!err)
		err = gate_json_get_s64(request, "value", &value, error);
	if (err)
		return err;
	key = policy_word_find(word);
	if (key < 0) {
		snprintf(error->text, sizeof(error->text), "There is no setting '%.64s'. 'voltgate policy' lists them.",
			 word);
		return -ENOENT;
	}
	known = policy_word_of(key);
	if (value < known->min || value > known->max) {
		snprintf(error->text, sizeof(error->text), "%s must be from %lld to %lld.", word, (long long)known->min,
			 (long long)known->max);
		return -ERANGE;
	}
	if (agent->attest || known->room == VG_POLICY_ROOM_GATE)
		err = agent->gate->ops->policy_set(agent->gate, key, value);
	if (err)
		return verbs_gate(agent, peer, err, error);
	err = enforce_policy(agent, key, value);
	if (err)
		snprintf(error->text, sizeof(error->text), "The XDP program could not be told: %s.", strerror(-err));
	else
		say_info("Policy: %s is now %lld.", word, (long long)value);
	return verbs_end(peer, err);
}

static int verbs_deny_add(struct agent *agent, struct control_peer *peer, const json_t *request,
			  struct gate_error *error)
{
	struct gate_deny deny;
	int err = gate_json_deny_decode(request, &deny, error);

	return err ? err : verbs_gate(agent, peer, agent->gate->ops->deny_add(agent->gate, &deny), error);
}

static int verbs_deny_remove(struct agent *agent, struct control_peer *peer, const json_t *request,
			     struct gate_error *error)
{
	struct gate_deny deny;
	int err = gate_json_deny_decode(request, &deny, error);

	return err ? err : verbs_gate(agent, peer, agent->gate->ops->deny_remove(agent->gate, &deny), error);
}

static int verbs_counters(struct agent *agent, struct control_peer *peer, const json_t *request,
			  struct gate_error *error)
{
	struct gate_counters counters;
	int err = agent->gate->ops->counters(agent->gate, &counters);

	(void)request;
	if (!err)
		control_send(peer, gate_json_counters(&counters, -1));
	return verbs_gate(agent, peer, err, error);
}

static int verbs_each_cpu(void *arg, int cpu, const struct gate_counters *counters)
{
	control_send(arg, gate_json_counters(counters, cpu));
	return 0;
}

static int verbs_counters_cpu(struct agent *agent, struct control_peer *peer, const json_t *request,
			      struct gate_error *error)
{
	(void)request;
	if (!agent->gate->ops->counters_cpu) {
		snprintf(error->text, sizeof(error->text), "This gate cannot tell its counters by CPU.");
		return -EOPNOTSUPP;
	}
	return verbs_gate(agent, peer, agent->gate->ops->counters_cpu(agent->gate, verbs_each_cpu, peer), error);
}

static int verbs_flush(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	(void)request;
	return verbs_gate(agent, peer, agent->gate->ops->flush(agent->gate), error);
}

static int verbs_attach(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	static const char *const words[] = { "auto", "native", "generic" };
	const char *name, *mode = "auto";
	struct loader_attachment attachment;
	struct loader_error loader_error;
	int err = gate_json_get_text(request, "interface", &name, error);
	u32 i;

	if (!err && json_object_get(request, "mode"))
		err = gate_json_get_text(request, "mode", &mode, error);
	if (err)
		return err;
	for (i = 0; i < 3 && strcmp(words[i], mode); i++)
		;
	if (i == 3) {
		snprintf(error->text, sizeof(error->text), "There is no mode '%.32s'. Say native, generic or auto.",
			 mode);
		return -EINVAL;
	}
	err = loader_attach(agent->loader, name, (enum loader_mode)i, false, &attachment, &loader_error);
	if (err) {
		snprintf(error->text, sizeof(error->text), "%.255s", loader_error.text);
		return err;
	}
	say_info("%s: %s", name, attachment.sentence);
	control_send(peer, status_attachment(agent, &attachment));
	return verbs_end(peer, 0);
}

static int verbs_detach(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	struct loader_error loader_error;
	const char *name;
	int err = gate_json_get_text(request, "interface", &name, error);

	if (err)
		return err;
	err = loader_detach(agent->loader, name, &loader_error);
	if (err)
		snprintf(error->text, sizeof(error->text), "%.255s", loader_error.text);
	else
		say_info("%s: taken off.", name);
	return verbs_end(peer, err);
}

static int verbs_interfaces(struct agent *agent, struct control_peer *peer, const json_t *request,
			    struct gate_error *error)
{
	const struct loader_attachment *attachment;
	u32 i;

	(void)request;
	(void)error;
	for (i = 0; agent->loader && (attachment = loader_attachment(agent->loader, i)); i++)
		control_send(peer, status_attachment(agent, attachment));
	return verbs_end(peer, 0);
}

static int verbs_follow(struct agent *agent, struct control_peer *peer, const json_t *request, struct gate_error *error)
{
	static const char *const words[] = { "alarms", "verdicts", "actions", "blocks" };
	const char *what;
	int err = gate_json_get_text(request, "what", &what, error), i;

	(void)agent;
	if (err)
		return err;
	for (i = 0; i < CONTROL_WHAT_COUNT; i++)
		if (!strcmp(what, words[i])) {
			control_follow(peer, (enum control_what)i);
			return 0;
		}
	snprintf(error->text, sizeof(error->text),
		 "'%.32s' cannot be followed. Say alarms, verdicts, actions or blocks.", what);
	return -EINVAL;
}

static int verbs_handshake_set(struct agent *agent, struct control_peer *peer, const json_t *request,
			       struct gate_error *error)
{
	u8 public_key[32];
	int err = gate_json_get_hex(request, "public_key", public_key, sizeof(public_key), error);

	if (err)
		return err;
	err = ingress_set_handshake_key(agent->ingress, public_key);
	if (err)
		snprintf(error->text, sizeof(error->text), "The XDP program could not be told: %s.", strerror(-err));
	return verbs_end(peer, err);
}

static int verbs_its_trust_reload(struct agent *agent, struct control_peer *peer, const json_t *request,
				  struct gate_error *error)
{
	struct its_room_error room_error;
	int err;

	(void)request;
	err = notice_reload(agent, &room_error);
	if (err)
		snprintf(error->text, sizeof(error->text), "%.255s", room_error.text);
	return verbs_end(peer, err);
}

static const struct {
	const char *word;
	verbs_fn *handle;
	bool gateless; /* works without a gate too */
} verbs[] = {
	{ "status", verbs_status, true },
	{ "session-add", verbs_session_add, false },
	{ "session-remove", verbs_session_remove, false },
	{ "session-revoke", verbs_session_revoke, false },
	{ "session-get", verbs_session_get, false },
	{ "session-dump", verbs_session_dump, false },
	{ "policy-get", verbs_policy_get, false },
	{ "policy-set", verbs_policy_set, false },
	{ "deny-add", verbs_deny_add, false },
	{ "deny-remove", verbs_deny_remove, false },
	{ "deny-dump", verbs_deny_dump, false },
	{ "counters", verbs_counters, false },
	{ "counters-cpu", verbs_counters_cpu, false },
	{ "alarm-dump", verbs_alarm_dump, false },
	{ "flush", verbs_flush, false },
	{ "attach", verbs_attach, false },
	{ "detach", verbs_detach, false },
	{ "interfaces", verbs_interfaces, true },
	{ "follow", verbs_follow, true },
	{ "handshake-set", verbs_handshake_set, false },
	{ "its-trust-reload", verbs_its_trust_reload, false },
};

void verbs_handle(void *arg, struct control_peer *peer, const char *verb, const json_t *request)
{
	struct agent *agent = arg;
	struct gate_error error = { "" };
	size_t i;
	int err;

	if (node_verbs_handle(agent, peer, verb, request))
		return;
	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].word, verb))
			continue;
		if (!agent->config.gate && !verbs[i].gateless) {
			control_error(peer, -EOPNOTSUPP,
				      "This agent has no gate: [agent] gate = no in its configuration.");
			return;
		}
		err = verbs[i].handle(agent, peer, request, &error);
		if (err)
			control_error(peer, err, error.text);
		return;
	}
	snprintf(error.text, sizeof(error.text), "There is no verb '%.64s'. agent/control.h lists them.", verb);
	control_error(peer, -ENOSYS, error.text);
}
