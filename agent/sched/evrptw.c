// SPDX-License-Identifier: GPL-2.0
/*
 * evrptw.c - reads instances: see evrptw.h. A header of "KEY : VALUE" lines,
 * then sections of comma-separated rows. Every number is checked where it is
 * read, and what the rows mean together once all are there.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/casefile.h"
#include "agent/sched/evrptw.h"

#define EVRPTW_FILE_MAX (64 * 1024 * 1024) /* bytes */
#define EVRPTW_LINE_MAX 256
#define EVRPTW_FIELDS_MAX 12

enum evrptw_section { EVRPTW_HEADER, EVRPTW_NODE_ROWS, EVRPTW_DISTANCE_ROWS, EVRPTW_DEPOT_ROWS };

struct evrptw_reader {
	const char *file;
	const char *at, *end;
	u32 line;
	u32 dimension;
	enum evrptw_section section;
	struct evrptw *instance;
	bool *seen; /* pairs with a distance */
	struct evrptw_error *error;
};

__attribute__((format(printf, 2, 3))) static int evrptw_fail(struct evrptw_reader *reader, const char *format, ...)
{
	char what[224];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	snprintf(reader->error->text, sizeof(reader->error->text), "%.60s:%u: %s", reader->file, reader->line, what);
	return -EINVAL;
}

/* The next line without its end, cut at EVRPTW_LINE_MAX; false at the end. */
static bool evrptw_line(struct evrptw_reader *reader, char ret_line[EVRPTW_LINE_MAX])
{
	const char *stop;
	size_t len;

	if (reader->at >= reader->end)
		return false;
	stop = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
	if (!stop)
		stop = reader->end;
	len = (size_t)(stop - reader->at);
	if (len >= EVRPTW_LINE_MAX)
		len = EVRPTW_LINE_MAX - 1;
	memcpy(ret_line, reader->at, len);
	while (len && (ret_line[len - 1] == '\r' || ret_line[len - 1] == ' ' || ret_line[len - 1] == '\t'))
		len--;
	ret_line[len] = 0;
	reader->at = stop + 1;
	reader->line++;
	return true;
}

static u32 evrptw_split(char *line, char *ret_fields[EVRPTW_FIELDS_MAX])
{
	u32 count = 0;
	char *at = line;

	while (count < EVRPTW_FIELDS_MAX) {
		ret_fields[count++] = at;
		at = strchr(at, ',');
		if (!at)
			break;
		*at++ = 0;
	}
	return count;
}

static int evrptw_number(struct evrptw_reader *reader, const char *name, const char *text, double least, double most,
			 double *ret_number)
{
	char *end;

	*ret_number = strtod(text, &end);
	if (end == text || *end)
		return evrptw_fail(reader, "%s is \"%.40s\", which is no number.", name, text);
	if (!isfinite(*ret_number) || *ret_number < least || *ret_number > most)
		return evrptw_fail(reader, "%s is %g; it must lie between %g and %g.", name, *ret_number, least, most);
	return 0;
}

static int evrptw_header(struct evrptw_reader *reader, char *line)
{
	struct evrptw *instance = reader->instance;
	char *value = strchr(line, ':'), *end = value;
	double vehicles = 0, dimension = 0;

	if (!value)
		return evrptw_fail(reader, "\"%.40s\" is neither \"KEY : VALUE\" nor a section.", line);
	while (end > line && end[-1] == ' ')
		end--;
	*end = 0;
	for (value++; *value == ' '; value++)
		;
	if (!strcmp(line, "NAME"))
		snprintf(instance->name, sizeof(instance->name), "%s", value);
	else if (!strcmp(line, "CAPACITY"))
		return evrptw_number(reader, line, value, 0, 1e12, &instance->capacity);
	else if (!strcmp(line, "ELECTRIC_POWER"))
		return evrptw_number(reader, line, value, 1e-9, 1e12, &instance->battery);
	else if (!strcmp(line, "CONSUMPTION_RATE"))
		return evrptw_number(reader, line, value, 0, 1e9, &instance->consumption);
	else if (!strcmp(line, "RECHARGING_RATE"))
		return evrptw_number(reader, line, value, 0, 1e9, &instance->recharging);
	else if (!strcmp(line, "VEHICLES")) {
		if (evrptw_number(reader, line, value, 0, 1e6, &vehicles))
			return -EINVAL;
		instance->vehicles = (u32)vehicles;
	} else if (!strcmp(line, "DIMENSION")) {
		if (evrptw_number(reader, line, value, 0, EVRPTW_NODES_MAX, &dimension))
			return -EINVAL;
		reader->dimension = (u32)dimension;
	}
	return 0; /* other keys say nothing that is needed here */
}

static int evrptw_node_row(struct evrptw_reader *reader, char *line)
{
	struct evrptw *instance = reader->instance;
	struct evrptw_node *node = &instance->node[instance->nodes];
	char *field[EVRPTW_FIELDS_MAX];
	double id, delivery, pickup;

	if (!strncmp(line, "ID", 2))
		return 0;
	if (evrptw_split(line, field) != 9)
		return evrptw_fail(reader, "A node has nine fields: ID,type,x,y,delivery,pickup,ready,due,service.");
	if (instance->nodes >= EVRPTW_NODES_MAX)
		return evrptw_fail(reader, "More than %u nodes.", EVRPTW_NODES_MAX);
	if (evrptw_number(reader, "ID", field[0], 0, EVRPTW_NODES_MAX, &id) ||
	    evrptw_number(reader, "x", field[2], -1e12, 1e12, &node->x) ||
	    evrptw_number(reader, "y", field[3], -1e12, 1e12, &node->y) ||
	    evrptw_number(reader, "delivery", field[4], 0, 1e12, &delivery) ||
	    evrptw_number(reader, "pickup", field[5], 0, 1e12, &pickup) ||
	    evrptw_number(reader, "ready time", field[6], 0, 1e12, &node->ready) ||
	    evrptw_number(reader, "due date", field[7], 0, 1e12, &node->due) ||
	    evrptw_number(reader, "service time", field[8], 0, 1e12, &node->service))
		return -EINVAL;
	if (id != instance->nodes)
		return evrptw_fail(reader, "Node %g stands where node %u should; number them from 0 without a gap.", id,
				   instance->nodes);
	if (node->ready > node->due)
		return evrptw_fail(reader, "The window of node %u closes (%g) before it opens (%g).", instance->nodes,
				   node->due, node->ready);
	node->demand = delivery + pickup;
	if (!strcmp(field[1], "d"))
		node->kind = EVRPTW_DEPOT;
	else if (!strcmp(field[1], "c"))
		node->kind = EVRPTW_CUSTOMER;
	else if (!strcmp(field[1], "f"))
		node->kind = EVRPTW_STATION;
	else
		return evrptw_fail(reader, "Node type \"%.20s\"; it is d (depot), c (customer) or f (station).",
				   field[1]);
	if ((node->kind == EVRPTW_DEPOT) != (instance->nodes == 0))
		return evrptw_fail(reader, "Node 0, and no other, is the depot.");
	if (node->kind == EVRPTW_CUSTOMER && instance->stations)
		return evrptw_fail(reader, "Customers come before stations.");
	instance->customers += node->kind == EVRPTW_CUSTOMER;
	instance->stations += node->kind == EVRPTW_STATION;
	instance->nodes++;
	return 0;
}

static int evrptw_begin_distances(struct evrptw_reader *reader)
{
	struct evrptw *instance = reader->instance;
	size_t pairs = (size_t)instance->nodes * instance->nodes;

	if (!instance->nodes)
		return evrptw_fail(reader, "The distances come before the nodes.");
	if (instance->distance)
		return evrptw_fail(reader, "A second section of distances.");
	instance->distance = calloc(pairs, sizeof(double));
	instance->time = calloc(pairs, sizeof(double));
	reader->seen = calloc(pairs, sizeof(bool));
	return instance->distance && instance->time && reader->seen ? 0 : -ENOMEM;
}

static int evrptw_distance_row(struct evrptw_reader *reader, char *line)
{
	struct evrptw *instance = reader->instance;
	char *field[EVRPTW_FIELDS_MAX];
	double from, to, most = instance->nodes - 1;
	size_t pair;

	if (!strncmp(line, "ID", 2))
		return 0;
	if (evrptw_split(line, field) != 5)
		return evrptw_fail(reader, "A distance has five fields: ID,from_node,to_node,distance,spend_tm.");
	if (evrptw_number(reader, "from_node", field[1], 0, most, &from) ||
	    evrptw_number(reader, "to_node", field[2], 0, most, &to))
		return -EINVAL;
	pair = (size_t)from * instance->nodes + (size_t)to;
	reader->seen[pair] = true;
	if (evrptw_number(reader, "distance", field[3], 0, 1e12, &instance->distance[pair]))
		return -EINVAL;
	return evrptw_number(reader, "spend_tm", field[4], 0, 1e12, &instance->time[pair]);
}

static int evrptw_row(struct evrptw_reader *reader, char *line)
{
	if (!*line)
		return 0;
	if (!strcmp(line, "NODE_SECTION"))
		reader->section = EVRPTW_NODE_ROWS;
	else if (!strcmp(line, "DISTANCETIME_SECTION")) {
		reader->section = EVRPTW_DISTANCE_ROWS;
		return evrptw_begin_distances(reader);
	} else if (!strcmp(line, "DEPOT_SECTION"))
		reader->section = EVRPTW_DEPOT_ROWS;
	else if (reader->section == EVRPTW_HEADER)
		return evrptw_header(reader, line);
	else if (reader->section == EVRPTW_NODE_ROWS)
		return evrptw_node_row(reader, line);
	else if (reader->section == EVRPTW_DISTANCE_ROWS)
		return evrptw_distance_row(reader, line);
	else if (strcmp(line, "0"))
		return evrptw_fail(reader, "The depot is node 0, not \"%.20s\".", line);
	return 0;
}

/* What can only be judged once all rows are read. */
static int evrptw_whole(struct evrptw_reader *reader)
{
	struct evrptw *instance = reader->instance;
	u32 from, to;

	if (!instance->distance)
		return evrptw_fail(reader, "The file ends without distances (DISTANCETIME_SECTION).");
	if (!instance->customers)
		return evrptw_fail(reader, "There is no customer.");
	if (reader->dimension && reader->dimension != instance->nodes && reader->dimension != instance->customers)
		return evrptw_fail(reader, "DIMENSION says %u; there are %u customers and %u nodes.", reader->dimension,
				   instance->customers, instance->nodes);
	if (instance->battery <= 0)
		return evrptw_fail(reader, "ELECTRIC_POWER, the battery's energy, is missing.");
	for (from = 0; from < instance->nodes; from++) {
		if (instance->node[from].kind == EVRPTW_CUSTOMER && instance->node[from].demand > instance->capacity)
			return evrptw_fail(reader, "Customer %u asks for %g; a vehicle carries %g.", from,
					   instance->node[from].demand, instance->capacity);
		for (to = 0; to < instance->nodes; to++)
			if (from != to && !reader->seen[(size_t)from * instance->nodes + to])
				return evrptw_fail(reader, "There is no distance from node %u to node %u.", from, to);
	}
	return 0;
}

int evrptw_parse(const char *file, const char *text, size_t len, struct evrptw **ret_instance,
		 struct evrptw_error *ret_error)
{
	struct evrptw_reader reader = { .file = file, .at = text, .end = text + len, .error = ret_error };
	char line[EVRPTW_LINE_MAX];
	int err = 0;

	reader.instance = calloc(1, sizeof(*reader.instance));
	if (!reader.instance)
		return -ENOMEM;
	while (!err && evrptw_line(&reader, line))
		err = evrptw_row(&reader, line);
	if (!err)
		err = evrptw_whole(&reader);
	free(reader.seen);
	if (err) {
		if (err == -ENOMEM)
			snprintf(ret_error->text, sizeof(ret_error->text), "%.60s: out of memory.", file);
		evrptw_free(reader.instance);
		return err;
	}
	*ret_instance = reader.instance;
	return 0;
}

int evrptw_load(const char *path, struct evrptw **ret_instance, struct evrptw_error *ret_error)
{
	char *text;
	size_t len;
	int err = casefile_read(path, EVRPTW_FILE_MAX, &text, &len);

	if (err == -EFBIG)
		snprintf(ret_error->text, sizeof(ret_error->text), "%.200s: more than %d MiB.", path,
			 EVRPTW_FILE_MAX >> 20);
	else if (err)
		snprintf(ret_error->text, sizeof(ret_error->text), "%.200s: %s.", path, strerror(-err));
	if (err)
		return err;
	err = evrptw_parse(path, text, len, ret_instance, ret_error);
	free(text);
	return err;
}

void evrptw_free(struct evrptw *instance)
{
	if (!instance)
		return;
	free(instance->distance);
	free(instance->time);
	free(instance);
}
