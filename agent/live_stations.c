// SPDX-License-Identifier: GPL-2.0
/*
 * live_stations.c - asks the contract itself, by its queries, so that the page
 * shows what every client is answered.
 */
#include "agent/live_stations.h"

#include <string.h>

#include "agent/charging_ask.h"

static json_t *station(struct ledger *ledger, const json_t *listed)
{
	static const char *const names[] = { "name", "organisation", "state", "price", NULL };
	const char *id = json_string_value(json_object_get(listed, "station"));
	json_t *object = json_object(), *shown = id ? charging_ask(ledger, "station.show", id) : NULL, *rating,
	       *charger;
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
	rating = id ? charging_ask(ledger, "rating.show", id) : NULL;
	if (json_object_get(rating, "rating"))
		json_object_set(object, "rating", json_object_get(rating, "rating"));
	json_decref(rating);
	json_decref(shown);
	return object;
}

void live_stations_add(struct ledger *ledger, json_t *list)
{
	json_t *answer = charging_ask(ledger, "station.list", NULL), *listed;
	size_t i;

	json_array_foreach (json_object_get(answer, "stations"), i, listed)
		if (json_array_size(list) < LIVE_STATIONS_MAX)
			json_array_append_new(list, station(ledger, listed));
	json_decref(answer);
}
