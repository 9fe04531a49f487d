/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan_case.h - a case as voltgate plan's verbs take it: the words that say
 * what to make of it, and the problem that comes of both.
 */
#ifndef VOLTGATE_TOOLS_PLAN_CASE_H
#define VOLTGATE_TOOLS_PLAN_CASE_H

#include "agent/sched/gridfiles.h"

struct plan_words {
	const char *path, *plan; /* the case; a second word */
	const char *report;	 /* --report FILE */
	const char *csv;	 /* --csv FILE, or "-" */
	double seconds;		 /* --time; 0: as long as it takes */
	u32 periods;		 /* 0: as the case has them */
	double scale;
	double reserve;	     /* of each period's load; 0: none */
	double outage_scale; /* 0: no N-1 */
	bool keep_areas, full;
	u32 groups;   /* of vehicles that are guided in turn */
	u32 areas;    /* into which the grid is cut; 0: as the case has them */
	bool quiet;   /* says nothing of what is odd in the case: another process does */
	double drill; /* share of messages between areas that is lost on purpose */
};

/* A case with its periods, wherever it came from. */
struct plan_case {
	struct gridfiles files;
	double *reserve;
	struct dispatch_stations crowd; /* the classes of files.crowd as loads that may wait */
	struct dispatch_problem problem;
};

/* CLI_OK, or another status after a sentence. In any case plan_case_free(). */
int plan_case_load(const struct plan_words *words, struct plan_case *ret_case);
void plan_case_free(struct plan_case *plan_case);
/*
 * Takes argv[*at] where it is an option of cases, its value too. CLI_OK with *at past it; ~0: it is none of them;
 * else a status after a sentence.
 */
int plan_case_option(char **argv, int *at, struct plan_words *words);
/* All words from @first on: options, and one CASE. A status. */
int plan_case_words(int argc, char **argv, int first, struct plan_words *words);
/* Why dispatch_solve() failed with @err: the limits that exclude each other, in words. A status. */
int plan_case_explain(const struct plan_case *plan_case, int err, const struct dispatch_error *error);

#endif
