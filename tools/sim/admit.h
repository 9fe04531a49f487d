/* SPDX-License-Identifier: GPL-2.0 */
/*
 * admit.h - adds the fleet's sessions to a gate through its agent.
 */
#ifndef VOLTGATE_SIM_ADMIT_H
#define VOLTGATE_SIM_ADMIT_H

#include "tools/sim/fleet.h"

/* @expires: Time64. 0 or -errno and a sentence; sessions added before an error stay. */
int admit_fleet(const struct fleet *fleet, const char *control_socket, u64 expires, struct fleet_error *ret_error);

/* Has the agent read its trust folder again, after the stations' authority was written there. */
int admit_trust(const char *control_socket, struct fleet_error *ret_error);

#endif
