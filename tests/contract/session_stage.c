// SPDX-License-Identifier: GPL-2.0
/* session_stage.c - see session_stage.h. */
#include "tests/contract/session_stage.h"

#include <stdio.h>

struct drive drive_to(struct stage_client *client, const char *station_name)
{
	struct drive drive = { .client = client,
			       .station_name = station_name,
			       .charger = 1,
			       .tariff = 1,
			       .price = DRIVE_PRICE,
			       .energy_wh = DRIVE_ENERGY };

	snprintf(drive.station, sizeof(drive.station), "%s", stage_station(station_name, DRIVE_PERIODS, 2, 150000));
	return drive;
}

void drive_until(u64 time)
{
	if (time > stage.world.time && time - stage.world.time < DRIVE_AHEAD)
		stage_block(time - stage.world.time);
}

int drive_start(struct drive *drive, u64 register_wh, u64 time, bool order)
{
	struct stage_reading reading;

	drive_until(time);
	snprintf(drive->session, sizeof(drive->session), "%s",
		 stage_session_id(drive->client, drive->station, drive->tariff, drive->price, drive->energy_wh));
	reading = stage_reading(drive->station_name, drive->station, drive->charger, drive->session, 0, register_wh,
				time);
	return (order ? stage_do : stage_simulate)(
		drive->client, "session.start",
		STAGE_ARGUMENTS(drive->station, stage_decimal(drive->charger), stage_decimal(drive->tariff),
				stage_decimal(drive->price), stage_decimal(drive->energy_wh), reading.reg, reading.time,
				reading.signature));
}

int drive_meter(struct drive *drive, const char *function, u32 number, u64 register_wh, u64 time, bool order)
{
	struct stage_reading reading = stage_reading(drive->station_name, drive->station, drive->charger,
						     drive->session, number, register_wh, time);

	drive_until(time);
	return (order ? stage_do : stage_simulate)(
		drive->client, function,
		STAGE_ARGUMENTS(drive->session, stage_decimal(number), reading.reg, reading.time, reading.signature));
}

int drive_close(struct drive *drive, struct stage_client *by)
{
	return DO(by, "session.close", drive->session);
}
