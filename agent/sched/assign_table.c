// SPDX-License-Identifier: GPL-2.0
/*
 * assign_table.c - a plan in the making: who is where, and what is left of
 * chargers and power.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/sched/assign_parts.h"

int assign_table_new(const struct assign_desk *desk, struct assign_table **ret_table)
{
	size_t cells = (size_t)desk->fleet->stations * desk->periods + 1, vehicles = (size_t)desk->fleet->vehicles + 1;
	struct assign_table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->desk = desk;
	table->chargers = calloc(cells, sizeof(*table->chargers));
	table->watts = calloc(cells, sizeof(*table->watts));
	table->choice = calloc(vehicles, sizeof(*table->choice));
	table->next = calloc(vehicles, sizeof(*table->next));
	table->before = calloc(vehicles, sizeof(*table->before));
	table->head = calloc((size_t)desk->fleet->stations + 1, sizeof(*table->head));
	if (table->chargers && table->watts && table->choice && table->next && table->before && table->head) {
		assign_table_clear(table);
		*ret_table = table;
		return 0;
	}
	assign_table_free(table);
	return -ENOMEM;
}

void assign_table_free(struct assign_table *table)
{
	if (!table)
		return;
	free(table->chargers);
	free(table->watts);
	free(table->choice);
	free(table->next);
	free(table->before);
	free(table->head);
	free(table);
}

void assign_table_clear(struct assign_table *table)
{
	const struct assign_desk *desk = table->desk;
	size_t cells = (size_t)desk->fleet->stations * desk->periods;
	u32 v;

	memcpy(table->chargers, desk->chargers, cells * sizeof(*table->chargers));
	memcpy(table->watts, desk->watts, cells * sizeof(*table->watts));
	memset(table->head, 0xff, desk->fleet->stations * sizeof(*table->head));
	table->cost = 0;
	table->served = 0;
	for (v = 0; v < desk->fleet->vehicles; v++) {
		table->choice[v] = (struct assign_choice){ .cost = 0 };
		if (desk->state[v] == ASSIGN_CONTENT)
			continue;
		table->choice[v].cost = desk->unserved;
		table->cost += desk->unserved;
	}
}

void assign_table_copy(struct assign_table *table, const struct assign_table *from)
{
	size_t cells = (size_t)table->desk->fleet->stations * table->desk->periods;
	size_t vehicles = table->desk->fleet->vehicles;

	memcpy(table->chargers, from->chargers, cells * sizeof(*table->chargers));
	memcpy(table->watts, from->watts, cells * sizeof(*table->watts));
	memcpy(table->choice, from->choice, vehicles * sizeof(*table->choice));
	memcpy(table->next, from->next, vehicles * sizeof(*table->next));
	memcpy(table->before, from->before, vehicles * sizeof(*table->before));
	memcpy(table->head, from->head, table->desk->fleet->stations * sizeof(*table->head));
	table->cost = from->cost;
	table->served = from->served;
}

bool assign_table_fits(const struct assign_table *table, const struct assign_way *way, u32 start)
{
	size_t at = (size_t)way->station * table->desk->periods + start, end = at + way->periods;
	bool limited = table->desk->limited[way->station];

	for (; at < end; at++)
		if (!table->chargers[at] || (limited && table->watts[at] >= 0 && table->watts[at] < way->rate_w))
			return false;
	return true;
}

static void assign_table_use(struct assign_table *table, const struct assign_way *way, u32 start, int sign)
{
	size_t at = (size_t)way->station * table->desk->periods + start, end = at + way->periods;

	for (; at < end; at++) {
		table->chargers[at] -= (u32)sign;
		if (table->desk->watts[at] >= 0)
			table->watts[at] -= sign * (s64)way->rate_w;
	}
}

void assign_table_put(struct assign_table *table, u32 vehicle, const struct assign_way *way, u32 start)
{
	struct assign_choice *choice = &table->choice[vehicle];
	u32 *head = &table->head[way->station];

	assign_table_use(table, way, start, 1);
	table->cost -= choice->cost;
	*choice = (struct assign_choice){ way, start, assign_cost(table->desk, vehicle, way, start) };
	table->cost += choice->cost;
	table->served++;
	table->next[vehicle] = *head;
	table->before[vehicle] = ASSIGN_NONE;
	if (*head != ASSIGN_NONE)
		table->before[*head] = vehicle;
	*head = vehicle;
}

void assign_table_take(struct assign_table *table, u32 vehicle)
{
	struct assign_choice *choice = &table->choice[vehicle];

	assign_table_use(table, choice->way, choice->start, -1);
	if (table->before[vehicle] == ASSIGN_NONE)
		table->head[choice->way->station] = table->next[vehicle];
	else
		table->next[table->before[vehicle]] = table->next[vehicle];
	if (table->next[vehicle] != ASSIGN_NONE)
		table->before[table->next[vehicle]] = table->before[vehicle];
	table->cost += table->desk->unserved - choice->cost;
	table->served--;
	*choice = (struct assign_choice){ .cost = table->desk->unserved };
}
