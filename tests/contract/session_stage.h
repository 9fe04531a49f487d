/* SPDX-License-Identifier: GPL-2.0 */
/* session_stage.h - one charging session step by step, for tests: each step takes a reading and asks the contract. */
#ifndef VOLTGATE_TESTS_CONTRACT_SESSION_STAGE_H
#define VOLTGATE_TESTS_CONTRACT_SESSION_STAGE_H

#include "tests/contract/money_stage.h"

#define DRIVE_PERIODS "0:3000+2000" /* one price, all day: 0.5 yuan per kWh */
#define DRIVE_PRICE 5000
#define DRIVE_ENERGY 100000

struct drive {
	struct stage_client *client;
	const char *station_name;
	char station[65], session[65];
	u32 charger, tariff, number;
	u64 price, energy_wh;
};

/* A drive to charger 1 of a new station of this name, 150 kW. */
struct drive drive_to(struct stage_client *client, const char *station_name);
/* Blocks go on to @time, unless it lies ahead by more than this: such a reading is meant to be one of the future. */
#define DRIVE_AHEAD (120 * 60 * WORLD_SECOND)
void drive_until(u64 time);
/* Simulate (@order false) or carry out: 0, -errno, or the outcome. */
int drive_start(struct drive *drive, u64 register_wh, u64 time, bool order);
int drive_meter(struct drive *drive, const char *function, u32 number, u64 register_wh, u64 time, bool order);
int drive_close(struct drive *drive, struct stage_client *by);

#endif
