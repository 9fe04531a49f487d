/* SPDX-License-Identifier: GPL-2.0 */
/*
 * csv.h - a small table of text: a line of column names, then rows of as many
 * fields. No quoting. Fields are found by their column's name.
 */
#ifndef VOLTGATE_SCHED_CSV_H
#define VOLTGATE_SCHED_CSV_H

#include "voltgate/types.h"

#define CSV_COLUMNS_MAX 64
#define CSV_BYTES_MAX (16 * 1024 * 1024)

struct csv {
	char *text;
	u32 columns;
	const char *name[CSV_COLUMNS_MAX];
	u32 line; /* of the row at hand */
	char *at;
	char *field[CSV_COLUMNS_MAX];
};

struct csv_error {
	char text[256]; /* file, line and what, as a sentence */
};

/* Reads @path whole. 0, -EINVAL or the system's errno, with a sentence. */
int csv_open(const char *path, struct csv *ret_csv, struct csv_error *ret_error);
/* The same for text in memory (copied). */
int csv_take(const char *file, const char *text, size_t len, struct csv *ret_csv, struct csv_error *ret_error);
void csv_close(struct csv *csv);
/* 1: a row is at hand; 0: the end; -EINVAL: a row with another number of fields. */
int csv_next(const char *file, struct csv *csv, struct csv_error *ret_error);
/* Index of the column, or -1. */
int csv_column(const struct csv *csv, const char *name);
/* 0, or -EINVAL with a sentence: no number, not finite. */
int csv_number(const char *file, const struct csv *csv, int column, double *ret_number, struct csv_error *ret_error);

#endif
