// SPDX-License-Identifier: GPL-2.0
/* plan_calls.c - the functions of noun "plan": who schedules, what is planned, how it is. */
#include <errno.h>
#include <inttypes.h>

#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/charging.h"
#include "agent/contract/plan.h"
#include "agent/contract/station.h"
#include "ledger/credential.h"

#define PLAN_VERSION 1
#define PLAN_BYTES_MAX (1 + 2 + 8 + 8 + 4 + 2 + PLAN_PERIODS_MAX * 16)
#define PLAN_ENERGY_MOST 1000000000000ULL /* Wh of a period */
#define PLAN_PRICE_MOST 1000000000ULL	  /* 1/10000 yuan per kWh */
#define PLAN_AHEAD_US (7 * 86400 * 1000000ULL)

/* ORGANISATION: a name, or "-" to take the appointment back. */
static int plan_appoint(struct contract_run *run, const struct span *arguments, u32 count)
{
	const struct membership *membership = contract_membership(run);
	u8 key[3] = { 'u' }, bytes[1 + 2 + 8];
	struct contract_member asker;
	char name[MEMBERSHIP_NAME_MAX + 1] = "";
	struct writer writer;
	json_t *object;
	int result = charging_asker(run, &asker), utility;

	(void)count;
	result = result ?: argument_words(run, arguments[0], "ORGANISATION", MEMBERSHIP_NAME_MAX);
	if (result)
		return result;
	memcpy(name, arguments[0].bytes, arguments[0].len);
	key[1] = (u8)(asker.organisation >> 8);
	key[2] = (u8)asker.organisation;
	utility = membership ? membership_organisation_index(membership, name) : -1;
	if (!strcmp(name, "-")) {
		result = contract_delete(run, (struct span){ key, sizeof(key) });
	} else if (utility < 0) {
		return contract_refuse(run, -EINVAL,
				       "ORGANISATION is none of this channel; \"-\" takes an appointment "
				       "back.");
	} else {
		writer_init(&writer, bytes, sizeof(bytes));
		writer_u8(&writer, PLAN_VERSION);
		writer_u16(&writer, (u16)utility);
		writer_u64(&writer, contract_time(run));
		result = contract_put(run, (struct span){ key, sizeof(key) },
				      (struct span){ bytes, writer_len(&writer) });
	}
	if (result)
		return result;
	object = json_object();
	answer_organisation(object, "organisation", run, asker.organisation);
	answer_text(object, "utility", name);
	return answer_give(run, object);
}

/* "ENERGY:PRICE" with commas between. */
static int periods_parse(struct contract_run *run, struct span text, struct plan *plan)
{
	struct span item, energy;
	const u8 *end, *colon;
	int result;

	for (plan->count = 0;;) {
		end = memchr(text.bytes, ',', text.len);
		item = (struct span){ text.bytes, end ? (size_t)(end - text.bytes) : text.len };
		colon = item.len ? memchr(item.bytes, ':', item.len) : NULL;
		if (!colon || plan->count == PLAN_PERIODS_MAX)
			return contract_refuse(run, -EINVAL,
					       "PERIODS are 1 to %d times ENERGY:PRICE with commas between.",
					       PLAN_PERIODS_MAX);
		energy = (struct span){ item.bytes, (size_t)(colon - item.bytes) };
		item = (struct span){ colon + 1, item.len - energy.len - 1 };
		result = argument_number(run, energy, "ENERGY", 0, PLAN_ENERGY_MOST,
					 &plan->periods[plan->count].energy_wh);
		result = result
				 ?: argument_number(run, item, "PRICE", 0, PLAN_PRICE_MOST,
						    &plan->periods[plan->count].price);
		plan->count++;
		if (result || !end)
			return result;
		text = (struct span){ end + 1, text.len - (size_t)(end + 1 - text.bytes) };
	}
}

static int plan_write(struct contract_run *run, const u8 station[32], const struct plan *plan)
{
	u8 key[33], bytes[PLAN_BYTES_MAX];
	struct writer writer;
	u32 i;

	plan_key('P', station, key);
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, PLAN_VERSION);
	writer_u16(&writer, plan->organisation);
	writer_u64(&writer, plan->posted);
	writer_u64(&writer, plan->start);
	writer_u32(&writer, plan->period_s);
	writer_u16(&writer, (u16)plan->count);
	for (i = 0; i < plan->count; i++) {
		writer_u64(&writer, plan->periods[i].energy_wh);
		writer_u64(&writer, plan->periods[i].price);
	}
	return contract_put(run, (struct span){ key, sizeof(key) }, (struct span){ bytes, writer_len(&writer) });
}

/* STATION START PERIOD PERIODS */
static int plan_post(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct contract_member asker;
	struct station station;
	struct plan plan = { .posted = contract_time(run) };
	json_t *object;
	u64 period = 0;
	u8 id[32];
	int result = argument_hex(run, arguments[0], "STATION", id, sizeof(id));

	(void)count;
	result = result ?: station_get(run, id, &station);
	result = result ?: charging_asker(run, &asker);
	result = result ?: plan_governs(run, station.organisation, asker.organisation);
	result = result ?: argument_number(run, arguments[1], "START", 1, plan.posted + PLAN_AHEAD_US, &plan.start);
	result = result ?: argument_number(run, arguments[2], "PERIOD", 60, PLAN_PERIOD_MOST, &period);
	result = result ?: periods_parse(run, arguments[3], &plan);
	if (result)
		return result;
	plan.period_s = (u32)period;
	plan.organisation = asker.organisation;
	if (plan.start + (u64)plan.count * plan.period_s * 1000000 <= plan.posted)
		return contract_refuse(run, -EINVAL, "All of these periods are over.");
	result = plan_write(run, id, &plan);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "station", id, sizeof(id));
	answer_number(object, "periods", plan.count);
	return answer_give(run, object);
}

/* STATION LOAD BUSY, by the station's own node or its administrator. */
static int plan_observe(struct contract_run *run, const struct span *arguments, u32 count)
{
	u8 id[32], key[33], bytes[1 + 8 + 8 + 2];
	struct contract_member asker;
	struct station station;
	struct writer writer;
	json_t *object;
	u64 load, busy;
	int result = argument_hex(run, arguments[0], "STATION", id, sizeof(id));

	(void)count;
	result = result ?: station_get(run, id, &station);
	result = result ?: charging_asker(run, &asker);
	result = result ?: argument_number(run, arguments[1], "LOAD", 0, PLAN_ENERGY_MOST, &load);
	result = result ?: argument_number(run, arguments[2], "BUSY", 0, station.chargers, &busy);
	if (result)
		return result;
	if (memcmp(contract_client(run), station.node, sizeof(station.node)) &&
	    (asker.organisation != station.organisation || asker.role != CREDENTIAL_ADMINISTRATOR))
		return contract_refuse(run, -EACCES,
				       "A station's state is told by its own node, or its administrator.");
	plan_key('O', id, key);
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, PLAN_VERSION);
	writer_u64(&writer, contract_time(run));
	writer_u64(&writer, load);
	writer_u16(&writer, (u16)busy);
	result = contract_put(run, (struct span){ key, sizeof(key) }, (struct span){ bytes, writer_len(&writer) });
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "station", id, sizeof(id));
	answer_number(object, "load", load);
	answer_number(object, "busy", busy);
	return answer_give(run, object);
}

static json_t *plan_json(const struct contract_run *run, const struct plan *plan)
{
	json_t *object = json_object(), *list = json_array(), *item;
	u32 i;

	answer_organisation(object, "organisation", run, plan->organisation);
	answer_number(object, "posted", plan->posted);
	answer_number(object, "start", plan->start);
	answer_number(object, "period", plan->period_s);
	for (i = 0; i < plan->count; i++) {
		item = json_object();
		answer_number(item, "from", plan->start + (u64)i * plan->period_s * 1000000);
		answer_number(item, "energy", plan->periods[i].energy_wh);
		answer_number(item, "price", plan->periods[i].price);
		answer_item(list, item);
	}
	answer_part(object, "periods", list);
	return object;
}

static int plan_show(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct plan_observed observed;
	json_t *object, *item;
	u8 id[32], key[33];
	struct span value;
	struct plan plan;
	int result = argument_hex(run, arguments[0], "STATION", id, sizeof(id));

	(void)count;
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "station", id, sizeof(id));
	plan_key('P', id, key);
	result = contract_get(run, (struct span){ key, sizeof(key) }, &value);
	if (!result && !plan_decode(value, &plan))
		answer_part(object, "plan", plan_json(run, &plan));
	plan_key('O', id, key);
	if (!result || result == -ENOENT)
		result = contract_get(run, (struct span){ key, sizeof(key) }, &value);
	if (!result && !plan_observed_decode(value, &observed)) {
		item = json_object();
		answer_number(item, "told", observed.told);
		answer_number(item, "load", observed.load_w);
		answer_number(item, "busy", observed.busy);
		answer_part(object, "observed", item);
	}
	if (!result || result == -ENOENT)
		return answer_give(run, object);
	json_decref(object);
	return result;
}

static const struct charging_function functions[] = {
	{ "appoint", 1, 1, CHARGING_ADMINISTRATOR, plan_appoint, "ORGANISATION" },
	{ "post", 4, 4, CHARGING_ADMINISTRATOR, plan_post, "STATION START PERIOD ENERGY:PRICE,..." },
	{ "observe", 3, 3, 0, plan_observe, "STATION LOAD BUSY" },
	{ "show", 1, 1, CHARGING_QUERY, plan_show, "STATION" },
	{ .name = NULL },
};

const struct charging_noun charging_plan = { "plan", functions };
