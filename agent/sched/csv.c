// SPDX-License-Identifier: GPL-2.0
/*
 * csv.c - see csv.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/casefile.h"
#include "agent/sched/csv.h"

static u32 csv_split(char *line, char **ret_field)
{
	u32 count = 0;

	while (count < CSV_COLUMNS_MAX) {
		while (*line == ' ' || *line == '\t')
			line++;
		ret_field[count++] = line;
		line = strchr(line, ',');
		if (!line)
			break;
		*line++ = 0;
	}
	return count;
}

/* The next line that is not empty, without its end; NULL at the end. */
static char *csv_line(struct csv *csv)
{
	char *line, *end;

	while (csv->at && *csv->at) {
		line = csv->at;
		end = strchr(line, '\n');
		csv->at = end ? end + 1 : line + strlen(line);
		csv->line++;
		if (end)
			*end = 0;
		else
			end = csv->at;
		while (end > line && (end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t'))
			*--end = 0;
		if (*line)
			return line;
	}
	return NULL;
}

static int csv_begin(const char *file, struct csv *csv, struct csv_error *error)
{
	char *line = csv_line(csv);

	if (!line) {
		snprintf(error->text, sizeof(error->text),
			 "%.150s: the file is empty; its first line names the columns.", file);
		csv_close(csv);
		return -EINVAL;
	}
	csv->columns = csv_split(line, (char **)csv->name);
	return 0;
}

int csv_take(const char *file, const char *text, size_t len, struct csv *ret_csv, struct csv_error *ret_error)
{
	memset(ret_csv, 0, sizeof(*ret_csv));
	ret_csv->text = ret_csv->at = strndup(text, len);
	if (!ret_csv->text) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%.150s: out of memory.", file);
		return -ENOMEM;
	}
	return csv_begin(file, ret_csv, ret_error);
}

int csv_open(const char *path, struct csv *ret_csv, struct csv_error *ret_error)
{
	char *text;
	size_t len;
	int err = casefile_read(path, CSV_BYTES_MAX, &text, &len);

	if (err) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%.150s: %s.", path, strerror(-err));
		return err;
	}
	err = csv_take(path, text, len, ret_csv, ret_error);
	free(text);
	return err;
}

void csv_close(struct csv *csv)
{
	free(csv->text);
	csv->text = csv->at = NULL;
}

int csv_next(const char *file, struct csv *csv, struct csv_error *ret_error)
{
	char *line = csv_line(csv);
	u32 fields;

	if (!line)
		return 0;
	fields = csv_split(line, csv->field);
	if (fields == csv->columns)
		return 1;
	snprintf(ret_error->text, sizeof(ret_error->text),
		 "%.150s:%u: %u fields where the first line names %u columns.", file, csv->line, fields, csv->columns);
	return -EINVAL;
}

int csv_column(const struct csv *csv, const char *name)
{
	u32 i;

	for (i = 0; i < csv->columns; i++)
		if (!strcmp(csv->name[i], name))
			return (int)i;
	return -1;
}

int csv_number(const char *file, const struct csv *csv, int column, double *ret_number, struct csv_error *ret_error)
{
	char *end = NULL;

	*ret_number = strtod(csv->field[column], &end);
	if (end != csv->field[column] && !*end && isfinite(*ret_number))
		return 0;
	snprintf(ret_error->text, sizeof(ret_error->text), "%.120s:%u: %s is \"%.40s\", which is no number.", file,
		 csv->line, csv->name[column], csv->field[column]);
	return -EINVAL;
}
