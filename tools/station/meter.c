// SPDX-License-Identifier: GPL-2.0
/*
 * meter.c - see meter.h. Energy is power times time, in integers; the register counts whole Wh.
 */
#include "tools/station/meter.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define HOUR_US 3600000000ULL

/* Counts what flowed in @us at the meter's power; what is less than a Wh is kept for the next time. */
static void count(struct meter *meter, u64 us)
{
	unsigned __int128 flowed = (unsigned __int128)meter->power_w * us + meter->rest;

	meter->register_wh += (u64)(flowed / HOUR_US);
	meter->rest = (u64)(flowed % HOUR_US);
}

static void sign(const struct meter *meter, struct meter_reading *reading)
{
	const struct reading_scope scope = {
		.channel = meter->channel,
		.station = meter->station,
		.session = meter->session,
		.charger = meter->charger,
	};
	u8 hash[LEDGER_HASH_LEN];

	reading_hash(&scope, &reading->reading, hash);
	crypto_sign_detached(reading->signature, NULL, hash, sizeof(hash), meter->secret);
}

int meter_read(struct meter *meter, const u8 session[32], u64 now, bool last, struct meter_reading *ret_reading)
{
	bool same = meter->on && !memcmp(meter->session, session, sizeof(meter->session));

	if (meter->on && !same)
		return -EBUSY;
	if (now <= meter->last.time)
		return -EAGAIN;
	if (same) {
		count(meter, now - meter->last.time);
		meter->last.number++;
	} else {
		memcpy(meter->session, session, sizeof(meter->session));
		meter->last.number = 0;
	}
	meter->last.register_wh = meter->register_wh;
	meter->last.time = now;
	meter->on = !last;
	ret_reading->reading = meter->last;
	sign(meter, ret_reading);
	return 0;
}

int meter_again(const struct meter *meter, const u8 session[32], struct meter_reading *ret_reading)
{
	if (!meter->last.time || memcmp(meter->session, session, sizeof(meter->session)))
		return -ENOENT;
	ret_reading->reading = meter->last;
	sign(meter, ret_reading);
	return 0;
}
