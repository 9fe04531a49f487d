// SPDX-License-Identifier: GPL-2.0
/*
 * gate_plain_alarm.c - a plain gate's alarm aggregates.
 *
 * The program makes and counts them in vg_alarms; every walk reads the whole
 * map and compares it with the walk before:
 *
 *   (none) --program--> open --first report: new, then update where it grew-->
 *   open --silent for alarm-idle-us, or oldest of a full map--> closed (none)
 *
 * A packet that the program counted into an element just as it was taken out
 * is in no aggregate: it shows up as overflow, which is what the reason's
 * counter has more than all aggregates, open and closed, together.
 */
#include "agent/gate_plain_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#define BATCH 1024
#define FULL(entries) ((entries) - (entries) / 8)  /* from here on the oldest have to go */
#define ROOMY(entries) ((entries) - (entries) / 4) /* down to here */

static int by_key(const void *a, const void *b)
{
	return memcmp(&((const struct plain_alarm *)a)->alarm.key, &((const struct plain_alarm *)b)->alarm.key,
		      sizeof(struct vg_alarm_key));
}

static int by_last(const void *a, const void *b)
{
	u64 first = (*(struct plain_alarm *const *)a)->alarm.state.last;
	u64 second = (*(struct plain_alarm *const *)b)->alarm.state.last;

	return first < second ? -1 : first > second;
}

static struct plain_alarm *alarm_find(const struct plain_alarms *alarms, const struct vg_alarm_key *key)
{
	struct plain_alarm wanted = { .alarm.key = *key };

	return alarms->count ? bsearch(&wanted, alarms->list, alarms->count, sizeof(wanted), by_key) : NULL;
}

struct alarm_batch {
	struct vg_alarm_key keys[BATCH];
	struct vg_alarm_state states[BATCH];
};

static int list_append(struct plain_alarm **list, u32 *count, const struct alarm_batch *batch, u32 got)
{
	struct plain_alarm *longer = realloc(*list, ((size_t)*count + got + 1) * sizeof(**list));
	u32 i;

	if (!longer)
		return -ENOMEM;
	*list = longer;
	for (i = 0; i < got; i++)
		longer[*count + i] = (struct plain_alarm){ .alarm = { batch->keys[i], batch->states[i] } };
	*count += got;
	return 0;
}

/* The whole of vg_alarms as it is now, in order of key. */
static int map_read(struct gate_plain *plain, struct plain_alarm **ret_list, u32 *ret_count)
{
	int fd = gate_plain_map(plain, LOADER_MAP_ALARMS), err = 0, last = 0;
	struct alarm_batch *batch = malloc(sizeof(*batch));
	struct plain_alarm *list = NULL;
	u32 count = 0, got, token = 0;
	bool started = false;

	if (!batch)
		return -ENOMEM;
	while (!err && !last) {
		got = BATCH;
		if (bpf_map_lookup_batch(fd, started ? &token : NULL, &token, batch->keys, batch->states, &got, NULL))
			last = errno;
		started = true;
		if (!last || last == ENOENT)
			err = list_append(&list, &count, batch, got);
		else
			err = -last;
	}
	free(batch);
	if (err) {
		free(list);
		return err;
	}
	qsort(list, count, sizeof(*list), by_key);
	*ret_list = list;
	*ret_count = count;
	return 0;
}

static void report(struct gate_plain *plain, struct plain_alarm *alarm)
{
	enum gate_alarm_event event = alarm->reported ? GATE_ALARM_UPDATE : GATE_ALARM_NEW;

	if (alarm->reported == alarm->alarm.state.count)
		return;
	alarm->reported = alarm->alarm.state.count;
	if (plain->events.alarm)
		plain->events.alarm(plain->events.arg, event, &alarm->alarm);
}

/* Takes the aggregate out of the map and reports it whole. Marks the entry as gone (count 0). */
static void alarm_close(struct gate_plain *plain, struct plain_alarm *alarm)
{
	struct vg_alarm_state state;
	u32 reason = alarm->alarm.key.reason;

	if (bpf_map_lookup_and_delete_elem(gate_plain_map(plain, LOADER_MAP_ALARMS), &alarm->alarm.key, &state))
		return;
	alarm->alarm.state = state;
	if (!alarm->reported)
		report(plain, alarm);
	if (reason < VG_REASON_COUNT)
		plain->alarms.closed[reason] += state.count;
	if (plain->events.alarm)
		plain->events.alarm(plain->events.arg, GATE_ALARM_CLOSED, &alarm->alarm);
	alarm->alarm.state.count = 0;
}

static void forget_closed(struct plain_alarms *alarms)
{
	u32 kept = 0, i;

	for (i = 0; i < alarms->count; i++)
		if (alarms->list[i].alarm.state.count)
			alarms->list[kept++] = alarms->list[i];
	alarms->count = kept;
}

static void close_idle(struct gate_plain *plain)
{
	u64 now = gate_plain_now(plain), last;
	u32 i;

	for (i = 0; i < plain->alarms.count; i++) {
		last = plain->alarms.list[i].alarm.state.last;
		if (last < now && now - last > (u64)plain->policy.alarm_idle_us)
			alarm_close(plain, &plain->alarms.list[i]);
	}
	forget_closed(&plain->alarms);
}

static int close_oldest(struct gate_plain *plain)
{
	u32 entries = plain->policy.alarm_entries, i, count = plain->alarms.count;
	struct plain_alarm **order;

	if (entries > loader_map_entries(plain->loader, LOADER_MAP_ALARMS))
		entries = loader_map_entries(plain->loader, LOADER_MAP_ALARMS);
	if (count < FULL(entries))
		return 0;
	order = calloc(count, sizeof(struct plain_alarm *));
	if (!order)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		order[i] = &plain->alarms.list[i];
	qsort(order, count, sizeof(struct plain_alarm *), by_last);
	for (i = 0; i < count - ROOMY(entries); i++)
		alarm_close(plain, order[i]);
	free(order);
	forget_closed(&plain->alarms);
	return 0;
}

int gate_plain_alarm_walk(struct gate_plain *plain)
{
	struct plain_alarm *list, *before;
	u32 count, i;
	int err = map_read(plain, &list, &count);

	if (err)
		return err;
	for (i = 0; i < count; i++) {
		before = alarm_find(&plain->alarms, &list[i].alarm.key);
		list[i].reported = before && before->reported <= list[i].alarm.state.count ? before->reported : 0;
	}
	free(plain->alarms.list);
	plain->alarms.list = list;
	plain->alarms.count = count;
	for (i = 0; i < count; i++)
		report(plain, &list[i]);
	close_idle(plain);
	return close_oldest(plain);
}

int gate_plain_alarm_notice(struct gate *gate, const struct vg_alarm_key *key)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	struct plain_alarm fresh = { .alarm.key = *key }, *list;
	u32 at = 0;

	if (alarm_find(&plain->alarms, key))
		return 0; /* a walk was faster */
	if (bpf_map_lookup_elem(gate_plain_map(plain, LOADER_MAP_ALARMS), key, &fresh.alarm.state))
		return -ENOENT;
	list = realloc(plain->alarms.list, ((size_t)plain->alarms.count + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	plain->alarms.list = list;
	while (at < plain->alarms.count && by_key(&list[at], &fresh) < 0)
		at++;
	memmove(&list[at + 1], &list[at], (plain->alarms.count - at) * sizeof(*list));
	list[at] = fresh;
	plain->alarms.count++;
	report(plain, &list[at]);
	return 0;
}

int gate_plain_alarm_dump(struct gate *gate, int (*each)(void *arg, const struct vg_alarm *alarm), void *arg)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	int err = gate_plain_alarm_walk(plain);
	u32 i;

	if (err)
		return gate_plain_fail(plain, err, "cannot read the alarm aggregates: %s", strerror(-err));
	for (i = 0; i < plain->alarms.count && !err; i++)
		err = each(arg, &plain->alarms.list[i].alarm);
	return err;
}

/* @packets were read before the aggregates: what both count is never taken for overflow. */
void gate_plain_alarm_overflow(struct gate_plain *plain, const u64 packets[VG_REASON_COUNT])
{
	u64 attributed[VG_REASON_COUNT];
	u32 i, reason;

	memcpy(attributed, plain->alarms.closed, sizeof(attributed));
	for (i = 0; i < plain->alarms.count; i++)
		if (plain->alarms.list[i].alarm.key.reason < VG_REASON_COUNT)
			attributed[plain->alarms.list[i].alarm.key.reason] += plain->alarms.list[i].alarm.state.count;
	for (reason = 0; reason < VG_REASON_COUNT; reason++) {
		if (reason == VG_ACCEPTED || reason == VG_ITS_HANDED || packets[reason] <= attributed[reason])
			continue;
		if (packets[reason] - attributed[reason] > plain->alarms.overflow[reason])
			plain->alarms.overflow[reason] = packets[reason] - attributed[reason];
	}
}

int gate_plain_alarm_flush(struct gate_plain *plain)
{
	int err = gate_plain_alarm_walk(plain);
	u32 i;

	for (i = 0; i < plain->alarms.count && !err; i++)
		alarm_close(plain, &plain->alarms.list[i]);
	forget_closed(&plain->alarms);
	return err;
}
