// SPDX-License-Identifier: GPL-2.0
/*
 * its_room_alarm.c - aggregates in a table of fixed size, in the order of their
 * last frame; looked up by a keyed hash, as MAC addresses are the attacker's
 * choice.
 */
#include "agent/its_room_alarm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "voltgate/budget.h"
#include "voltgate/siphash.h"

struct entry {
	struct vg_alarm alarm;
	u64 last_us;  /* monotonic */
	bool changed; /* since the last tick */
	struct entry *chain;
	struct entry *newer, *older;
};

struct its_alarms {
	struct its_alarm_limits limits;
	its_alarm_fn *report;
	void *arg;
	struct vg_siphash_key key;
	u32 mask;
	struct entry **buckets;
	struct entry *pool; /* limits.entries of them */
	struct entry *free;
	struct entry *newest, *oldest;
	struct vg_budget budget;
	struct vg_budget_rate rate;
	u64 overflow;
};

int its_alarms_new(const struct its_alarm_limits *limits, its_alarm_fn *report, void *arg,
		   struct its_alarms **ret_alarms)
{
	struct its_alarms *alarms = calloc(1, sizeof(*alarms));
	u32 buckets = 16, i;

	if (!alarms)
		return -ENOMEM;
	while (buckets < limits->entries && buckets < 1u << 20)
		buckets *= 2;
	alarms->limits = *limits;
	alarms->report = report;
	alarms->arg = arg;
	alarms->mask = buckets - 1;
	alarms->rate = vg_budget_rate_of(limits->new_rate, limits->new_rate);
	alarms->buckets = calloc(buckets, sizeof(struct entry *));
	alarms->pool = calloc(limits->entries, sizeof(struct entry));
	if (!alarms->buckets || !alarms->pool ||
	    getrandom(&alarms->key, sizeof(alarms->key), 0) != sizeof(alarms->key)) {
		its_alarms_free(alarms);
		return -ENOMEM;
	}
	for (i = 0; i < limits->entries; i++) {
		alarms->pool[i].chain = alarms->free;
		alarms->free = &alarms->pool[i];
	}
	*ret_alarms = alarms;
	return 0;
}

static struct entry **bucket_of(struct its_alarms *alarms, const struct vg_alarm_key *key)
{
	struct vg_siphash_tag tag;

	vg_siphash(&alarms->key, key, sizeof(*key), &tag);
	return &alarms->buckets[(u32)tag.t0 & alarms->mask];
}

static void list_remove(struct its_alarms *alarms, struct entry *entry)
{
	*(entry->newer ? &entry->newer->older : &alarms->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &alarms->oldest) = entry->newer;
}

static void list_add(struct its_alarms *alarms, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = alarms->newest;
	*(alarms->newest ? &alarms->newest->newer : &alarms->oldest) = entry;
	alarms->newest = entry;
}

static void report(const struct its_alarms *alarms, enum gate_alarm_event event, struct entry *entry)
{
	entry->changed = false;
	if (alarms->report)
		alarms->report(alarms->arg, event, &entry->alarm);
}

static void close_oldest(struct its_alarms *alarms)
{
	struct entry *entry = alarms->oldest, **link = bucket_of(alarms, &entry->alarm.key);

	report(alarms, GATE_ALARM_CLOSED, entry);
	while (*link != entry)
		link = &(*link)->chain;
	*link = entry->chain;
	list_remove(alarms, entry);
	entry->chain = alarms->free;
	alarms->free = entry;
}

void its_alarms_free(struct its_alarms *alarms)
{
	if (!alarms)
		return;
	while (alarms->oldest)
		close_oldest(alarms);
	free(alarms->buckets);
	free(alarms->pool);
	free(alarms);
}

static struct entry *find(struct its_alarms *alarms, const struct vg_alarm_key *key)
{
	struct entry *entry = *bucket_of(alarms, key);

	while (entry && memcmp(&entry->alarm.key, key, sizeof(*key)))
		entry = entry->chain;
	return entry;
}

static struct entry *open_entry(struct its_alarms *alarms, const struct vg_alarm_key *key, u64 now_us)
{
	struct entry *entry, **bucket;

	if (!vg_budget_take(&alarms->budget, &alarms->rate, now_us * 1000))
		return NULL;
	if (!alarms->free && alarms->oldest)
		close_oldest(alarms);
	entry = alarms->free;
	if (!entry)
		return NULL;
	alarms->free = entry->chain;
	memset(entry, 0, sizeof(*entry));
	entry->alarm.key = *key;
	bucket = bucket_of(alarms, key);
	entry->chain = *bucket;
	*bucket = entry;
	list_add(alarms, entry);
	return entry;
}

static void fill(struct vg_alarm_state *state, const u8 *frame, u32 len, u32 ifindex, u64 now)
{
	state->first = now;
	state->ifindex = ifindex;
	state->frame_len = (u16)(len > 0xffff ? 0xffff : len);
	state->sample_len = (u16)(len > VG_ALARM_SAMPLE_MAX ? VG_ALARM_SAMPLE_MAX : len);
	memcpy(state->sample, frame, state->sample_len);
}

void its_alarms_add(struct its_alarms *alarms, enum vg_reason reason, const u8 *frame, u32 len, u32 ifindex, u64 now,
		    u64 now_us)
{
	struct vg_alarm_key key = { .source = { .family = VG_SOURCE_MAC }, .reason = reason };
	struct entry *entry;
	bool fresh;

	if (len >= 12)
		memcpy(key.source.addr, frame + 6, 6);
	entry = find(alarms, &key);
	fresh = !entry;
	if (fresh)
		entry = open_entry(alarms, &key, now_us);
	if (!entry) {
		alarms->overflow++;
		return;
	}
	if (fresh)
		fill(&entry->alarm.state, frame, len, ifindex, now);
	entry->alarm.state.last = now;
	entry->alarm.state.count++;
	entry->last_us = now_us;
	entry->changed = true;
	list_remove(alarms, entry);
	list_add(alarms, entry);
	if (fresh)
		report(alarms, GATE_ALARM_NEW, entry);
}

void its_alarms_tick(struct its_alarms *alarms, u64 now_us)
{
	struct entry *entry;

	while (alarms->oldest && now_us - alarms->oldest->last_us >= alarms->limits.idle_us)
		close_oldest(alarms);
	for (entry = alarms->newest; entry; entry = entry->older)
		if (entry->changed)
			report(alarms, GATE_ALARM_UPDATE, entry);
}

u64 its_alarms_overflow(const struct its_alarms *alarms)
{
	return alarms->overflow;
}
