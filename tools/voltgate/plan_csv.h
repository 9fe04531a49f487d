/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan_csv.h - a plan as a CSV table, one number a line:
 *
 *   period,quantity,name,value
 *   1,output,G1,70.5
 *
 * output and reserve of units, flow and rent of branches, price at buses, charge, discharge and stock of stations: MW,
 * MWh, and money per MWh.
 */
#ifndef VOLTGATE_TOOLS_PLAN_CSV_H
#define VOLTGATE_TOOLS_PLAN_CSV_H

#include "agent/sched/dispatch.h"

/* Is the table what standard output is for? */
bool plan_csv_alone(const char *path);
/* To @path, whole or with a sentence; "-" is standard output. An enum cli_exit. */
int plan_csv_write(const char *path, const struct dispatch_problem *problem, const struct dispatch_plan *plan);

#endif
