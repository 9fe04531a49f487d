/* SPDX-License-Identifier: GPL-2.0 */
/*
 * grid.h - a case: buses, units with their costs, branches and loads, as the
 * direct-current model sees them. Readers make it (matpower.c, gridfiles.c); all
 * else only reads it.
 *
 * Powers in MW, hours, money in the case's own unit. A branch carries
 * susceptance * (angle from - angle to - shift), angles in radians times base.
 */
#ifndef VOLTGATE_SCHED_GRID_H
#define VOLTGATE_SCHED_GRID_H

#include "voltgate/types.h"

#define GRID_NAME_MAX 32
#define GRID_BUSES_MAX 20000
#define GRID_UNITS_MAX 20000
#define GRID_BRANCHES_MAX 40000
#define GRID_SEGMENTS_MAX 16 /* of a piecewise-linear cost */
#define GRID_FAULTS_MAX 256

struct grid_bus {
	char name[GRID_NAME_MAX];
	s64 number;  /* as the file has it */
	double load; /* of a period without a profile; shunt conductance included */
	u32 island;  /* from 0; set by grid_finish() */
	u32 area;
};

/* Cost of one hour at p MW: constant + linear p + quadratic p^2, or the pieces. */
struct grid_cost {
	double constant, linear, quadratic;
	u32 segments;						       /* 0: the polynomial */
	double at[GRID_SEGMENTS_MAX + 1], cost[GRID_SEGMENTS_MAX + 1]; /* corners, ascending, convex */
};

struct grid_unit {
	char name[GRID_NAME_MAX];
	u32 bus; /* index */
	double least, most;
	double ramp; /* MW an hour either way; 0: no limit */
	struct grid_cost cost;
	u32 area;
	bool wind; /* may be curtailed; its profile says what there is */
	u32 row;   /* of the file, from 1 */
};

struct grid_branch {
	char name[GRID_NAME_MAX];
	u32 from, to;
	double susceptance;		/* MW per radian */
	double shift;			/* radians */
	double limit;			/* MW; 0: none */
	double angle_least, angle_most; /* of the difference, radians; infinite: none */
	u32 row;
};

/* What is wrong or odd in a case: file and line, in words. */
struct grid_fault {
	bool fatal;
	char text[256];
};

struct grid {
	char name[64];
	double base; /* MVA */
	u32 buses, units, branches, islands;
	struct grid_bus *bus;
	struct grid_unit *unit;
	struct grid_branch *branch;
	u32 faults;
	u32 faults_untold; /* beyond GRID_FAULTS_MAX */
	struct grid_fault fault[GRID_FAULTS_MAX];
};

struct grid *grid_new(void);
void grid_free(struct grid *grid);
/* Room for one more, zeroed; NULL: out of memory or over the limit. */
struct grid_bus *grid_add_bus(struct grid *grid);
struct grid_unit *grid_add_unit(struct grid *grid);
struct grid_branch *grid_add_branch(struct grid *grid);
/* Index of the bus @number; ~0: none. After all buses are added. */
u32 grid_find_bus(const struct grid *grid, s64 number);
void grid_fault(struct grid *grid, bool fatal, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool grid_fatal(const struct grid *grid);
/* Finds islands and judges the whole: islands without supply, parallel circuits, leaves, self-loops. -ENOMEM. */
int grid_finish(struct grid *grid, const char *file);

/* Reads a MATPOWER case (version 2). 0; -EINVAL: grid->fault says why; -ENOMEM. What it could bear is among the faults
 * too. */
int matpower_parse(const char *file, const char *text, size_t len, struct grid **ret_grid);
int matpower_load(const char *path, struct grid **ret_grid);

#endif
