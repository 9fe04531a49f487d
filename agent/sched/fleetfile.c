// SPDX-License-Identifier: GPL-2.0
/*
 * fleetfile.c - reads a fleet: one text file of four CSV tables, each under
 * its name in brackets:
 *
 *   [settings]  period_s,periods,speed_m_h,detour_pct,choices,unserved      one row
 *   [stations]  name,bus,x_m,y_m,chargers,power_w,limit_w,rating
 *   [prices]    station,from,price       from this period on; station * is all of them
 *   [vehicles]  name,x_m,y_m,battery_wh,energy_wh,need_wh,arrival_s,deadline_s,power_w,use_wh_km,v2g,
 *               weight_price_pct,weight_time_hour,weight_rating_unit
 *
 * Columns may stand in any order; those with a default may be missing. A fault
 * does not end the reading: all are named, up to the limit.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/casefile.h"
#include "agent/sched/csv.h"
#include "agent/sched/fleet.h"

#define FLEETFILE_BYTES_MAX (256u << 20)

/* A column that becomes an integer of a structure. */
struct fleetfile_column {
	const char *name;
	size_t offset; /* of a u32 or int */
	double least, most;
	s64 missing; /* its default; below least: it must be there */
};

enum fleetfile_table { FLEETFILE_SETTINGS, FLEETFILE_STATIONS, FLEETFILE_PRICES, FLEETFILE_VEHICLES, FLEETFILE_TABLES };

static const char *const fleetfile_tables[] = { "[settings]", "[stations]", "[prices]", "[vehicles]" };

struct fleetfile_settings {
	u32 period_s, periods, speed_m_h, detour_pct, choices, unserved;
};

struct fleetfile_price {
	u32 from, price;
};

#define COLUMN(type, field, least, most, missing)                          \
	{                                                                  \
#field, offsetof(struct type, field), least, most, missing \
	}
#define PLACE(type, field) COLUMN(type, field, -FLEET_SPAN_MAX, FLEET_SPAN_MAX, -FLEET_SPAN_MAX - 1)

static const struct fleetfile_column settings_columns[] = {
	COLUMN(fleetfile_settings, period_s, 60, 86400, -1),
	COLUMN(fleetfile_settings, periods, 1, FLEET_PERIODS_MAX, -1),
	COLUMN(fleetfile_settings, speed_m_h, 1000, 200000, -1),
	COLUMN(fleetfile_settings, detour_pct, 100, 1000, 130),
	COLUMN(fleetfile_settings, choices, 1, 64, 8),
	COLUMN(fleetfile_settings, unserved, 1, 1000000000, 10000000),
	{ .name = NULL },
};
static const struct fleetfile_column station_columns[] = {
	PLACE(fleet_station, x_m),
	PLACE(fleet_station, y_m),
	COLUMN(fleet_station, chargers, 0, 10000, -1),
	COLUMN(fleet_station, power_w, 1, FLEET_ENERGY_MAX, -1),
	COLUMN(fleet_station, limit_w, 0, 1000000000, 0),
	COLUMN(fleet_station, rating, 0, FLEET_RATING_MAX, 300),
	{ .name = NULL },
};
static const struct fleetfile_column price_columns[] = {
	COLUMN(fleetfile_price, from, 0, FLEET_PERIODS_MAX - 1, 0),
	COLUMN(fleetfile_price, price, 0, FLEET_PRICE_MAX, -1),
	{ .name = NULL },
};
static const struct fleetfile_column vehicle_columns[] = {
	PLACE(fleet_vehicle, x_m),
	PLACE(fleet_vehicle, y_m),
	COLUMN(fleet_vehicle, battery_wh, 1, FLEET_ENERGY_MAX, -1),
	COLUMN(fleet_vehicle, energy_wh, 0, FLEET_ENERGY_MAX, -1),
	COLUMN(fleet_vehicle, need_wh, 0, FLEET_ENERGY_MAX, -1),
	COLUMN(fleet_vehicle, arrival_s, 0, 100000000, -1),
	COLUMN(fleet_vehicle, deadline_s, 0, 100000000, -1),
	COLUMN(fleet_vehicle, power_w, 1, FLEET_ENERGY_MAX, -1),
	COLUMN(fleet_vehicle, use_wh_km, 0, 10000, 180),
	COLUMN(fleet_vehicle, weight_price_pct, 0, 1000, 100),
	COLUMN(fleet_vehicle, weight_time_hour, 0, 1000000, 0),
	COLUMN(fleet_vehicle, weight_rating_unit, 0, 1000000, 0),
	{ .name = NULL },
};
static const struct fleetfile_column *const fleetfile_columns[] = { settings_columns, station_columns, price_columns,
								    vehicle_columns };
static const char *const fleetfile_words[][3] = { { NULL }, { "name", "bus" }, { "station" }, { "name", "v2g" } };

#define FLEETFILE_COLUMNS_MAX 16

struct fleetfile {
	const char *file;
	struct fleet *fleet;
	u32 line;
	bool seen[FLEETFILE_TABLES];
	struct csv csv;
	int column[FLEETFILE_COLUMNS_MAX]; /* of the table's columns: where in the file, or -1 */
	u32 vehicles_room, stations_room;
};

__attribute__((format(printf, 2, 3))) static void fleetfile_fault(struct fleetfile *reader, const char *format, ...)
{
	struct fleet *fleet = reader->fleet;
	char what[180];
	va_list arguments;

	if (fleet->faults == FLEET_FAULTS_MAX) {
		fleet->faults_untold++;
		return;
	}
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	snprintf(fleet->fault[fleet->faults++].text, sizeof(fleet->fault[0].text), "%.60s:%u: %s", reader->file,
		 reader->line, what);
}

/* --- columns --- */

static bool fleetfile_word_known(enum fleetfile_table table, const char *name)
{
	u32 i;

	for (i = 0; fleetfile_words[table][i]; i++)
		if (!strcmp(fleetfile_words[table][i], name))
			return true;
	return false;
}

static void fleetfile_judge_column(struct fleetfile *reader, enum fleetfile_table table, const char *name)
{
	const struct fleetfile_column *column;
	size_t len = strlen(name);

	for (column = fleetfile_columns[table]; column->name; column++)
		if (!strcmp(column->name, name))
			return;
	if (fleetfile_word_known(table, name))
		return;
	for (column = fleetfile_columns[table]; column->name; column++)
		if (len && !strncmp(column->name, name, len) && column->name[len] == '_') {
			fleetfile_fault(reader, "column \"%.30s\" has no unit; write %s", name, column->name);
			return;
		}
	fleetfile_fault(reader, "table %s has no column \"%.30s\"; see the manual for those it has",
			fleetfile_tables[table], name);
}

/* Finds the table's columns; false: not all that must be there are. */
static bool fleetfile_find_columns(struct fleetfile *reader, enum fleetfile_table table)
{
	const struct fleetfile_column *column;
	u32 i, before = reader->fleet->faults + reader->fleet->faults_untold;

	for (i = 0; i < reader->csv.columns; i++)
		fleetfile_judge_column(reader, table, reader->csv.name[i]);
	for (i = 0, column = fleetfile_columns[table]; column->name; column++, i++) {
		reader->column[i] = csv_column(&reader->csv, column->name);
		if (reader->column[i] < 0 && (double)column->missing < column->least)
			fleetfile_fault(reader, "table %s lacks the column %s", fleetfile_tables[table], column->name);
	}
	if (fleetfile_words[table][0] && csv_column(&reader->csv, fleetfile_words[table][0]) < 0)
		fleetfile_fault(reader, "table %s lacks the column %s", fleetfile_tables[table],
				fleetfile_words[table][0]);
	return before == reader->fleet->faults + reader->fleet->faults_untold;
}

static bool fleetfile_integer(struct fleetfile *reader, const struct fleetfile_column *column, const char *text,
			      s64 *ret_number)
{
	char *end = NULL;

	errno = 0;
	*ret_number = strtoll(text, &end, 10);
	if (end == text || *end || errno) {
		fleetfile_fault(reader, "%s is \"%.40s\"; it takes a whole number", column->name, text);
		return false;
	}
	if ((double)*ret_number < column->least || (double)*ret_number > column->most) {
		fleetfile_fault(reader, "%s is %lld; it must lie between %.0f and %.0f", column->name,
				(long long)*ret_number, column->least, column->most);
		return false;
	}
	return true;
}

/* Fills the integers of @ret_row from the row at hand; false: faults were named. */
static bool fleetfile_integers(struct fleetfile *reader, enum fleetfile_table table, void *ret_row)
{
	const struct fleetfile_column *column;
	bool good = true;
	s64 number;
	u32 i, word;

	for (i = 0, column = fleetfile_columns[table]; column->name; column++, i++) {
		number = column->missing;
		if (reader->column[i] >= 0 &&
		    !fleetfile_integer(reader, column, reader->csv.field[reader->column[i]], &number)) {
			good = false;
			continue;
		}
		word = (u32)number; /* a negative one keeps its bits for a signed one */
		memcpy((char *)ret_row + column->offset, &word, sizeof(word));
	}
	return good;
}

static const char *fleetfile_text(const struct fleetfile *reader, const char *name)
{
	int column = csv_column(&reader->csv, name);

	return column < 0 ? "" : reader->csv.field[column];
}

static bool fleetfile_name(struct fleetfile *reader, const char *column, char ret_name[FLEET_NAME_MAX])
{
	const char *text = fleetfile_text(reader, column), *at;

	for (at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f || *at == '"')
			break;
	if (strlen(text) >= FLEET_NAME_MAX || *at) {
		fleetfile_fault(reader, "%s has more than %d characters, or one that is no letter", column,
				FLEET_NAME_MAX - 1);
		return false;
	}
	snprintf(ret_name, FLEET_NAME_MAX, "%s", text);
	return true;
}

/* --- rows --- */

static int fleetfile_add_settings(struct fleetfile *reader)
{
	struct fleetfile_settings row = { 0 };
	struct fleet *fleet = reader->fleet;

	if (fleet->periods) {
		fleetfile_fault(reader, "table [settings] has a second row; one is all there is");
		return 0;
	}
	if (!fleetfile_integers(reader, FLEETFILE_SETTINGS, &row))
		return 0;
	if (row.period_s * row.periods > FLEET_SECONDS_MAX) {
		fleetfile_fault(reader, "the periods last %u s together; at most %u s can be planned",
				row.period_s * row.periods, FLEET_SECONDS_MAX);
		return 0;
	}
	fleet->period_s = row.period_s;
	fleet->periods = row.periods;
	fleet->speed_m_h = row.speed_m_h;
	fleet->detour_pct = row.detour_pct;
	fleet->choices = row.choices;
	fleet->unserved = row.unserved;
	return 0;
}

/* Room for one more behind @count rows of @size bytes. */
static int fleetfile_grow(void **rows, u32 count, u32 *room, size_t size)
{
	u32 more = *room ? *room * 2 : 64;
	void *grown;

	if (count < *room)
		return 0;
	grown = realloc(*rows, more * size);
	if (!grown)
		return -ENOMEM;
	*rows = grown;
	*room = more;
	return 0;
}

static int fleetfile_add_station(struct fleetfile *reader)
{
	struct fleet *fleet = reader->fleet;
	struct fleet_station row = { .name = "" };

	if (!fleetfile_name(reader, "name", row.name) || !fleetfile_name(reader, "bus", row.bus) ||
	    !fleetfile_integers(reader, FLEETFILE_STATIONS, &row))
		return 0;
	if (!*row.name || !strcmp(row.name, "*"))
		fleetfile_fault(reader, "a station needs a name, and one other than *");
	else if (fleet->stations == FLEET_STATIONS_MAX)
		fleetfile_fault(reader, "more than %d stations", FLEET_STATIONS_MAX);
	else if (fleetfile_grow((void **)&fleet->station, fleet->stations, &reader->stations_room, sizeof(row)))
		return -ENOMEM;
	else
		fleet->station[fleet->stations++] = row;
	return 0;
}

static void fleetfile_set_price(struct fleetfile *reader, u32 station, const struct fleetfile_price *row)
{
	struct fleet *fleet = reader->fleet;
	u32 t;

	for (t = row->from; t < fleet->periods; t++)
		fleet->price[(size_t)station * fleet->periods + t] = row->price;
}

static int fleetfile_add_price(struct fleetfile *reader)
{
	const char *name = fleetfile_text(reader, "station");
	struct fleetfile_price row = { 0 };
	struct fleet *fleet = reader->fleet;
	bool found = !strcmp(name, "*");
	u32 i;

	if (!fleetfile_integers(reader, FLEETFILE_PRICES, &row))
		return 0;
	if (row.from >= fleet->periods)
		fleetfile_fault(reader, "from is period %u; the last one is %u", row.from, fleet->periods - 1);
	if (!fleet->price)
		fleet->price = calloc((size_t)fleet->stations * fleet->periods + 1, sizeof(*fleet->price));
	if (!fleet->price)
		return -ENOMEM;
	for (i = 0; i < fleet->stations; i++)
		if (*name == '*' || !strcmp(fleet->station[i].name, name)) {
			fleetfile_set_price(reader, i, &row);
			found = true;
		}
	if (!found)
		fleetfile_fault(reader, "there is no station \"%.31s\"", name);
	return 0;
}

static void fleetfile_judge_vehicle(struct fleetfile *reader, const struct fleet_vehicle *row)
{
	if (row->deadline_s <= row->arrival_s)
		fleetfile_fault(reader, "vehicle %s must be done (%u s) before it can set out (%u s)", row->name,
				row->deadline_s, row->arrival_s);
	if (row->energy_wh > row->battery_wh)
		fleetfile_fault(reader, "vehicle %s has %u Wh in a battery of %u", row->name, row->energy_wh,
				row->battery_wh);
	if (row->need_wh > row->battery_wh)
		fleetfile_fault(reader, "vehicle %s wants %u Wh in a battery of %u; ask for less", row->name,
				row->need_wh, row->battery_wh);
}

static int fleetfile_add_vehicle(struct fleetfile *reader)
{
	const char *v2g = fleetfile_text(reader, "v2g");
	struct fleet *fleet = reader->fleet;
	struct fleet_vehicle row = { .name = "" };

	if (!fleetfile_name(reader, "name", row.name) || !fleetfile_integers(reader, FLEETFILE_VEHICLES, &row))
		return 0;
	row.gives_back = !strcmp(v2g, "yes");
	if (*v2g && strcmp(v2g, "yes") && strcmp(v2g, "no"))
		fleetfile_fault(reader, "v2g is \"%.30s\"; it takes yes or no", v2g);
	if (!*row.name)
		fleetfile_fault(reader, "a vehicle needs a name");
	fleetfile_judge_vehicle(reader, &row);
	if (fleet->vehicles == FLEET_VEHICLES_MAX)
		fleetfile_fault(reader, "more than %d vehicles", FLEET_VEHICLES_MAX);
	else if (fleetfile_grow((void **)&fleet->vehicle, fleet->vehicles, &reader->vehicles_room, sizeof(row)))
		return -ENOMEM;
	else
		fleet->vehicle[fleet->vehicles++] = row;
	return 0;
}

static int (*const fleetfile_adds[])(struct fleetfile *) = { fleetfile_add_settings, fleetfile_add_station,
							     fleetfile_add_price, fleetfile_add_vehicle };

/* --- tables --- */

static const char *fleetfile_line_end(const char *at, const char *end)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));

	return stop ? stop + 1 : end;
}

/* Which table a line begins; FLEETFILE_TABLES: none. */
static enum fleetfile_table fleetfile_begins(const char *at, const char *stop)
{
	size_t len = (size_t)(stop - at);
	u32 table;

	while (len && strchr("\r\n \t", at[len - 1]))
		len--;
	for (table = 0; table < FLEETFILE_TABLES; table++)
		if (len == strlen(fleetfile_tables[table]) && !memcmp(at, fleetfile_tables[table], len))
			break;
	return (enum fleetfile_table)table;
}

/* What must have been read before. */
static bool fleetfile_in_order(struct fleetfile *reader, enum fleetfile_table table)
{
	const struct fleet *fleet = reader->fleet;

	if (reader->seen[table])
		fleetfile_fault(reader, "table %s comes a second time", fleetfile_tables[table]);
	else if (table == FLEETFILE_PRICES && (!reader->seen[FLEETFILE_STATIONS] || !fleet->periods))
		fleetfile_fault(reader, "[prices] comes before [settings] or [stations], or those have faults");
	else if (table == FLEETFILE_PRICES && (u64)fleet->stations * fleet->periods > FLEET_CELLS_MAX)
		fleetfile_fault(reader, "stations times periods are more than %d", FLEET_CELLS_MAX);
	else
		return true;
	return false;
}

static int fleetfile_rows(struct fleetfile *reader, enum fleetfile_table table, const char *text, size_t len)
{
	struct csv_error error;
	u32 before = reader->line;
	int err = csv_take(reader->file, text, len, &reader->csv, &error), more;

	if (err == -ENOMEM)
		return err;
	if (err) {
		fleetfile_fault(reader, "table %s is empty; its first line names the columns", fleetfile_tables[table]);
		return 0;
	}
	reader->csv.line += before;
	reader->line = reader->csv.line;
	if (!fleetfile_find_columns(reader, table))
		goto done;
	while (!err && (more = csv_next(reader->file, &reader->csv, &error)) != 0) {
		reader->line = reader->csv.line;
		if (more < 0)
			fleetfile_fault(reader, "a row has another number of fields than the %u columns",
					reader->csv.columns);
		else
			err = fleetfile_adds[table](reader);
	}
done:
	csv_close(&reader->csv);
	return err;
}

static int fleetfile_tables_read(struct fleetfile *reader, const char *at, const char *end)
{
	enum fleetfile_table table;
	const char *stop, *rows;
	u32 line = 0, lines;
	int err = 0;

	while (!err && at < end) {
		stop = fleetfile_line_end(at, end);
		reader->line = ++line;
		table = fleetfile_begins(at, stop);
		if (table == FLEETFILE_TABLES) {
			if (*at != '\n' && *at != '\r' && *at != '#')
				fleetfile_fault(reader, "\"%.*s\" stands outside of any table",
						(int)(stop - at > 30 ? 30 : stop - at - 1), at);
			at = stop;
			continue;
		}
		rows = at = stop;
		for (lines = 0; at < end && *at != '['; at = fleetfile_line_end(at, end))
			lines++;
		if (fleetfile_in_order(reader, table)) {
			reader->seen[table] = true;
			err = fleetfile_rows(reader, table, rows, (size_t)(at - rows));
		}
		line += lines;
	}
	return err;
}

/* --- the whole --- */

static int fleetfile_compare_names(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Names are the first field of both structures. */
static int fleetfile_same_names(struct fleetfile *reader, const char *what, const void *rows, u32 count, size_t size)
{
	const char **name = calloc(count + 1, sizeof(*name));
	u32 i;

	if (!name)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		name[i] = (const char *)rows + i * size;
	qsort(name, count, sizeof(*name), fleetfile_compare_names);
	for (i = 1; i < count; i++)
		if (!strcmp(name[i - 1], name[i]))
			fleetfile_fault(reader, "two %s have the name %s", what, name[i]);
	free(name);
	return 0;
}

static int fleetfile_whole(struct fleetfile *reader)
{
	struct fleet *fleet = reader->fleet;
	int err;
	u32 i;

	for (i = 0; i < FLEETFILE_TABLES; i++)
		if (!reader->seen[i])
			fleetfile_fault(reader, "the file ends without a table %s", fleetfile_tables[i]);
	if (!fleet->periods && reader->seen[FLEETFILE_SETTINGS])
		fleetfile_fault(reader, "table [settings] has no good row");
	err = fleetfile_same_names(reader, "vehicles", fleet->vehicle, fleet->vehicles, sizeof(*fleet->vehicle));
	if (!err)
		err = fleetfile_same_names(reader, "stations", fleet->station, fleet->stations,
					   sizeof(*fleet->station));
	if (!err && !fleet->price && !fleet->faults)
		fleetfile_fault(reader, "table [prices] has no row; \"*,0,5000\" is 0.5 yuan a kWh everywhere");
	return err ? err : fleet->faults ? -EINVAL : 0;
}

int fleet_parse(const char *file, const char *text, size_t len, struct fleet **ret_fleet)
{
	struct fleetfile reader = { .file = file };
	int err;

	*ret_fleet = NULL;
	reader.fleet = calloc(1, sizeof(*reader.fleet));
	if (!reader.fleet)
		return -ENOMEM;
	err = fleetfile_tables_read(&reader, text, text + len);
	if (!err)
		err = fleetfile_whole(&reader);
	if (err == -ENOMEM)
		fleet_free(reader.fleet);
	else
		*ret_fleet = reader.fleet;
	return err;
}

int fleet_load(const char *path, struct fleet **ret_fleet)
{
	struct fleetfile reader = { .file = path };
	char *text = NULL;
	size_t len = 0;
	int err = casefile_read(path, FLEETFILE_BYTES_MAX, &text, &len);

	if (!err) {
		err = fleet_parse(path, text, len, ret_fleet);
		free(text);
		return err;
	}
	reader.fleet = *ret_fleet = calloc(1, sizeof(**ret_fleet));
	if (!reader.fleet)
		return -ENOMEM;
	fleetfile_fault(&reader, "it cannot be read: %s", err == -EFBIG ? "more than 256 MiB" : strerror(-err));
	return -EINVAL;
}
