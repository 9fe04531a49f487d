// SPDX-License-Identifier: GPL-2.0
/*
 * charging_cable.c - see charging_cable.h. The first reading names the session, whose id follows from the proposal's
 * nonce and expiry: they are fixed before it.
 */
#include "tools/voltgate/charging_cable.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "agent/contract/session.h"
#include "agent/time_text.h"
#include "tools/station/cable.h"
#include "tools/voltgate/key_file.h"
#include "tools/voltgate/say.h"

#define PROPOSAL_LIFE_US 60000000 /* beyond its reading */

void charging_argument_add(struct charging_arguments *arguments, const char *text)
{
	char *to = arguments->texts[arguments->count];

	snprintf(to, CHARGING_WORD_MAX, "%s", text);
	arguments->spans[arguments->count++] = (struct span){ (const u8 *)to, strlen(to) };
}

/* The proposal's own nonce and expiry, after now and after the charger's clock (which a simulation lets run ahead). */
static int fix(const char *path, struct charging_arguments *arguments)
{
	struct cable_error error;
	struct timeval now;
	u64 us, wall, time;

	if (cable_time(path, &time, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	gettimeofday(&now, NULL);
	us = (u64)now.tv_sec * 1000000 + (u64)now.tv_usec;
	wall = time_text_of_unix(us);
	arguments->nonce = us / 1000;
	arguments->expires = (time > wall ? time : wall) + PROPOSAL_LIFE_US;
	return CLI_OK;
}

/* The words of session.start: station, charger, tariff, price, energy. */
static int start_id(const u8 channel[32], const u8 wallet[32], const struct charging_arguments *arguments,
		    u8 ret_id[32])
{
	u8 station[32];

	if (arguments->count != 5 || key_file_hex(arguments->texts[0], station, sizeof(station)))
		return say_failure(CLI_REFUSED,
				   "with --cable a start takes station, charger, tariff, price and energy");
	session_signed_id(channel, wallet, station, (u32)strtoul(arguments->texts[2], NULL, 10),
			  strtoull(arguments->texts[3], NULL, 10), strtoull(arguments->texts[4], NULL, 10),
			  arguments->nonce, arguments->expires, ret_id);
	return CLI_OK;
}

static void add_number(struct charging_arguments *arguments, u64 number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	charging_argument_add(arguments, text);
}

int charging_cable(const char *path, enum charging_cable kind, const u8 channel[32], const u8 wallet[32],
		   struct charging_arguments *arguments)
{
	enum cable_want want = kind == CHARGING_CABLE_END ? CABLE_END : CABLE_READING;
	struct cable_reading reading;
	struct cable_error error;
	char signature[129];
	u8 *session = arguments->session;
	int status = fix(path, arguments);

	if (status)
		return status;
	if (kind == CHARGING_CABLE_START)
		status = start_id(channel, wallet, arguments, session);
	else if (arguments->count != 1 || key_file_hex(arguments->texts[0], session, 32))
		status = say_failure(CLI_REFUSED, "with --cable it takes the charging session's id alone");
	if (status)
		return status;
	if (cable_ask(path, session, want, &reading, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	if (kind == CHARGING_CABLE_START && reading.meter.reading.number)
		return say_failure(CLI_REFUSED, "the charger has begun this session already");
	if (kind != CHARGING_CABLE_START)
		add_number(arguments, reading.meter.reading.number);
	add_number(arguments, reading.meter.reading.register_wh);
	add_number(arguments, reading.meter.reading.time);
	sodium_bin2hex(signature, sizeof(signature), reading.meter.signature, sizeof(reading.meter.signature));
	charging_argument_add(arguments, signature);
	return CLI_OK;
}

void charging_cable_undo(const char *path, const struct charging_arguments *arguments)
{
	struct cable_reading reading;
	struct cable_error error;

	if (cable_ask(path, arguments->session, CABLE_END, &reading, &error))
		say_failure(CLI_REFUSED, "the charger still holds the session that was refused: %s", error.text);
}
