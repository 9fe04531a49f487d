// SPDX-License-Identifier: GPL-2.0
/*
 * status.c - gathers what each part says of itself: status.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/charge/charge.h"
#include "agent/control.h"
#include "agent/gate_json.h"
#include "agent/greet.h"
#include "agent/status.h"

json_t *status_attachment(const struct agent *agent, const struct loader_attachment *attachment)
{
	struct gate_interface interface = { .ifindex = attachment->ifindex,
					    .grade = loader_grade(agent->loader),
					    .program_id = attachment->program_id };

	memcpy(interface.name, attachment->name, sizeof(interface.name));
	strcpy(interface.mode, attachment->coexist			 ? "dispatcher"
			       : attachment->mode == LOADER_MODE_GENERIC ? "generic"
									 : "native");
	return gate_json_interface(&interface);
}

static json_t *status_interfaces(const struct agent *agent)
{
	const struct loader_attachment *attachment;
	json_t *list = json_array();
	u32 i;

	for (i = 0; (attachment = loader_attachment(agent->loader, i)); i++)
		json_array_append_new(list, status_attachment(agent, attachment));
	return list;
}

static json_t *status_actions(const struct agent *agent)
{
	struct action_counts counts;

	action_counts(agent->action, &counts);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "received", (json_int_t)counts.received,
			 "beacons", (json_int_t)counts.beacons, "hellos", (json_int_t)counts.hellos, "foreign",
			 (json_int_t)counts.foreign, "acted", (json_int_t)counts.acted, "uncovered",
			 (json_int_t)counts.uncovered, "unclaimed", (json_int_t)counts.unclaimed, "dropped",
			 (json_int_t)counts.dropped, "waiting", (json_int_t)counts.waiting);
}

static json_t *status_verdicts(const struct agent *agent)
{
	struct verdicts_counts counts;

	verdicts_counts(agent->verdicts, &counts);
	return json_pack("{s:I, s:I, s:I, s:I, s:b, s:I, s:I}", "batches", (json_int_t)counts.batches, "records",
			 (json_int_t)counts.records, "faults", (json_int_t)counts.faults, "syncs",
			 (json_int_t)counts.syncs, "disk_full", agent->verdicts_stuck, "cut",
			 (json_int_t)verdicts_cut(agent->verdicts), "records_lost",
			 (json_int_t)(agent->attest ? attest_lost(agent->attest) : 0));
}

static json_t *status_charge(const struct agent *agent)
{
	struct charge_counts counts;
	json_t *object = json_object();

	charge_counts(agent, &counts);
#define STATUS_CHARGE(name, word) json_object_set_new(object, word, json_integer((json_int_t)counts.name));
	CHARGE_COUNTS(STATUS_CHARGE)
#undef STATUS_CHARGE
	json_object_set_new(object, "under-way", json_integer(counts.under_way));
	json_object_set_new(object, "sessions-revoked", json_integer((json_int_t)agent->revocations));
	return object;
}

/* In the plain grade the chain is the agent's, so the gate cannot tell. */
static void status_add_chain(const struct agent *agent, struct gate_status *status)
{
	const struct chain *chain = verdicts_chain(agent->verdicts);

	status->epoch = attest_epoch(agent->attest);
	memcpy(status->attestor, attest_public_key(agent->attest), VG_KEY_LEN);
	status->next_number = attest_next_number(agent->attest);
	memcpy(status->head_hash, chain->head_hash, VG_HASH_LEN);
	status->acknowledged = chain->started && chain->epoch == status->epoch ? chain->number + 1 : 0;
	status->pending_batches = (u32)(status->next_number - status->acknowledged);
	status->open_records = attest_open_records(agent->attest);
}

/* Without a gate: {"gate": false, "agent": {...}}. */
static int status_gateless(struct agent *agent, json_t **ret_object, struct gate_error *ret_error)
{
	*ret_object = json_pack("{s:b, s:{s:i, s:s, s:s, s:s, s:b, s:i}}", "gate", 0, "agent", "pid", (int)getpid(),
				"version", VOLTGATE_VERSION, "name", agent->host, "config", agent->config_path, "node",
				agent->node != NULL, "peers", (int)control_peers(agent->control));
	if (*ret_object)
		return 0;
	strcpy(ret_error->text, "No memory for the answer.");
	return -ENOMEM;
}

int status_json(struct agent *agent, json_t **ret_object, struct gate_error *ret_error)
{
	struct gate_status status;
	json_t *own;
	int err;

	if (!agent->config.gate)
		return status_gateless(agent, ret_object, ret_error);
	err = agent->gate->ops->status(agent->gate, &status);
	if (err) {
		*ret_error = agent->gate->error;
		return err;
	}
	if (agent->attest)
		status_add_chain(agent, &status);
	*ret_object = gate_json_status(&status);
	own = json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:i}", "pid", (int)getpid(),
			"version", VOLTGATE_VERSION, "name", agent->host, "config", agent->config_path, "grade_reason",
			loader_grade_sentence(agent->loader), "interfaces", status_interfaces(agent), "actions",
			status_actions(agent), "verdicts", status_verdicts(agent), "alarms", alarms_json(agent->alarms),
			"its", agent->its ? its_room_json(agent->its) : json_null(), "handshake", greet_json(agent),
			"node", agent->node != NULL, "peers", (int)control_peers(agent->control));
	if (own && agent->charge)
		json_object_set_new(own, "charge", status_charge(agent));
	if (!*ret_object || !own || json_object_set_new(*ret_object, "agent", own)) {
		json_decref(*ret_object);
		*ret_object = NULL;
		strcpy(ret_error->text, "No memory for the answer.");
		return -ENOMEM;
	}
	return 0;
}
