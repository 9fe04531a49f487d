// SPDX-License-Identifier: GPL-2.0
/*
 * outlook.c - see outlook.h. A session's power is its energy so far over its time so far.
 */
#include "agent/charge/outlook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/charging_ask.h"
#include "agent/contract/charging.h"
#include "agent/say.h"

#define OUTLOOK_AGAIN_BEATS 30 /* told anyway after so many */
#define HOUR_US 3600000000ULL

struct outlook_load {
	u64 watts;
	u32 busy;
};

struct outlook {
	struct outlook_options options;
	char station[65];
	struct invoker *invoker;
	u64 next_ms;
	u32 beats; /* since it was told */
	bool under_way, troubled, known;
	struct outlook_load posting, posted;
};

static void outlook_done(void *arg, const struct invoker_result *result)
{
	struct outlook *outlook = arg;

	outlook->under_way = false;
	if (result->committed && result->outcome == LEDGER_VALID) {
		outlook->posted = outlook->posting;
		outlook->known = true;
		outlook->troubled = false;
		outlook->beats = 0;
		outlook->options.told(outlook->options.arg);
		return;
	}
	if (!outlook->troubled)
		say_error("The station's load could not be told: %s It is tried again.",
			  result->committed ? ledger_outcome_sentence(result->outcome) : result->trouble);
	outlook->troubled = true;
}

struct outlook *outlook_new(const struct outlook_options *options)
{
	struct outlook *outlook = calloc(1, sizeof(*outlook));
	struct invoker_options to = {
		.consortium = options->consortium,
		.timeout_ms = options->timeout_ms,
		.done = outlook_done,
		.arg = outlook,
	};

	if (!outlook)
		return NULL;
	outlook->options = *options;
	snprintf(outlook->station, sizeof(outlook->station), "%s", options->station);
	if (!invoker_new(&to, &outlook->invoker))
		return outlook;
	free(outlook);
	return NULL;
}

void outlook_free(struct outlook *outlook)
{
	if (!outlook)
		return;
	invoker_free(outlook->invoker);
	free(outlook);
}

static u64 number(const json_t *object, const char *name)
{
	return (u64)json_integer_value(json_object_get(object, name));
}

static u64 session_watts(struct ledger *ledger, const char *id)
{
	json_t *session = charging_ask(ledger, "session.show", id);
	u64 us = number(session, "read") - number(session, "started"), energy = number(session, "energy");

	json_decref(session);
	return us && us < 1000 * HOUR_US ? (u64)((unsigned __int128)energy * HOUR_US / us) : 0;
}

/* False: the station is not on the ledger (yet). */
static bool outlook_look(const struct outlook *outlook, struct ledger *ledger, struct outlook_load *ret_load)
{
	json_t *station = charging_ask(ledger, "station.show", outlook->station), *charger;
	const char *session;
	size_t i;

	*ret_load = (struct outlook_load){ .watts = 0 };
	json_array_foreach (json_object_get(station, "chargers"), i, charger) {
		session = json_string_value(json_object_get(charger, "session"));
		if (!session)
			continue;
		ret_load->busy++;
		ret_load->watts += session_watts(ledger, session);
	}
	json_decref(station);
	return station;
}

static void outlook_post(struct outlook *outlook, const struct outlook_load *load)
{
	static const char function[] = "plan.observe";
	char watts[24], busy[12];
	struct span arguments[] = { { (u8 *)outlook->station, strlen(outlook->station) },
				    { (u8 *)watts, (size_t)sprintf(watts, "%llu", (unsigned long long)load->watts) },
				    { (u8 *)busy, (size_t)sprintf(busy, "%u", load->busy) } };
	struct invoker_call call = {
		.contract = { (const u8 *)CHARGING_NAME, strlen(CHARGING_NAME) },
		.function = { (const u8 *)function, strlen(function) },
		.arguments = arguments,
		.argument_count = 3,
	};

	outlook->posting = *load;
	outlook->under_way = !invoker_start(outlook->invoker, &call);
}

void outlook_tick(struct outlook *outlook, struct ledger *ledger, u64 now_ms)
{
	const struct membership *membership = &outlook->options.consortium->membership;
	struct outlook_load load;

	invoker_tick(outlook->invoker);
	if (outlook->under_way || now_ms < outlook->next_ms)
		return;
	outlook->next_ms = now_ms + membership->parameters[MEMBERSHIP_HEARTBEAT_S] * 1000;
	outlook->beats++;
	if (!outlook_look(outlook, ledger, &load))
		return;
	if (!outlook->known || load.busy != outlook->posted.busy || load.watts != outlook->posted.watts ||
	    outlook->beats >= OUTLOOK_AGAIN_BEATS)
		outlook_post(outlook, &load);
}
