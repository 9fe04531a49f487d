/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gridfiles_parts.h - the reader of gridfiles.h at work. Inside of gridfiles*.c
 * only.
 */
#ifndef VOLTGATE_SCHED_GRIDFILES_PARTS_H
#define VOLTGATE_SCHED_GRIDFILES_PARTS_H

#include "agent/sched/csv.h"
#include "agent/sched/gridfiles.h"

#define GRIDFILES_PATH 400
#define GRIDFILES_STATIONS_MAX 1000
#define GRIDFILES_ASSUMPTIONS_MAX 5000

/* A row of assumptions.csv. What a column does not say is NAN. */
struct gridfiles_assumption {
	char what[GRID_NAME_MAX], name[GRID_NAME_MAX];
	double node, period, until, value, energy_kwh, power_kw;
	u32 line;
};

struct gridfiles_reader {
	const char *folder;
	bool keep_areas, placed; /* placed: units have buses */
	struct gridfiles *files;
	struct grid *grid;
	char path[GRIDFILES_PATH];
	struct csv csv;
	struct csv_error error;
	struct gridfiles_assumption *assumption;
	u32 assumptions;
	bool assumes_places; /* of units */
	double *power[4];    /* stations x periods: charge, discharge, least and most stock */
};

bool gridfiles_begin(struct gridfiles_reader *reader, const char *name, bool needed);
bool gridfiles_row(struct gridfiles_reader *reader);
/* The number in column @name; @otherwise where there is no such column (NAN: it is needed). */
double gridfiles_number(struct gridfiles_reader *reader, const char *name, double otherwise);
const char *gridfiles_text(struct gridfiles_reader *reader, const char *name);
u32 gridfiles_bus(struct gridfiles_reader *reader, s64 number, const char *name);
u32 gridfiles_area(struct gridfiles_reader *reader, const char *side);

/* gridfiles_station.c: stations.csv and station_energy.csv; stations and vehicles of a crowd. -ENOMEM. */
int gridfiles_stations(struct gridfiles_reader *reader);
int gridfiles_crowd(struct gridfiles_reader *reader);

/* gridfiles_assume.c: assumptions.csv. -ENOMEM. */
int gridfiles_assume(struct gridfiles_reader *reader);
/* Node of (@what, @name); a fault and NAN: nothing says it. */
double gridfiles_assumed_node(struct gridfiles_reader *reader, const char *what, const char *name);
/* Value of (@what, @name), or of (@what, "*"), or @otherwise. */
double gridfiles_assumed_value(struct gridfiles_reader *reader, const char *what, const char *name, double otherwise);
void gridfiles_assumed_wind(struct gridfiles_reader *reader);
void gridfiles_assumed_factors(struct gridfiles_reader *reader);
/* Puts each side's total of the reference at its load nodes; false: no assumption says where. */
bool gridfiles_assumed_load(struct gridfiles_reader *reader);

#endif
