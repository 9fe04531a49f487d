/* SPDX-License-Identifier: GPL-2.0 */
/*
 * steps.h - what a simulated vehicle can be told to do, one after the other:
 * a table of words, each a request to the contract or something of the radio's.
 */
#ifndef VOLTGATE_VEHICLE_STEPS_H
#define VOLTGATE_VEHICLE_STEPS_H

#include <jansson.h>

#include "tools/vehicle/vehicle.h"

/* "reserve", "rate=5": true if there is such a step. */
bool steps_known(const char *word);
/*
 * Does it. 0, and what happened in *@ret_told (the caller's): an answer that was a no is -EACCES with @ret_told; other
 * errors have a sentence.
 */
int steps_do(struct vehicle *vehicle, const char *word, json_t **ret_told, struct vehicle_error *ret_error);
/* The words, for help. */
const char *steps_words(void);

#endif
