/* SPDX-License-Identifier: GPL-2.0 */
/*
 * selftest_core.h - runs the shared core (include/voltgate) over the vectors
 * of tests/vectors/core.txt. The module calls it when it is loaded and refuses
 * to load on a failure; the unit tests call the same text in user space.
 *
 * Pure; no allocation; about a millisecond; any context.
 */
#ifndef VOLTGATE_SELFTEST_CORE_H
#define VOLTGATE_SELFTEST_CORE_H

#include "selftest_vectors.h"
#include "voltgate/siphash.h"
#include "voltgate/vid.h"
#include "voltgate/replay.h"
#include "voltgate/budget.h"
#include "voltgate/time64.h"
#include "voltgate/record.h"

#ifndef VG_SELFTEST_CODE
#define VG_SELFTEST_CODE /* __init in the module */
#endif

#define VG_VECTOR_COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool VG_SELFTEST_CODE vg_selftest_siphash(const struct vg_vector_siphash *vector)
{
	struct vg_siphash_key key;
	struct vg_siphash_tag tag;
	u8 bytes[16];

	vg_siphash_key_decode(vector->key, &key);
	vg_siphash(&key, vg_vector_bytes + vector->start, vector->len, &tag);
	vg_siphash_tag_encode(&tag, bytes);
	return !memcmp(bytes, vector->tag, 16) && vg_siphash_tag_equal(&tag, vector->tag);
}

static bool VG_SELFTEST_CODE vg_selftest_vid(const struct vg_vector_vid *vector)
{
	struct vg_vid_fields fields;
	bool accepted = vg_vid_decode((const struct vg_vid *)vector->header, vector->len, &fields);

	return accepted == !!vector->accepted && fields.session == vector->session &&
	       fields.sequence == vector->sequence && fields.generated == vector->generated &&
	       fields.payload_len == vector->payload_len && fields.type == vector->type;
}

static bool VG_SELFTEST_CODE vg_selftest_replay(const struct vg_vector_steps *vector)
{
	const struct vg_vector_step *step = vg_vector_steps_pool + vector->start;
	struct vg_replay window;
	u32 i;

	memset(&window, 0, sizeof(window));
	for (i = 0; i < vector->count; i++, step++) {
		if (vg_replay_seen(&window, step->value) == !!step->taken)
			return false;
		if (vg_replay_commit(&window, step->value) != !!step->taken)
			return false;
	}
	return true;
}

static bool VG_SELFTEST_CODE vg_selftest_budget(const struct vg_vector_steps *vector)
{
	const struct vg_vector_step *step = vg_vector_steps_pool + vector->start;
	struct vg_budget_rate rate = { vector->cost_ns, vector->burst_ns };
	struct vg_budget budget = { 0 };
	u32 i;

	for (i = 0; i < vector->count; i++, step++) {
		if (vg_budget_has(&budget, &rate, step->value) != !!step->taken)
			return false;
		if (vg_budget_take(&budget, &rate, step->value) != !!step->taken)
			return false;
	}
	return true;
}

static bool VG_SELFTEST_CODE vg_selftest_fresh(const struct vg_vector_fresh *vector)
{
	return vg_time64_fresh(vector->now, vector->generated, vector->stale_us, vector->future_us) == vector->reason;
}

static bool VG_SELFTEST_CODE vg_selftest_time64(const struct vg_vector_time64 *vector)
{
	return vg_time64_of_utc(vector->utc_us, vector->leap_seconds, vector->offset_us) == vector->time64;
}

static bool VG_SELFTEST_CODE vg_selftest_record(const struct vg_vector_record *vector)
{
	struct vg_record record;

	memset(&record, 0, sizeof(record));
	record.time = vg_be64(vector->time);
	record.session = vg_be64(vector->session);
	record.sequence = vg_be64(vector->sequence);
	record.kind = vector->kind;
	record.type = vector->type;
	record.reason = vector->reason;
	record.grade = vector->grade;
	record.flags = vector->flags;
	memcpy(record.digest, vector->digest, VG_HASH_LEN);
	return !memcmp(&record, vector->bytes, sizeof(record));
}

/* NULL if all vectors hold; else the word of the first that does not, its place among those of its word in @ret_index.
 */
static const char *VG_SELFTEST_CODE vg_selftest_core(u32 *ret_index)
{
	u32 i;

#define VG_SELFTEST_ALL(word)                                      \
	for (i = 0; i < VG_VECTOR_COUNT(vg_vectors_##word); i++) { \
		*ret_index = i;                                    \
		if (!vg_selftest_##word(&vg_vectors_##word[i]))    \
			return #word;                              \
	}
	VG_SELFTEST_ALL(siphash)
	VG_SELFTEST_ALL(vid)
	VG_SELFTEST_ALL(replay)
	VG_SELFTEST_ALL(budget)
	VG_SELFTEST_ALL(fresh)
	VG_SELFTEST_ALL(time64)
	VG_SELFTEST_ALL(record)
#undef VG_SELFTEST_ALL
	return NULL;
}

#endif
