// SPDX-License-Identifier: GPL-2.0
/*
 * gridfiles_station.c - stations of a case: see gridfiles.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/gridfiles_parts.h"

static void gridfiles_station(struct gridfiles_reader *reader)
{
	struct dispatch_stations *stations = &reader->files->stations;
	struct dispatch_station *grown = realloc((void *)stations->station, (stations->count + 1) * sizeof(*grown)),
				*station;
	double bus = gridfiles_number(reader, "bus", NAN), charge, discharge;
	u32 periods = reader->files->periods, t;

	if (!grown) {
		grid_fault(reader->grid, true, "%.150s: out of memory.", reader->path);
		return;
	}
	stations->station = grown;
	station = &grown[stations->count];
	memset(station, 0, sizeof(*station));
	snprintf(station->name, sizeof(station->name), "%.31s", gridfiles_text(reader, "station"));
	station->bus = grid_find_bus(reader->grid, (s64)bus);
	station->charge_efficiency = gridfiles_number(reader, "charge_efficiency", 1);
	station->discharge_efficiency = gridfiles_number(reader, "discharge_efficiency", 1);
	charge = gridfiles_number(reader, "charge_mw", NAN);
	discharge = gridfiles_number(reader, "discharge_mw", 0);
	if (grid_fatal(reader->grid))
		return;
	if (station->bus == ~0U || charge < 0 || discharge < 0 || !(station->charge_efficiency > 0) ||
	    station->charge_efficiency > 1 || !(station->discharge_efficiency > 0) ||
	    station->discharge_efficiency > 1 || stations->count >= GRIDFILES_STATIONS_MAX) {
		grid_fault(reader->grid, true, "%.120s:%u: station %.31s %s.", reader->path, reader->csv.line,
			   station->name,
			   station->bus == ~0U			       ? "is at a bus that is not there"
			   : stations->count >= GRIDFILES_STATIONS_MAX ? "is one too many"
			   : charge < 0 || discharge < 0	       ? "has a power below 0"
								       : "has an efficiency outside 0 to 1");
		return;
	}
	for (t = 0; t < periods; t++) { /* by station first; turned round when all are known */
		reader->power[0][(size_t)stations->count * periods + t] = charge;
		reader->power[1][(size_t)stations->count * periods + t] = discharge;
		reader->power[2][(size_t)stations->count * periods + t] = 0;
		reader->power[3][(size_t)stations->count * periods + t] = INFINITY;
	}
	stations->count++;
}

static void gridfiles_energy(struct gridfiles_reader *reader)
{
	double period = gridfiles_number(reader, "period", NAN), least = gridfiles_number(reader, "least_mwh", NAN);
	double most = gridfiles_number(reader, "most_mwh", NAN);
	const struct dispatch_stations *stations = &reader->files->stations;
	const char *name = gridfiles_text(reader, "station");
	u32 s;

	for (s = 0; s < stations->count && strcmp(stations->station[s].name, name); s++)
		;
	if (grid_fatal(reader->grid))
		return;
	if (s == stations->count || !(period >= 1 && period <= reader->files->periods) || least > most) {
		grid_fault(reader->grid, true, "%.120s:%u: %s.", reader->path, reader->csv.line,
			   s == stations->count ? "no such station"
			   : least > most	? "the least energy lies above the most"
						: "the load has no such period");
		return;
	}
	reader->power[2][(size_t)s * reader->files->periods + (u32)period - 1] = least;
	reader->power[3][(size_t)s * reader->files->periods + (u32)period - 1] = most;
}

static int gridfiles_turn(struct gridfiles_reader *reader, double *by_station, const double **ret_by_period)
{
	u32 periods = reader->files->periods, count = reader->files->stations.count, t, s;
	double *turned = calloc((size_t)periods * count + 1, sizeof(*turned));

	if (!turned)
		return -ENOMEM;
	for (t = 0; t < periods; t++)
		for (s = 0; s < count; s++)
			turned[(size_t)t * count + s] = by_station[(size_t)s * periods + t];
	*ret_by_period = turned;
	return 0;
}

int gridfiles_stations(struct gridfiles_reader *reader)
{
	struct dispatch_stations *stations = &reader->files->stations;
	size_t room = (size_t)GRIDFILES_STATIONS_MAX * reader->files->periods + 1;
	int err = 0;
	u32 i;

	if (!gridfiles_begin(reader, "stations.csv", false))
		return 0;
	for (i = 0; i < 4; i++) {
		reader->power[i] = calloc(room, sizeof(double));
		err = reader->power[i] ? err : -ENOMEM;
	}
	while (!err && gridfiles_row(reader))
		gridfiles_station(reader);
	if (!err && !grid_fatal(reader->grid) && gridfiles_begin(reader, "station_energy.csv", true))
		while (gridfiles_row(reader))
			gridfiles_energy(reader);
	if (!err)
		err = gridfiles_turn(reader, reader->power[0], &stations->charge);
	if (!err)
		err = gridfiles_turn(reader, reader->power[1], &stations->discharge);
	if (!err)
		err = gridfiles_turn(reader, reader->power[2], &stations->stock_least);
	if (!err)
		err = gridfiles_turn(reader, reader->power[3], &stations->stock_most);
	for (i = 0; i < 4; i++)
		free(reader->power[i]);
	return err;
}

static struct crowd_class *gridfiles_class(struct gridfiles_reader *reader)
{
	struct crowd *crowd = &reader->files->crowd;
	struct crowd_class *grown = crowd->class;

	if (!(crowd->classes & (crowd->classes - 1)))
		grown = realloc(crowd->class, (crowd->classes ? 2 * (size_t)crowd->classes : 1) * sizeof(*grown));
	if (!grown || crowd->classes == CROWD_CLASSES_MAX) {
		grid_fault(reader->grid, true, "%.150s: out of memory or more than %u rows of vehicles.", reader->path,
			   CROWD_CLASSES_MAX);
		return NULL;
	}
	crowd->class = grown;
	memset(&grown[crowd->classes], 0, sizeof(*grown));
	return &grown[crowd->classes++];
}

/* @of: kWh and kW; periods from 1. */
static void gridfiles_vehicles(struct gridfiles_reader *reader, const struct gridfiles_assumption *of)
{
	struct crowd *crowd = &reader->files->crowd;
	struct crowd_class *class;
	const char *fault = NULL;
	u32 s;

	for (s = 0; s < crowd->stations && strcmp(crowd->station[s].name, of->name); s++)
		;
	class = gridfiles_class(reader);
	if (!class)
		return;
	if (!(of->value >= 1 && of->value <= CROWD_COUNT_MAX) || of->value != floor(of->value))
		fault = "a count of vehicles that is no whole number from 1 to 1000000";
	else if (!(of->period >= 1 && of->until >= 1 && of->until <= DISPATCH_PERIODS_MAX))
		fault = "periods outside 1 to 672";
	if (!fault) {
		*class = (struct crowd_class){ .station = s,
					       .count = (u32)of->value,
					       .arrive = (u32)of->period - 1,
					       .depart = (u32)of->until - 1,
					       .energy = of->energy_kwh / 1000,
					       .power = of->power_kw / 1000 };
		fault = crowd_fault(crowd, crowd->classes - 1, reader->files->periods, 1);
	}
	if (fault)
		grid_fault(reader->grid, true, "%.120s:%u: the vehicles of this row have %s.", reader->path, of->line,
			   fault);
}

static void gridfiles_place_crowd(struct gridfiles_reader *reader, const char *name, double node, double limit,
				  double efficiency, u32 line)
{
	struct crowd *crowd = &reader->files->crowd;
	struct crowd_station *grown = realloc(crowd->station, (crowd->stations + 1) * sizeof(*grown));
	u32 bus = grid_find_bus(reader->grid, (s64)node);

	if (!grown || crowd->stations == CROWD_STATIONS_MAX) {
		grid_fault(reader->grid, true, "%.150s: out of memory or more than %u stations.", reader->path,
			   CROWD_STATIONS_MAX);
		return;
	}
	crowd->station = grown;
	memset(&grown[crowd->stations], 0, sizeof(*grown));
	snprintf(grown[crowd->stations].name, sizeof(grown->name), "%.31s", name);
	grown[crowd->stations].bus = bus;
	grown[crowd->stations].limit = limit;
	grown[crowd->stations++].efficiency = efficiency;
	if (bus == ~0U || limit < 0 || !(efficiency > 0 && efficiency <= 1))
		grid_fault(reader->grid, true, "%.120s:%u: station %.31s %s.", reader->path, line, name,
			   bus == ~0U  ? "is at a node that is not there"
			   : limit < 0 ? "has a limit below 0"
				       : "has an efficiency outside 0 to 1");
}

/* vehicles.csv: station,count,arrive,depart,energy_kwh,power_kw; where it stands alone its stations are those of
 * stations.csv, which then hold no load of their own. */
static void gridfiles_vehicle_row(struct gridfiles_reader *reader)
{
	struct gridfiles_assumption row = { .line = reader->csv.line };

	snprintf(row.name, sizeof(row.name), "%.31s", gridfiles_text(reader, "station"));
	row.value = gridfiles_number(reader, "count", NAN);
	row.period = gridfiles_number(reader, "arrive_period", NAN);
	row.until = gridfiles_number(reader, "depart_period", NAN);
	row.energy_kwh = gridfiles_number(reader, "energy_kwh", NAN);
	row.power_kw = gridfiles_number(reader, "power_kw", NAN);
	if (!grid_fatal(reader->grid))
		gridfiles_vehicles(reader, &row);
}

int gridfiles_crowd(struct gridfiles_reader *reader)
{
	struct gridfiles *files = reader->files;
	bool alone;
	u32 i;

	for (i = 0; i < reader->assumptions && !grid_fatal(reader->grid); i++) {
		const struct gridfiles_assumption *of = &reader->assumption[i];

		if (!strcmp(of->what, "station"))
			gridfiles_place_crowd(reader, of->name, of->node, isnan(of->value) ? 0 : of->value,
					      gridfiles_assumed_value(reader, "efficiency", of->name, 1), of->line);
	}
	for (i = 0; i < reader->assumptions && !grid_fatal(reader->grid); i++)
		if (!strcmp(reader->assumption[i].what, "vehicles"))
			gridfiles_vehicles(reader, &reader->assumption[i]);
	if (grid_fatal(reader->grid) || !gridfiles_begin(reader, "vehicles.csv", false))
		return 0;
	alone = !files->crowd.stations;
	for (i = 0; alone && i < files->stations.count; i++)
		gridfiles_place_crowd(reader, files->stations.station[i].name,
				      (double)reader->grid->bus[files->stations.station[i].bus].number,
				      files->stations.charge[i], files->stations.station[i].charge_efficiency, 1);
	crowd_flexible_done(&files->stations);
	while (gridfiles_row(reader))
		gridfiles_vehicle_row(reader);
	return 0;
}
