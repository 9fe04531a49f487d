/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - a verdict on an ITS frame as JSON: for `voltgate its verify -j`
 * and `follow its`.
 *
 * {"verdict": "accepted"|"refused", "reason": word, "signer": 16 hex digits or null, "curve":
 *  "nistP256"|"brainpoolP256r1"|"none", "generation_time": Time64 in decimal digits or null, "generation_time_utc":
 *  "2019-11-21T13:27:53.847076Z" or null, "psid": number or null, "anomalies": [words]}
 */
#ifndef VOLTGATE_ITS_REPORT_H
#define VOLTGATE_ITS_REPORT_H

#include <jansson.h>
#include "agent/its/verifier.h"

/* A new reference, or NULL (out of memory). */
json_t *its_verdict_json(const struct its_verdict *verdict);
/* 16 hex digits and the end; "-" where there is no signer. */
void its_signer_text(const struct its_verdict *verdict, char ret_text[17]);
/* The word for one ITS_ANOMALY_ bit; NULL for others. */
const char *its_anomaly_word(u32 bit);

#endif
