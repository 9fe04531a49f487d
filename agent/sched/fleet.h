/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fleet.h - all tours of a plan in the making, and who is not served. A change
 * can be taken back: touched tours are kept as they were until it is settled.
 */
#ifndef VOLTGATE_SCHED_FLEET_H
#define VOLTGATE_SCHED_FLEET_H

#include "agent/sched/tour.h"

#define FLEET_NONE 0xffff

struct fleet {
	const struct hops *hops;
	u32 customers;
	u32 tours;	/* in use */
	u32 tours_most; /* room for */
	struct tour **tour;
	struct tour **saved; /* copies of touched tours; NULL: untouched */
	u32 touched_count;
	u16 touched[EVRPTW_NODES_MAX];
	u32 saved_tours;
	u16 tour_of[EVRPTW_NODES_MAX]; /* customer -> tour, FLEET_NONE: absent */
	u32 absent_count, saved_absent_count;
	u16 absent[EVRPTW_NODES_MAX], saved_absent[EVRPTW_NODES_MAX];
	double distance, saved_distance;
	struct tour **spare;
	u32 spares;
};

int fleet_new(const struct hops *hops, u32 tours_most, struct fleet **ret_fleet); /* everybody absent; -ENOMEM */
void fleet_free(struct fleet *fleet);
u32 fleet_position(const struct fleet *fleet, u32 customer); /* place in its tour, from 1 */
/* Changes; between them and fleet_settle() or fleet_undo() tours do not change their numbers. */
void fleet_take_out(struct fleet *fleet, u32 tour, u32 place, u32 count);
/* False: not possible after all; nothing is changed. */
bool fleet_put_in(struct fleet *fleet, u32 tour, u32 position, u32 customer);
/* A new, empty tour; FLEET_NONE: no room. */
u32 fleet_open_tour(struct fleet *fleet);
void fleet_undo(struct fleet *fleet);
/* Makes the changes final; empty tours go. */
void fleet_settle(struct fleet *fleet);
/* Everybody of @tour becomes absent and the tour goes. Final. */
void fleet_dissolve(struct fleet *fleet, u32 tour);
/* Becomes a copy of @from. */
void fleet_copy(struct fleet *fleet, const struct fleet *from);

#endif
