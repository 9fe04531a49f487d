// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - verdicts as JSON.
 */
#include "agent/its/report.h"

#include <stdio.h>

#include "agent/its/curve.h"
#include "agent/time_text.h"

void its_signer_text(const struct its_verdict *verdict, char ret_text[17])
{
	int i;

	snprintf(ret_text, 17, "-");
	for (i = 0; verdict->has_signer && i < 8; i++)
		snprintf(ret_text + 2 * i, 3, "%02x", verdict->signer[i]);
}

const char *its_anomaly_word(u32 bit)
{
	switch (bit) {
	case ITS_ANOMALY_GN_ADDRESS:
		return "gn-address";
	case ITS_ANOMALY_BTP_PORT:
		return "btp-port";
	case ITS_ANOMALY_SOURCE_MAC:
		return "source-mac";
	default:
		return NULL;
	}
}

static json_t *anomalies_json(u32 anomalies)
{
	json_t *list = json_array();
	u32 bit;

	for (bit = 1; list && bit; bit <<= 1)
		if (anomalies & bit && its_anomaly_word(bit))
			json_array_append_new(list, json_string(its_anomaly_word(bit)));
	return list;
}

static json_t *time_json(u64 generated)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)generated);
	return generated ? json_string(text) : json_null();
}

json_t *its_verdict_json(const struct its_verdict *verdict)
{
	char signer[17], utc[TIME_TEXT_LEN];
	bool has_utc = time_text_utc(verdict->generated, utc) && verdict->generated;

	its_signer_text(verdict, signer);
	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "verdict",
			 verdict->reason == VG_ACCEPTED ? "accepted" : "refused", "reason",
			 vg_reason_word(verdict->reason), "signer",
			 verdict->has_signer ? json_string(signer) : json_null(), "curve",
			 its_curve_word(verdict->curve), "generation_time", time_json(verdict->generated),
			 "generation_time_utc", has_utc ? json_string(utc) : json_null(), "psid",
			 verdict->psid ? json_integer(verdict->psid) : json_null(), "anomalies",
			 anomalies_json(verdict->anomalies));
}
