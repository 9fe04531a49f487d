// SPDX-License-Identifier: GPL-2.0
/*
 * cable.c - the station's end of the cable: one line in, one line out.
 */
#include "tools/station/cable.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_hex(json_t *object, const char *name, const void *bytes, size_t len)
{
	char hex[129];

	sodium_bin2hex(hex, sizeof(hex), bytes, len);
	json_object_set_new(object, name, json_string(hex));
}

static json_t *refuse(const char *sentence)
{
	return json_pack("{s:s}", "error", sentence);
}

static json_t *charger(const struct meter *meter, u64 now)
{
	json_t *object = json_object();

	put_hex(object, "station", meter->station, sizeof(meter->station));
	json_object_set_new(object, "charger", json_integer(meter->charger));
	json_object_set_new(object, "power", json_integer((json_int_t)meter->power_w));
	json_object_set_new(object, "register", json_integer((json_int_t)meter->register_wh));
	json_object_set_new(object, "time", json_integer((json_int_t)now));
	put_hex(object, "meter", meter->secret + 32, 32);
	if (meter->on)
		put_hex(object, "session", meter->session, sizeof(meter->session));
	return object;
}

static json_t *reading(struct meter *meter, const char *verb, const u8 session[32], u64 now)
{
	struct meter_reading found;
	json_t *object;
	int error;

	if (!strcmp(verb, "again"))
		error = meter_again(meter, session, &found);
	else
		error = meter_read(meter, session, now, !strcmp(verb, "end"), &found);
	if (error == -ENOENT)
		return refuse("There is no reading of this charging session.");
	if (error == -EBUSY)
		return refuse("Another charging session is plugged in here; it ends first.");
	if (error)
		return refuse("The meter's clock stands still: ask again.");
	object = json_object();
	put_hex(object, "station", meter->station, sizeof(meter->station));
	json_object_set_new(object, "charger", json_integer(meter->charger));
	json_object_set_new(object, "number", json_integer(found.reading.number));
	json_object_set_new(object, "register", json_integer((json_int_t)found.reading.register_wh));
	json_object_set_new(object, "time", json_integer((json_int_t)found.reading.time));
	put_hex(object, "signature", found.signature, sizeof(found.signature));
	return object;
}

static json_t *answer(struct meter *meter, const json_t *request, u64 now)
{
	const char *verb = json_string_value(json_object_get(request, "do"));
	const char *text = json_string_value(json_object_get(request, "session"));
	u8 session[32];
	size_t len = 0;

	if (verb && !strcmp(verb, "charger"))
		return charger(meter, now);
	if (!verb || (strcmp(verb, "reading") && strcmp(verb, "again") && strcmp(verb, "end")))
		return refuse("A line is an object with \"do\": \"reading\", \"again\", \"end\" or \"charger\".");
	if (!text || strlen(text) != 64 || sodium_hex2bin(session, 32, text, 64, NULL, &len, NULL) || len != 32)
		return refuse("\"session\" is 64 hex digits: the id of the charging session.");
	return reading(meter, verb, session, now);
}

void cable_answer(struct meter *meter, const char *line, u64 now, char *ret_line)
{
	json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, NULL), *object = answer(meter, request, now);
	size_t len = object ? json_dumpb(object, ret_line, CABLE_LINE_MAX - 2, JSON_COMPACT) : 0;

	if (!len || len > CABLE_LINE_MAX - 2)
		len = (size_t)sprintf(ret_line, "{\"error\":\"The station is out of memory.\"}");
	strcpy(ret_line + len, "\n");
	json_decref(object);
	json_decref(request);
}
