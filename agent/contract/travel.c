// SPDX-License-Identifier: GPL-2.0
/* travel.c - see travel.h. Bills lie in the order of their sessions' ends; a wallet has one session at a time. */
#include <errno.h>

#include "agent/contract/account.h"
#include "agent/contract/answer.h"
#include "agent/contract/bill.h"
#include "agent/contract/distance.h"
#include "agent/contract/travel.h"

#define DISTANCE_TRUE_MILLI 990
#define FOUND_MOST 1000

struct stay {
	u8 station[32], session[32];
	int latitude, longitude;
	u64 from, to;
	bool known; /* where it is */
};

struct journey {
	struct contract_run *run;
	struct stay last;
	json_t *found;
	struct bill bill; /* large */
	int error;
};

bool travel_possible(struct contract_run *run, u64 between_us, int latitude, int longitude, int other_latitude,
		     int other_longitude, u64 *ret_metres)
{
	u64 speed = contract_parameter(run, MEMBERSHIP_MAX_SPEED_KMH);

	*ret_metres = distance_m(latitude, longitude, other_latitude, other_longitude) * DISTANCE_TRUE_MILLI / 1000;
	/* metres / (km/h / 3.6) seconds, in microseconds */
	return (unsigned __int128)*ret_metres * 3600 * 1000 <= (unsigned __int128)between_us * speed;
}

/* Peeked: a list of stations is not what a decision rests on. */
static bool place(struct contract_run *run, struct stay *stay)
{
	struct account_key key = account_key('s', stay->station);
	struct station station;
	struct span value;

	stay->known = !contract_peek(run, ACCOUNT_SPAN(key), &value) && !station_decode(value, &station);
	stay->latitude = stay->known ? station.latitude : 0;
	stay->longitude = stay->known ? station.longitude : 0;
	return stay->known;
}

static void arrive(struct journey *journey, struct stay *next)
{
	const struct stay *last = &journey->last;
	u64 between, metres;
	json_t *object;

	if (!place(journey->run, next))
		return;
	between = next->from > last->to ? next->from - last->to : 0;
	if (last->known &&
	    !travel_possible(journey->run, between, last->latitude, last->longitude, next->latitude, next->longitude,
			     &metres) &&
	    json_array_size(journey->found) < FOUND_MOST) {
		object = json_object();
		answer_hex(object, "session", last->session, 32);
		answer_hex(object, "station", last->station, 32);
		answer_number(object, "to", last->to);
		answer_hex(object, "next_session", next->session, 32);
		answer_hex(object, "next_station", next->station, 32);
		answer_number(object, "from", next->from);
		answer_number(object, "distance", metres);
		answer_item(journey->found, object);
	}
	journey->last = *next;
}

static bool each_bill(void *arg, struct span key, struct span value)
{
	struct journey *journey = arg;
	struct stay next = { .known = false };

	(void)key;
	if (bill_decode(value, &journey->bill)) {
		journey->error = contract_refuse(journey->run, -EIO, "A bill's record is damaged.");
		return false;
	}
	memcpy(next.station, journey->bill.station, 32);
	memcpy(next.session, journey->bill.session, 32);
	next.from = journey->bill.from;
	next.to = journey->bill.to;
	arrive(journey, &next);
	return true;
}

/* The session under way, if there is one. */
static int arrive_now(struct journey *journey, const u8 key[32])
{
	struct stay next = { .known = false };
	struct session session;
	struct wallet wallet;
	int result = wallet_get(journey->run, key, &wallet);

	if (result || wallet.doing != WALLET_CHARGING)
		return result;
	result = session_get(journey->run, wallet.holder, &session);
	if (result)
		return result;
	memcpy(next.station, session.station, 32);
	memcpy(next.session, wallet.holder, 32);
	next.from = session.started;
	next.to = session.last.time;
	arrive(journey, &next);
	return 0;
}

int travel_find(struct contract_run *run, const u8 wallet[32], json_t **ret_array)
{
	struct journey journey = { .run = run, .found = json_array() };
	struct account_key under = account_key('l', wallet);
	int result = contract_scan(run, ACCOUNT_SPAN(under), ACCOUNT_SPAN(under), each_bill, &journey);

	result = result ?: journey.error;
	result = result ?: arrive_now(&journey, wallet);
	*ret_array = journey.found;
	if (result)
		json_decref(journey.found);
	return result;
}
