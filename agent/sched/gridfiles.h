/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gridfiles.h - reads a folder of CSV tables as a case over periods.
 *
 *   generators.csv       unit,side,p_min_mw,p_max_mw,a_yuan,b_yuan_per_mw,c_yuan_per_mw2 [,bus] [,ramp_mw_per_h]
 * [,kind] cost a + b p + c p^2 of an hour; kind thermal or wind branches.csv         branch,from_node,to_node,limit_mw
 * [,reactance_pu: 0.1 where the column is not there] dispatch_table2.csv  hour,UNIT_mw,...: a dispatch to compare with;
 * without load.csv its totals are the load load.csv             period,bus,load_mw wind.csv period,unit,available_mw
 *
 * stations.csv          station,bus,charge_mw [,discharge_mw] [,charge_efficiency] [,discharge_efficiency]
 * station_energy.csv    period,station,least_mwh,most_mwh
 * vehicles.csv          station,count,arrive_period,depart_period,energy_kwh,power_kw
 * assumptions.csv       what,name,node,period,until,value,energy_kwh,power_kw,why: what the tables leave open, in one
 * place; read by gridfiles_assume.c, which says what may stand there
 *
 * Without a column bus and without load.csv there is no network to speak of: all units feed one place, or (keep areas)
 * each side its own; branches are read for what is wrong with them only. Every fault is named with file and line; what
 * can be borne is.
 */
#ifndef VOLTGATE_SCHED_GRIDFILES_H
#define VOLTGATE_SCHED_GRIDFILES_H

#include "agent/sched/crowd.h"

#define GRIDFILES_AREAS_MAX 64

struct gridfiles {
	struct grid *grid; /* its faults are all that was said */
	u32 periods;
	double *load;			   /* periods x buses */
	double *available;		   /* periods x units, or NULL */
	struct dispatch_stations stations; /* arrays are ours; count 0: none */
	struct crowd crowd;		   /* vehicles plugged in, by class; classes 0: none */
	u32 areas;			   /* sides, as the units name them */
	char area[GRIDFILES_AREAS_MAX][GRID_NAME_MAX];
	double *reference; /* periods x units: the dispatch that came with the case, or NULL */
};

/* 0; -EINVAL: ret_files->grid says why; -ENOMEM. In any case gridfiles_free(). */
int gridfiles_load(const char *folder, bool keep_areas, struct gridfiles *ret_files);
void gridfiles_free(struct gridfiles *files);

#endif
