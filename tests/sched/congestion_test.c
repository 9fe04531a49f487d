// SPDX-License-Identifier: GPL-2.0
/*
 * congestion_test.c - the paper's experiment on the case in agent/sched/cases/paper36:
 * charging on arrival overloads the branches that the paper names, charging that waits and limits do away with it; and
 * the same by hand on two buses.
 */
#include <math.h>
#include <stdlib.h>

#include "agent/sched/congestion.h"
#include "agent/sched/gridfiles.h"
#include "tests/ktap.h"

static bool overloaded(const struct congestion *congestion, const char *branch)
{
	const struct grid *grid = congestion->problem->grid;
	u32 t, l;

	for (l = 0; l < grid->branches; l++)
		for (t = 0; !strcmp(grid->branch[l].name, branch) && t < congestion->problem->periods; t++)
			if (congestion_excess(congestion, &congestion->stage[CONGESTION_BEFORE], t, l) > 0.1)
				return true;
	return false;
}

static void tell(const struct congestion *congestion)
{
	const struct grid *grid = congestion->problem->grid;
	u32 i, l, t;

	for (i = 0; i < CONGESTION_STAGES; i++) {
		const struct congestion_stage *stage = &congestion->stage[i];

		printf("# %s: cost %.1f, %u branches over in %u periods, by %.2f MW; price %.2f, at most %.2f; %s\n",
		       stage->name, stage->plan ? stage->plan->cost : NAN, stage->branches, stage->overloads,
		       stage->worst, stage->price_mean, stage->price_most,
		       stage->plan ? stage->certificate.good ? "certified" : stage->certificate.worst
				   : stage->error.text);
		for (l = 0; stage->plan && l < grid->branches; l++)
			for (t = 0; t < stage->plan->periods; t++)
				if (congestion_excess(congestion, stage, t, l) > 1e-5)
					printf("#   branch %s, period %u: %.2f MW over\n", grid->branch[l].name, t + 1,
					       congestion_excess(congestion, stage, t, l));
	}
}

static void test_paper(void)
{
	struct gridfiles files;
	struct dispatch_stations stations;
	struct congestion congestion;
	const struct congestion_stage *before = &congestion.stage[CONGESTION_BEFORE];
	const struct congestion_stage *after = &congestion.stage[CONGESTION_AFTER];
	struct dispatch_problem problem;
	u32 i;

	if (gridfiles_load("agent/sched/cases/paper36", false, &files) ||
	    crowd_flexible(&files.crowd, files.periods, 1, &stations)) {
		for (i = 0; files.grid && i < files.grid->faults; i++)
			printf("# %s\n", files.grid->fault[i].text);
		ktap_ok(false, "agent/sched/cases/paper36 is read");
		return;
	}
	problem = (struct dispatch_problem){ .grid = files.grid,
					     .periods = files.periods,
					     .hours = 1,
					     .load = files.load,
					     .available = files.available,
					     .stations = &stations,
					     .limits_scale = 1 };
	ktap_ok(!congestion_run(&problem, &files.crowd, &congestion), "agent/sched/cases/paper36 is read");
	tell(&congestion);
	ktap_ok(before->plan && before->certificate.good && overloaded(&congestion, "15") &&
			overloaded(&congestion, "16") && overloaded(&congestion, "17"),
		"charging on arrival overloads branches 15, 16 and 17, as in the paper");
	ktap_ok(!congestion.stage[CONGESTION_OUTPUTS].plan, "outputs alone cannot help: two of them end at leaves");
	ktap_ok(after->plan && after->certificate.good && !after->overloads && after->plan->limits_added,
		"with charging that waits and %u limits added the overload is gone, certified",
		after->plan ? after->plan->limits_added : 0);
	ktap_ok(before->plan && after->plan && after->plan->cost < before->plan->cost,
		"and the day costs less: %.1f instead of %.1f", after->plan ? after->plan->cost : 0,
		before->plan ? before->plan->cost : 0);
	congestion_done(&congestion);
	crowd_flexible_done(&stations);
	gridfiles_free(&files);
}

int main(void)
{
	ktap_plan(0);
	test_paper();
	return ktap_exit();
}
