// SPDX-License-Identifier: GPL-2.0
/*
 * alarms.c - tells alarms to log, syslog and followers: alarms.h.
 *
 * What was told last is kept in a table of fixed size, indexed by a keyed
 * hash; a slot that another aggregate holds is taken over. So a collision
 * costs at most a line more, never one less of news, and no memory.
 */
#include <errno.h>
#include <net/if.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agent/alarms.h"
#include "agent/gate_json.h"
#include "agent/say.h"
#include "agent/time_text.h"
#include "voltgate/siphash.h"

#define ALARMS_SLOTS 16384 /* a power of two */

struct alarms_slot {
	u64 key; /* keyed hash of the aggregate's key; 0: free */
	u64 told_ms;
};

struct alarms {
	struct alarmlog *log;
	char host[128];
	u32 update_ms;
	alarms_told_fn *told;
	void *arg;
	u64 told_count;
	struct vg_siphash_key hash_key;
	struct alarms_slot slots[ALARMS_SLOTS];
};

int alarms_new(struct alarmlog *log, const char *host, u32 update_ms, alarms_told_fn *told, void *arg,
	       struct alarms **ret_alarms)
{
	struct alarms *alarms = calloc(1, sizeof(*alarms));

	*ret_alarms = alarms;
	if (!alarms)
		return -ENOMEM;
	alarms->log = log;
	strncpy(alarms->host, host, sizeof(alarms->host) - 1);
	alarms->update_ms = update_ms;
	alarms->told = told;
	alarms->arg = arg;
	randombytes_buf(&alarms->hash_key, sizeof(alarms->hash_key));
	return 0;
}

void alarms_free(struct alarms *alarms)
{
	free(alarms);
}

static struct alarms_slot *alarms_slot(struct alarms *alarms, const struct vg_alarm_key *key, u64 *ret_hash)
{
	struct vg_siphash_tag hash;

	vg_siphash(&alarms->hash_key, key, sizeof(*key), &hash);
	*ret_hash = hash.t0 | 1;
	return &alarms->slots[hash.t1 & (ALARMS_SLOTS - 1)];
}

/* True if this report is worth a line now. */
static bool alarms_due(struct alarms *alarms, enum gate_alarm_event event, const struct vg_alarm_key *key, u64 now_ms)
{
	struct alarms_slot *slot;
	u64 hash;

	slot = alarms_slot(alarms, key, &hash);
	if (event == GATE_ALARM_CLOSED) {
		if (slot->key == hash)
			slot->key = 0;
		return true;
	}
	if (event == GATE_ALARM_UPDATE && slot->key == hash && now_ms - slot->told_ms < alarms->update_ms)
		return false;
	slot->key = hash;
	slot->told_ms = now_ms;
	return true;
}

static void alarms_tell(struct alarms *alarms, json_t *object, bool to_syslog)
{
	bool was_lost = alarmlog_lost(alarms->log) > 0;
	const char *sentence;
	int err;

	if (!object || json_object_set_new(object, "host", json_string(alarms->host))) {
		json_decref(object);
		return;
	}
	alarms->told_count++;
	err = alarmlog_write(alarms->log, object);
	if (err && !was_lost)
		say_error("Cannot write the alarm log: %s. Alarms are counted until there is room again.",
			  strerror(-err));
	else if (!err && was_lost)
		say_info("The alarm log can be written again; it says how much is missing.");
	sentence = json_string_value(json_object_get(object, "sentence"));
	if (to_syslog && sentence)
		say_alarm(sentence);
	if (alarms->told)
		alarms->told(alarms->arg, object);
	json_decref(object);
}

void alarms_take(struct alarms *alarms, enum gate_alarm_event event, const struct vg_alarm *alarm, u64 now_ms)
{
	char interface[IF_NAMESIZE];

	if (!alarms_due(alarms, event, &alarm->key, now_ms))
		return;
	alarms_tell(alarms, gate_json_alarm(alarm, event, if_indextoname(alarm->state.ifindex, interface)),
		    event != GATE_ALARM_UPDATE);
}

static json_t *alarms_own(const char *event_type, const char *word, u64 now, json_t *sentence)
{
	char when[TIME_TEXT_LEN];

	time_text_utc(now, when);
	return json_pack("{s:s, s:s, s:s, s:o}", "timestamp", when, "event_type", event_type, "fault", word, "sentence",
			 sentence);
}

void alarms_uncovered(struct alarms *alarms, u64 count, u64 now)
{
	json_t *object = alarms_own(
		"fault", "uncovered", now,
		json_sprintf("%llu action %s reached the agent without a verdict that covers %s; none was acted "
			     "on. Is the gate attached to every interface that vehicles can reach?",
			     (unsigned long long)count, count == 1 ? "packet" : "packets", count == 1 ? "it" : "them"));

	if (object && gate_json_put_u64(object, "count", count)) {
		json_decref(object);
		return;
	}
	alarms_tell(alarms, object, true);
}

void alarms_fault(struct alarms *alarms, const char *word, const char *sentence, u64 now)
{
	alarms_tell(alarms, alarms_own("fault", word, now, json_string(sentence)), true);
}

json_t *alarms_json(const struct alarms *alarms)
{
	return json_pack("{s:I, s:I, s:I}", "lines", (json_int_t)alarmlog_lines(alarms->log), "lost",
			 (json_int_t)alarmlog_lost_total(alarms->log), "told", (json_int_t)alarms->told_count);
}
