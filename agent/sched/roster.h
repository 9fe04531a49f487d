/* SPDX-License-Identifier: GPL-2.0 */
/*
 * roster.h - all tours of a plan in the making, and who is not served. A change
 * can be taken back: touched tours are kept as they were until it is settled.
 */
#ifndef VOLTGATE_SCHED_ROSTER_H
#define VOLTGATE_SCHED_ROSTER_H

#include "agent/sched/tour.h"

#define ROSTER_NONE 0xffff

struct roster {
	const struct hops *hops;
	u32 customers;
	u32 tours;	/* in use */
	u32 tours_most; /* room for */
	struct tour **tour;
	struct tour **saved; /* copies of touched tours; NULL: untouched */
	u32 touched_count;
	u16 touched[EVRPTW_NODES_MAX];
	u32 saved_tours;
	u16 tour_of[EVRPTW_NODES_MAX]; /* customer -> tour, ROSTER_NONE: absent */
	u32 absent_count, saved_absent_count;
	u16 absent[EVRPTW_NODES_MAX], saved_absent[EVRPTW_NODES_MAX];
	double distance, saved_distance;
	struct tour **spare;
	u32 spares;
};

int roster_new(const struct hops *hops, u32 tours_most, struct roster **ret_fleet); /* everybody absent; -ENOMEM */
void roster_free(struct roster *roster);
u32 roster_position(const struct roster *roster, u32 customer); /* place in its tour, from 1 */
/* Changes; between them and roster_settle() or roster_undo() tours do not change their numbers. */
void roster_take_out(struct roster *roster, u32 tour, u32 place, u32 count);
/* False: not possible after all; nothing is changed. */
bool roster_put_in(struct roster *roster, u32 tour, u32 position, u32 customer);
/* A new, empty tour; ROSTER_NONE: no room. */
u32 roster_open_tour(struct roster *roster);
void roster_undo(struct roster *roster);
/* Makes the changes final; empty tours go. */
void roster_settle(struct roster *roster);
/* Everybody of @tour becomes absent and the tour goes. Final. */
void roster_dissolve(struct roster *roster, u32 tour);
/* Becomes a copy of @from. */
void roster_copy(struct roster *roster, const struct roster *from);

#endif
