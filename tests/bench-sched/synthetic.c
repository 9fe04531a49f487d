// SPDX-License-Identifier: GPL-2.0
/*
 * synthetic.c - see synthetic.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench-sched/synthetic.h"

static u64 state;

static double draw(double least, double most)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return least + (most - least) * (double)(state >> 33) / (double)(1ULL << 31);
}

static void synthetic_line(struct grid *grid, u32 from, u32 to)
{
	struct grid_branch *branch = grid_add_branch(grid);

	*branch = (struct grid_branch){ .from = from,
					.to = to,
					.susceptance = grid->base / draw(0.01, 0.06),
					.angle_least = -INFINITY,
					.angle_most = INFINITY };
	snprintf(branch->name, sizeof(branch->name), "%u", grid->branches);
}

struct grid *synthetic_grid(u32 side, u64 seed)
{
	struct grid *grid = grid_new();
	u32 i, buses = side * side;

	state = seed;
	snprintf(grid->name, sizeof(grid->name), "mesh of %u buses", buses);
	for (i = 0; i < buses; i++) {
		struct grid_bus *bus = grid_add_bus(grid);

		bus->number = i + 1;
		snprintf(bus->name, sizeof(bus->name), "%u", i + 1);
		bus->load = draw(0, 1) < 0.6 ? draw(2, 40) : 0;
	}
	for (i = 0; i < buses; i++) {
		if (i % side + 1 < side)
			synthetic_line(grid, i, i + 1);
		if (i + side < buses && (i % side == 0 || draw(0, 1) < 0.5))
			synthetic_line(grid, i, i + side);
	}
	for (i = 0; i < buses / 50; i++)
		synthetic_line(grid, (u32)draw(0, buses / 2), buses / 2 + (u32)draw(0, buses / 2));
	for (i = 0; i < buses; i += 8) {
		struct grid_unit *unit = grid_add_unit(grid);

		*unit = (struct grid_unit){ .bus = i + (u32)draw(0, fmin(8, buses - i)), .most = draw(100, 400) };
		unit->cost.linear = draw(15, 45);
		unit->cost.quadratic = draw(0.005, 0.05);
		unit->ramp = draw(0, 1) < 0.5 ? unit->most * draw(0.2, 0.6) : 0;
		snprintf(unit->name, sizeof(unit->name), "G%u", grid->units);
	}
	grid_finish(grid, "synthetic");
	return grid;
}

double *synthetic_load(const struct grid *grid, u32 periods, double peak, u64 seed)
{
	double *load = calloc((size_t)periods * grid->buses + 1, sizeof(*load)), day;
	u32 t, i;

	state = seed;
	for (t = 0; load && t < periods; t++) {
		double hour = 24.0 * t / periods;

		day = peak * (0.72 + 0.16 * exp(-pow((hour - 10) / 3, 2)) + 0.28 * exp(-pow((hour - 19) / 2.5, 2)));
		for (i = 0; i < grid->buses; i++)
			load[(size_t)t * grid->buses + i] = grid->bus[i].load * day * draw(0.95, 1.05);
	}
	return load;
}

int synthetic_limits(struct grid *grid, double share, double least)
{
	double *load = calloc((size_t)grid->buses + 1, sizeof(*load));
	struct dispatch_problem problem = { .grid = grid, .periods = 1, .hours = 1, .load = load };
	struct dispatch_error error;
	struct dispatch_plan *plan;
	int err = -ENOMEM;
	u32 l;

	for (l = 0; load && l < grid->buses; l++)
		load[l] = grid->bus[l].load;
	if (load)
		err = dispatch_solve(&problem, &plan, &error);
	free(load);
	if (err)
		return err;
	for (l = 0; l < grid->branches; l++)
		grid->branch[l].limit = fmax(least, share * fabs(plan->flow[l]));
	dispatch_free(plan);
	return 0;
}

int synthetic_stations(const struct grid *grid, u32 periods, u32 count, double energy, u64 seed,
		       struct dispatch_stations *ret_stations)
{
	struct dispatch_station *station = calloc((size_t)count + 1, sizeof(*station));
	size_t room = (size_t)periods * count + 1;
	double *charge = calloc(room, sizeof(double)), *discharge = calloc(room, sizeof(double));
	double *least = calloc(room, sizeof(double)), *most = calloc(room, sizeof(double));
	u32 s, t, from, to;

	*ret_stations = (struct dispatch_stations){ count, station, charge, discharge, least, most };
	if (!station || !charge || !discharge || !least || !most) {
		crowd_flexible_done(ret_stations);
		return -ENOMEM;
	}
	state = seed;
	for (s = 0; s < count; s++) {
		double needs = energy * draw(0.5, 1.5);

		snprintf(station[s].name, sizeof(station[s].name), "S%u", s + 1);
		station[s].bus = (u32)draw(0, grid->buses);
		station[s].charge_efficiency = station[s].discharge_efficiency = 0.95;
		from = (u32)draw(0, periods * 0.7);
		to = from + periods / 4;
		for (t = 0; t < periods; t++) {
			size_t at = (size_t)t * count + s;

			charge[at] = t >= from && t < to ? needs / 2 : 0;
			discharge[at] = s % 4 == 0 && t >= from && t < to ? needs / 4 : 0;
			least[at] = t + 1 >= to ? needs : 0;
			most[at] = needs * 1.2;
		}
	}
	return 0;
}

int synthetic_crowd(const struct grid *grid, u32 periods, u32 stations, u32 vehicles, double energy, u64 seed,
		    struct crowd *ret_crowd)
{
	u32 i;

	*ret_crowd = (struct crowd){ stations, vehicles, calloc((size_t)stations + 1, sizeof(struct crowd_station)),
				     calloc((size_t)vehicles + 1, sizeof(struct crowd_class)) };
	if (!ret_crowd->station || !ret_crowd->class)
		return -ENOMEM;
	state = seed;
	for (i = 0; i < stations; i++) {
		snprintf(ret_crowd->station[i].name, GRID_NAME_MAX, "S%u", i + 1);
		ret_crowd->station[i].bus = (u32)draw(0, grid->buses);
		ret_crowd->station[i].efficiency = 0.92;
	}
	for (i = 0; i < vehicles; i++) {
		struct crowd_class *class = &ret_crowd->class[i];
		double power = draw(0, 1) < 0.8 ? 0.011 : 0.022;

		*class = (struct crowd_class){ .station = (u32)draw(0, stations), .count = 1, .power = power };
		class->arrive = (u32)draw(0, periods * 0.8);
		class->depart = class->arrive + 2 + (u32)draw(0, periods - class->arrive - 3);
		class->energy = fmin(energy * draw(0.5, 1.5),
				     0.9 * 0.92 * power * 24 / periods * (class->depart - class->arrive + 1));
	}
	return 0;
}
