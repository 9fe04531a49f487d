/* SPDX-License-Identifier: GPL-2.0 */
/*
 * meter.h - a charger's meter: a register that never falls, and readings of it
 * that its key signs, numbered without gap for each charging session (PROTOCOL.md M5). Pure: time comes in as a value.
 */
#ifndef VOLTGATE_STATION_METER_H
#define VOLTGATE_STATION_METER_H

#include "agent/contract/reading.h"

struct meter {
	u8 channel[32], station[32];
	u16 charger;
	u64 power_w;	 /* what flows while a session is on */
	u64 register_wh; /* over its life */
	u64 rest;	 /* what flowed beyond whole Wh: W times microseconds */
	u8 secret[64];	 /* Ed25519, as libsodium has it; wiped by the owner */
	/* the session that is plugged in */
	bool on;
	u8 session[32];
	struct reading last;
};

struct meter_reading {
	struct reading reading;
	u8 signature[64];
};

/*
 * The next reading of @session at @now (Time64): number 0 begins it and lets energy flow, each one after counts what
 * flowed since. @last ends the session. -EBUSY: another session is plugged in; -EAGAIN: no time passed since the
 * reading before.
 */
int meter_read(struct meter *meter, const u8 session[32], u64 now, bool last, struct meter_reading *ret_reading);

/* The latest reading of @session once more, for who lost it. -ENOENT: there is none. */
int meter_again(const struct meter *meter, const u8 session[32], struct meter_reading *ret_reading);

#endif
