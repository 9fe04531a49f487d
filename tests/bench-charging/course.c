// SPDX-License-Identifier: GPL-2.0
/* course.c - see course.h. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/contract/session.h"
#include "tests/bench-charging/course.h"

#define COURSE_LIFE_US (550ULL * 1000000) /* of proposals: within transaction-life-s */
#define COURSE_STEP_US (1000000ULL)	  /* of the meter's clock between two readings */
#define COURSE_BYTES 1024
#define TARIFF 1
#define PRICE 20000
#define ENERGY 50000

struct words {
	char texts[8][132];
	const char *pointers[8];
	u32 count;
};

u32 course_type(u32 step)
{
	return !step		     ? VG_VID_CHARGE_REQUEST
	       : step < COURSE_STOP  ? VG_VID_METER
	       : step == COURSE_STOP ? VG_VID_CHARGE_STOP
				     : VG_VID_RATING;
}

static char *word(struct words *words)
{
	words->pointers[words->count] = words->texts[words->count];
	return words->texts[words->count++];
}

static void add_hex(struct words *words, const u8 *bytes, size_t len)
{
	sodium_bin2hex(word(words), sizeof(words->texts[0]), bytes, len);
}

static void add_number(struct words *words, u64 number)
{
	snprintf(word(words), sizeof(words->texts[0]), "%llu", (unsigned long long)number);
}

static void add_reading(struct words *words, struct meter *meter, const u8 session[32], u64 *time, bool last)
{
	struct meter_reading reading;

	*time += COURSE_STEP_US;
	if (meter_read(meter, session, *time, last, &reading))
		abort();
	if (reading.reading.number)
		add_number(words, reading.reading.number);
	add_number(words, reading.reading.register_wh);
	add_number(words, reading.reading.time);
	add_hex(words, reading.signature, sizeof(reading.signature));
}

static void start_words(struct words *words, struct meter *meter, const u8 session[32], u64 *time)
{
	add_hex(words, meter->station, 32);
	add_number(words, meter->charger);
	add_number(words, TARIFF);
	add_number(words, PRICE);
	add_number(words, ENERGY);
	add_reading(words, meter, session, time, false);
}

/* Names the session: by a mandate, or by the start's own nonce and expiry. */
static void name_session(struct car *car, const struct meter *meter, bool signed_, u64 expires, struct course *course,
			 u8 ret_session[32])
{
	if (signed_) {
		session_signed_id(meter->channel, car->wallet, meter->station, TARIFF, PRICE, ENERGY, car->nonce + 1,
				  expires, ret_session);
		return;
	}
	memset(&car->mandate, 0, sizeof(car->mandate));
	memcpy(car->mandate.station, meter->station, 32);
	car->mandate.tariff = TARIFF;
	car->mandate.price = PRICE;
	car->mandate.energy = ENERGY;
	car_sign_mandate(car);
	course->mandate = car->mandate;
	memcpy(course->mandate_signature, car->mandate_signature, sizeof(course->mandate_signature));
	memcpy(ret_session, car->mandate_id, 32);
}

static void make_step(struct car *car, struct meter *meter, const u8 session[32], u32 step, u64 expires, u64 *time,
		      struct course *course, u8 *room)
{
	static const char *const functions[COURSE_STEPS] = { "session.start", "session.meter", "session.meter",
							     "session.meter", "session.meter", "session.stop",
							     "rating.rate" };
	struct words words = { .count = 0 };
	struct proposal proposal;
	u8 hash[32];
	size_t len;

	if (!step) {
		start_words(&words, meter, session, time);
	} else {
		add_hex(&words, session, 32);
		if (step <= COURSE_STOP)
			add_reading(&words, meter, session, time, step == COURSE_STOP);
		else
			add_number(&words, 4);
	}
	len = car_propose_as(car, ++car->nonce, expires, functions[step], words.pointers, words.count, room,
			     COURSE_BYTES);
	if (!len || proposal_decode(room, len, &proposal))
		abort();
	course->proposals[step] = (struct span){ room, len };
	proposal_signed_hash(&proposal, hash);
	crypto_sign_detached(course->signatures[step], NULL, hash, sizeof(hash), car->secret);
}

void course_make(struct car *car, struct meter *meter, bool signed_, struct course *ret_courses, u32 count)
{
	u64 now = car_now(), expires = now + COURSE_LIFE_US, time = meter->last.time > now ? meter->last.time : now;
	u8 *room = malloc((size_t)count * COURSE_STEPS * COURSE_BYTES), session[32];
	u32 i, step;

	if (!room)
		abort();
	for (i = 0; i < count; i++) {
		name_session(car, meter, signed_, expires, &ret_courses[i], session);
		for (step = 0; step < COURSE_STEPS; step++, room += COURSE_BYTES)
			make_step(car, meter, session, step, expires, &time, &ret_courses[i], room);
	}
}

void course_free(struct course *courses, u32 count)
{
	if (count)
		free((void *)courses[0].proposals[0].bytes);
}
