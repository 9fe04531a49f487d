// SPDX-License-Identifier: GPL-2.0
/* plan.c - records of plans, loads and appointments: see plan.h. The functions of noun "plan" are plan_calls.c. */
#include <errno.h>

#include "agent/contract/plan.h"

#define PLAN_VERSION 1

int plan_decode(struct span value, struct plan *ret_plan)
{
	struct reader reader;
	u32 i;

	reader_init(&reader, value.bytes, value.len);
	if (reader_u8(&reader) != PLAN_VERSION)
		return -EBADMSG;
	ret_plan->organisation = reader_u16(&reader);
	ret_plan->posted = reader_u64(&reader);
	ret_plan->start = reader_u64(&reader);
	ret_plan->period_s = reader_u32(&reader);
	ret_plan->count = reader_u16(&reader);
	if (!ret_plan->count || ret_plan->count > PLAN_PERIODS_MAX || !ret_plan->period_s)
		return -EBADMSG;
	for (i = 0; i < ret_plan->count; i++) {
		ret_plan->periods[i].energy_wh = reader_u64(&reader);
		ret_plan->periods[i].price = reader_u64(&reader);
	}
	return reader_done(&reader) ? 0 : -EBADMSG;
}

int plan_observed_decode(struct span value, struct plan_observed *ret_observed)
{
	struct reader reader;

	reader_init(&reader, value.bytes, value.len);
	if (reader_u8(&reader) != PLAN_VERSION)
		return -EBADMSG;
	ret_observed->told = reader_u64(&reader);
	ret_observed->load_w = reader_u64(&reader);
	ret_observed->busy = reader_u16(&reader);
	return reader_done(&reader) ? 0 : -EBADMSG;
}

void plan_key(char space, const u8 station[32], u8 ret_key[33])
{
	ret_key[0] = (u8)space;
	memcpy(ret_key + 1, station, 32);
}

int plan_governs(struct contract_run *run, u16 organisation, u16 asker)
{
	u8 key[3] = { 'u', (u8)(organisation >> 8), (u8)organisation };
	struct reader reader;
	struct span value;
	u16 utility;
	int result;

	if (asker == organisation)
		return 0;
	result = contract_get(run, (struct span){ key, sizeof(key) }, &value);
	if (!result) {
		reader_init(&reader, value.bytes, value.len);
		reader_u8(&reader);
		utility = reader_u16(&reader);
		reader_u64(&reader);
		if (reader_done(&reader) && utility == asker)
			return 0;
	} else if (result != -ENOENT) {
		return result;
	}
	return contract_refuse(run, -EACCES,
			       "The station belongs to another organisation, which has not appointed yours to schedule "
			       "it (plan.appoint).");
}
