/* SPDX-License-Identifier: GPL-2.0 */
/* session_readings.h - signed readings in the arguments of noun "session", and what they add to one. */
#ifndef VOLTGATE_CONTRACT_SESSION_READINGS_H
#define VOLTGATE_CONTRACT_SESSION_READINGS_H

#include "agent/contract/session.h"

/*
 * The reading that begins session @id at @charger: number 0, @arguments are REGISTER TIME SIGNATURE. Its register and
 * time are at or above the charger's last, its time is not long before the head.
 */
int session_reading_start(struct contract_run *run, const u8 id[32], const u8 station[32], u16 number,
			  const struct charger *charger, const struct span arguments[3], struct reading *ret_reading);
/* NUMBER REGISTER TIME SIGNATURE: checks that it follows the session's last, and adds its energy to the session. */
int session_reading_add(struct contract_run *run, const u8 id[32], struct session *session, const struct tariff *tariff,
			const struct charger *charger, const struct span arguments[4]);

#endif
