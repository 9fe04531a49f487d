// SPDX-License-Identifier: GPL-2.0
/*
 * live_stations.c - asks the contract itself, by its queries, so that the page
 * shows what every client is answered.
 */
#include "agent/live_stations.h"

#include <string.h>

#include "agent/contract/charging.h"

static json_t *ask(struct ledger *ledger, const char *function, const char *argument)
{
	static const u8 nothing[32];
	struct proposal proposal = {
		.channel = ledger_channel(ledger),
		.client = nothing,
		.contract = { (const u8 *)CHARGING_NAME, strlen(CHARGING_NAME) },
		.function = { (const u8 *)function, strlen(function) },
		.argument_count = argument != NULL,
		.arguments = { { (const u8 *)argument, argument ? strlen(argument) : 0 } },
		.private_hash = nothing,
	};
	struct contract_input input = {
		.state = ledger_state(ledger),
		.membership = ledger_membership(ledger),
		.proposal = &proposal,
		.time = ledger_head(ledger)->time,
		.verifier = ledger_verifier(ledger),
	};
	struct contract_output output = { .refusal = "" };
	json_t *answer = NULL;

	if (!contract_simulate(&input, &output))
		answer = json_loadb((const char *)output.result.bytes, output.result.len, 0, NULL);
	contract_output_free(&output);
	return answer;
}

static json_t *station(struct ledger *ledger, const json_t *listed)
{
	static const char *const names[] = { "name", "organisation", "state", "price", NULL };
	const char *id = json_string_value(json_object_get(listed, "station"));
	json_t *object = json_object(), *shown = id ? ask(ledger, "station.show", id) : NULL, *rating, *charger;
	const char *const *name;
	size_t i, free_ones = 0;

	for (name = names; *name; name++)
		json_object_set(object, *name, json_object_get(shown, *name));
	json_array_foreach (json_object_get(shown, "chargers"), i, charger) {
		const char *use = json_string_value(json_object_get(charger, "use"));

		free_ones += use && !strcmp(use, "free");
	}
	json_object_set_new(object, "chargers",
			    json_integer((json_int_t)json_array_size(json_object_get(shown, "chargers"))));
	json_object_set_new(object, "free", json_integer((json_int_t)free_ones));
	rating = id ? ask(ledger, "rating.show", id) : NULL;
	if (json_object_get(rating, "rating"))
		json_object_set(object, "rating", json_object_get(rating, "rating"));
	json_decref(rating);
	json_decref(shown);
	return object;
}

void live_stations_add(struct ledger *ledger, json_t *list)
{
	json_t *answer = ask(ledger, "station.list", NULL), *listed;
	size_t i;

	json_array_foreach (json_object_get(answer, "stations"), i, listed)
		if (json_array_size(list) < LIVE_STATIONS_MAX)
			json_array_append_new(list, station(ledger, listed));
	json_decref(answer);
}
