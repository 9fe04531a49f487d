// SPDX-License-Identifier: GPL-2.0
/*
 * charging_met.c - the most sessions that can be met in full: an integer
 * program by Cbc, one yes or no for each session that could be met alone.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <coin/Cbc_C_Interface.h>

#include "agent/sched/charging_parts.h"

#define MET_SECONDS "10" /* a wall against freak inputs; nodes end the search sooner */
#define MET_NODES "20000"

struct met {
	const struct charging_site *site;
	bool *alone; /* can be met if nobody else is there */
	int columns, rows, elements;
	CoinBigIndex *start;
	int *index;
	double *element, *lower, *upper, *objective, *row_lower, *row_upper;
};

static void met_close(struct met *met)
{
	free(met->alone);
	free(met->start);
	free(met->index);
	free(met->element);
	free(met->lower);
	free(met->upper);
	free(met->objective);
	free(met->row_lower);
	free(met->row_upper);
}

static u32 met_most(const struct met *met, u32 i, u32 t)
{
	u32 most = charging_most_wh(met->site, i, t), limit = charging_limit_wh(met->site, t);

	return most < limit ? most : limit;
}

static int met_open(struct met *met)
{
	const struct charging_site *site = met->site;
	size_t cells = site->sessions, i, t, room;

	for (i = 0; i < site->sessions; i++)
		for (t = 0; t < site->periods; t++)
			cells += met_most(met, (u32)i, (u32)t) > 0;
	room = 2 * cells + site->sessions + site->periods + 2;
	met->alone = calloc((size_t)site->sessions + 1, sizeof(*met->alone));
	met->start = calloc(cells + 2, sizeof(*met->start));
	met->index = calloc(room, sizeof(*met->index));
	met->element = calloc(room, sizeof(double));
	met->lower = calloc(room, sizeof(double));
	met->upper = calloc(room, sizeof(double));
	met->objective = calloc(room, sizeof(double));
	met->row_lower = calloc(room, sizeof(double));
	met->row_upper = calloc(room, sizeof(double));
	return met->alone && met->start && met->index && met->element && met->lower && met->upper && met->objective &&
			       met->row_lower && met->row_upper
		       ? 0
		       : -ENOMEM;
}

static void met_term(struct met *met, int row, double value)
{
	met->index[met->elements] = row;
	met->element[met->elements++] = value;
}

/* Columns: yes or no of each session, then energies. Rows: sessions (energy - wanted * yes >= 0), then periods. */
static void met_fill(struct met *met)
{
	const struct charging_site *site = met->site;
	u32 i, t, most;
	u64 sum;

	for (i = 0; i < site->sessions; i++) {
		for (sum = 0, t = 0; t < site->periods; t++)
			sum += met_most(met, i, t);
		met->alone[i] = sum >= site->session[i].energy_wh;
		met->start[met->columns] = met->elements;
		met->upper[met->columns] = met->alone[i];
		met->objective[met->columns++] = -1;
		met_term(met, (int)i, -(double)site->session[i].energy_wh / 1000);
		met->row_upper[i] = HUGE_VAL;
	}
	for (i = 0; i < site->sessions; i++)
		for (t = 0; t < site->periods; t++) {
			most = met_most(met, i, t);
			if (!most)
				continue;
			met->start[met->columns] = met->elements;
			met->upper[met->columns++] = met->alone[i] ? (double)most / 1000 : 0;
			met_term(met, (int)i, 1);
			met_term(met, (int)(site->sessions + t), 1);
		}
	met->start[met->columns] = met->elements;
	met->rows = (int)(site->sessions + site->periods);
	for (t = 0; t < site->periods; t++) {
		met->row_lower[site->sessions + t] = -HUGE_VAL;
		met->row_upper[site->sessions + t] = (double)charging_limit_wh(site, t) / 1000;
	}
}

static int met_solve(struct met *met, bool *ret_met, bool *ret_proven)
{
	Cbc_Model *cbc = Cbc_newModel();
	const double *value;
	u32 i;

	if (!cbc)
		return -ENOMEM;
	Cbc_loadProblem(cbc, met->columns, met->rows, met->start, met->index, met->element, met->lower, met->upper,
			met->objective, met->row_lower, met->row_upper);
	for (i = 0; i < met->site->sessions; i++)
		Cbc_setInteger(cbc, (int)i);
	Cbc_setLogLevel(cbc, 0);
	Cbc_setParameter(cbc, "maxNodes", MET_NODES);
	Cbc_setParameter(cbc, "preprocess", "off"); /* it crashes where time runs out early (Cbc 2.10.8) */
	Cbc_setParameter(cbc, "timeMode", "elapsed");
	Cbc_setParameter(cbc, "seconds", MET_SECONDS);
	Cbc_solve(cbc);
	*ret_proven = Cbc_isProvenOptimal(cbc);
	value = Cbc_bestSolution(cbc);
	for (i = 0; i < met->site->sessions; i++)
		ret_met[i] = value && value[i] > 0.5;
	Cbc_deleteModel(cbc);
	return 0;
}

int charging_choose_met(const struct charging_site *site, bool *ret_met, bool *ret_proven)
{
	struct met met = { .site = site };
	int err = met_open(&met);

	if (!err) {
		met_fill(&met);
		err = met_solve(&met, ret_met, ret_proven);
	}
	met_close(&met);
	return err;
}
