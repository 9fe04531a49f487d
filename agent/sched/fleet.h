/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fleet.h - vehicles that want to charge and the stations where they can: what
 * an assignment, a charging plan and a re-plan are made for.
 *
 * All integers: Wh, W, seconds since the plan's beginning, metres, money in
 * 1/10000 yuan (a price: for a kWh, paper eq. (4)(5): energy and service price
 * added), ratings in 1/100 (paper eq. (3), 0 to 600).
 */
#ifndef VOLTGATE_SCHED_FLEET_H
#define VOLTGATE_SCHED_FLEET_H

#include <stddef.h>

#include "voltgate/types.h"

#define FLEET_NAME_MAX 32
#define FLEET_VEHICLES_MAX 1000000
#define FLEET_STATIONS_MAX 10000
#define FLEET_PERIODS_MAX 672
#define FLEET_SECONDS_MAX 2678400 /* 31 days */
#define FLEET_CELLS_MAX 4000000	  /* stations x periods */
#define FLEET_FAULTS_MAX 20
#define FLEET_ENERGY_MAX 1000000 /* Wh, and W */
#define FLEET_PRICE_MAX 100000	 /* 10 yuan a kWh */
#define FLEET_SPAN_MAX 10000000	 /* metres */
#define FLEET_RATING_MAX 600

struct fleet_vehicle {
	char name[FLEET_NAME_MAX];
	int x_m, y_m;
	u32 battery_wh, energy_wh, need_wh; /* what it holds, has now, wants to have when it leaves */
	u32 arrival_s, deadline_s;	    /* when it can set out, and when it must have what it needs */
	u32 power_w;			    /* most, charging */
	u32 use_wh_km;
	bool gives_back;	/* V2G allowed */
	u32 weight_price_pct;	/* 100: a yuan is a yuan */
	u32 weight_time_hour;	/* what an hour until it is done counts, 1/10000 yuan */
	u32 weight_rating_unit; /* what a whole point of rating below the best counts, 1/10000 yuan */
};

struct fleet_station {
	char name[FLEET_NAME_MAX], bus[FLEET_NAME_MAX]; /* bus: of the grid's case; may be empty */
	int x_m, y_m;
	u32 chargers, power_w; /* of each */
	u32 limit_w;	       /* all together; 0: none but the chargers' */
	u32 rating;
};

struct fleet_fault {
	char text[256]; /* file, line, what, what to do: a sentence without its full stop */
};

struct fleet {
	u32 period_s, periods;
	u32 speed_m_h;	/* metres an hour on the road */
	u32 detour_pct; /* road over straight line */
	u32 choices;	/* a vehicle goes to one of so many stations that it can reach first */
	s64 unserved;	/* what a vehicle left without its charge counts, 1/10000 yuan */
	u32 vehicles, stations;
	struct fleet_vehicle *vehicle;
	struct fleet_station *station;
	u32 *price; /* stations x periods */
	u32 faults, faults_untold;
	struct fleet_fault fault[FLEET_FAULTS_MAX];
};

/* Reads @len bytes; @file is for sentences only. 0; -EINVAL: *@ret_fleet holds the faults, all of them up to the limit,
 * and is the caller's to free; -ENOMEM (*@ret_fleet is NULL). */
int fleet_parse(const char *file, const char *text, size_t len, struct fleet **ret_fleet);
int fleet_load(const char *path, struct fleet **ret_fleet);
void fleet_free(struct fleet *fleet);

/* By road, in metres, rounded up. */
u32 fleet_distance_m(const struct fleet *fleet, const struct fleet_vehicle *vehicle,
		     const struct fleet_station *station);
u32 fleet_travel_s(const struct fleet *fleet, u32 distance_m);
/* The power of a session: the least of the vehicle's, the charger's and the station's. */
u32 fleet_rate_w(const struct fleet_vehicle *vehicle, const struct fleet_station *station);
/* Wh used on the way, rounded up. */
u32 fleet_travel_wh(const struct fleet_vehicle *vehicle, u32 distance_m);

#endif
