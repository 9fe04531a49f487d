/* SPDX-License-Identifier: GPL-2.0 */
/*
 * course.h - one charging session made beforehand: what its vehicle and its
 * charger's meter sign is no part of what is measured. start, four meters, stop, rating.
 */
#ifndef VOLTGATE_TESTS_BENCH_COURSE_H
#define VOLTGATE_TESTS_BENCH_COURSE_H

#include "tests/charge/car.h"
#include "tools/station/meter.h"

#define COURSE_STEPS 7
#define COURSE_STOP 5 /* the step that makes the bill */

struct course {
	struct mandate mandate; /* by evidence */
	u8 mandate_signature[MANDATE_SIGNATURE_LEN];
	struct span proposals[COURSE_STEPS]; /* malloc'd together */
	u8 signatures[COURSE_STEPS][64];     /* by the client */
};

/* The packet type of a step. */
u32 course_type(u32 step);
/*
 * Makes @count courses of @car at @meter's charger, one after the other. @signed_: the client signs each proposal; else
 * the car's session stands for it, by a mandate for each course. Nonces go on from car->nonce. Aborts without memory.
 */
void course_make(struct car *car, struct meter *meter, bool signed_, struct course *ret_courses, u32 count);
void course_free(struct course *courses, u32 count);

#endif
