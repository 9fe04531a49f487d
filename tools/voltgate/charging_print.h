/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charging_print.h - what the contract "charging" answers, for people: one
 * member a line with its unit; a list as a table.
 */
#ifndef VOLTGATE_TOOLS_CHARGING_PRINT_H
#define VOLTGATE_TOOLS_CHARGING_PRINT_H

#include <jansson.h>

/* @answer: an object, a list of objects, or NULL (nothing is printed). */
void charging_print(const json_t *answer);

#endif
