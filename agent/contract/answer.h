/* SPDX-License-Identifier: GPL-2.0 */
/*
 * answer.h - what a function of the contract "charging" answers: compact JSON,
 * members in the order of writing, so that every endorser makes the same bytes. A member that finds no memory is left
 * out; that endorser's read/write set then differs from the others', and the client asks again.
 */
#ifndef VOLTGATE_CONTRACT_ANSWER_H
#define VOLTGATE_CONTRACT_ANSWER_H

#include <jansson.h>

#include "agent/contract/contract.h"

void answer_number(json_t *object, const char *name, u64 number); /* below 2^63 */
void answer_signed(json_t *object, const char *name, s64 number);
void answer_hex(json_t *object, const char *name, const void *bytes, size_t len); /* at most 64 bytes */
void answer_text(json_t *object, const char *name, const char *text);
void answer_bool(json_t *object, const char *name, bool value);
/* The organisation's name; its index where the run has no membership. */
void answer_organisation(json_t *object, const char *name, const struct contract_run *run, u16 organisation);
/* Takes @part over. */
void answer_part(json_t *object, const char *name, json_t *part);
void answer_item(json_t *array, json_t *part);
/* Makes @value the run's result and drops it. -ENOMEM, -E2BIG with a sentence. */
int answer_give(struct contract_run *run, json_t *value);

#endif
