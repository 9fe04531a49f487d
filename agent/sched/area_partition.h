/* SPDX-License-Identifier: GPL-2.0 */
/*
 * area_partition.h - which bus belongs to which area: as a file numbers them,
 * or cut anew into areas of about equal size with few ties.
 */
#ifndef VOLTGATE_SCHED_AREA_PARTITION_H
#define VOLTGATE_SCHED_AREA_PARTITION_H

#include "agent/sched/grid.h"

/* The areas that buses name, numbered 0, 1, ... in their order: a file may number them from 1 or with gaps. -ENOMEM. */
int area_renumber(struct grid *grid);
/*
 * Sets the area of each bus to one of 0 .. @areas - 1, none of them empty; each is connected where its island lets it.
 * The same grid is always cut the same way. 0; -EINVAL: no areas, more than AREA_MOST, or more than buses; -ENOMEM.
 */
int area_partition(struct grid *grid, u32 areas);

#endif
