/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cable.h - what travels between a charger and what is plugged into it: the
 * vehicle names its charging session, the charger's meter answers with signed readings. JSON, one object a line, over
 * a Unix stream socket (the simulated cable).
 *
 *   {"do": "reading", "session": 64 hex digits}     the next reading; the first begins the session
 *   {"do": "again", "session": 64 hex digits}       the latest one once more, for who lost it
 *   {"do": "end", "session": 64 hex digits}         the last one; the charger is free again
 *   {"do": "charger"}                               which charger this is
 * answered by
 *   {"station": hex, "charger": n, "number": n, "register": Wh, "time": Time64, "signature": hex}
 *   {"station": hex, "charger": n, "power": W, "register": Wh, "time": Time64, "meter": hex}, and "session": hex while
 *       one is plugged in
 *   {"error": sentence}
 */
#ifndef VOLTGATE_STATION_CABLE_H
#define VOLTGATE_STATION_CABLE_H

#include "tools/station/meter.h"

#define CABLE_LINE_MAX 1024

struct cable_error {
	char text[256];
};

struct cable_reading {
	u8 station[32];
	u16 charger;
	struct meter_reading meter;
};

/* The station's end: answers @line (without its end); @ret_line takes CABLE_LINE_MAX bytes. */
void cable_answer(struct meter *meter, const char *line, u64 now, char *ret_line);
/* What the vehicle wants of the charger. */
enum cable_want { CABLE_READING, CABLE_AGAIN, CABLE_END };

/*
 * The vehicle's end: one reading of @session from the socket at @path, within a few seconds. 0, or -errno with a
 * sentence: what the station said (-EACCES), or why it could not be asked.
 */
int cable_ask(const char *path, const u8 session[32], enum cable_want want, struct cable_reading *ret_reading,
	      struct cable_error *ret_error);
/* What time it is by the meter's clock, from which a first reading will be. As cable_ask(). */
int cable_time(const char *path, u64 *ret_time, struct cable_error *ret_error);

#endif
