/* SPDX-License-Identifier: GPL-2.0 */
/*
 * evrptw.h - an instance of the electric vehicle routing problem with time
 * windows (Schneider, Stenger, Goeke 2014) and the reader of its text files.
 *
 * Distance is in the file's unit, time in its own; energy is distance times the
 * consumption rate; recharging takes recharging rate times the energy taken
 * and always fills the battery (the tabulated bests are for full recharge).
 * A customer's demand is its delivery and pickup columns added.
 */
#ifndef VOLTGATE_SCHED_EVRPTW_H
#define VOLTGATE_SCHED_EVRPTW_H

#include "voltgate/types.h"

#define EVRPTW_NODES_MAX 1024
#define EVRPTW_NAME_MAX 64

enum evrptw_kind { EVRPTW_DEPOT, EVRPTW_CUSTOMER, EVRPTW_STATION };

struct evrptw_node {
	enum evrptw_kind kind;
	double x, y;
	double demand;
	double ready, due; /* service may begin within; a vehicle that is early waits */
	double service;
};

struct evrptw {
	char name[EVRPTW_NAME_MAX];
	u32 nodes; /* node 0 is the depot; then customers, then stations */
	u32 customers, stations;
	u32 vehicles;	    /* at most; 0: not stated */
	double capacity;    /* load */
	double battery;	    /* energy */
	double consumption; /* energy for a unit of distance */
	double recharging;  /* time for a unit of energy */
	struct evrptw_node node[EVRPTW_NODES_MAX];
	double *distance; /* nodes x nodes, row: from */
	double *time;	  /* the same */
};

struct evrptw_error {
	char text[320]; /* file, line, what, what to do */
};

/* Reads @len bytes; @file is for sentences only. 0, -EINVAL with a sentence, -ENOMEM. */
int evrptw_parse(const char *file, const char *text, size_t len, struct evrptw **ret_instance,
		 struct evrptw_error *ret_error);
int evrptw_load(const char *path, struct evrptw **ret_instance, struct evrptw_error *ret_error);
void evrptw_free(struct evrptw *instance);

static inline double evrptw_distance(const struct evrptw *instance, u32 from, u32 to)
{
	return instance->distance[(size_t)from * instance->nodes + to];
}

static inline double evrptw_time(const struct evrptw *instance, u32 from, u32 to)
{
	return instance->time[(size_t)from * instance->nodes + to];
}

#endif
