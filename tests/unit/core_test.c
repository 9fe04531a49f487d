// SPDX-License-Identifier: GPL-2.0
/*
 * core_test.c - the vectors of tests/vectors/core.txt in user space (the
 * module and a BPF program run the same), and the lists that are frozen:
 * reasons, VID types, record kinds, policy settings.
 */
#include <stdlib.h>
#include <time.h>

#include "tests/ktap.h"
#include "kmod/selftest_core.h"
#include "voltgate/alarm.h"
#include "voltgate/policy.h"
#include "voltgate/reason.h"

/* Part of the signed record: entries are only ever added at the end, here and in reason.h. */
static const char *const frozen_reasons[] = {
	"accepted",
	"malformed",
	"unknown-session",
	"expired",
	"revoked",
	"stale",
	"future",
	"replayed",
	"forged",
	"over-budget",
	"denied",
	"bad-cookie",
	"backlog",
	"internal",
	"its-handed",
	"its-malformed",
	"its-unsigned",
	"its-stale",
	"its-future",
	"its-duplicate",
	"its-over-budget",
	"its-forged",
	"its-unknown-signer",
	"its-untrusted",
	"its-bad-certificate",
	"its-unsupported",
};

static const char *const frozen_settings[] = {
	"stale-us",	 "future-us",	      "session-rate",	 "session-burst", "max-sessions",   "record-beacons",
	"batch-records", "batch-interval-us", "backlog-batches", "alarm-entries", "alarm-new-rate", "alarm-idle-us",
	"leap-seconds",	 "clock-offset-us",   "under-load",	 "hello-rate",	  "hello-burst",    "its-rate",
	"its-burst",	 "its-stale-us",      "its-future-us",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct setting {
	const char *word;
	s64 def, min, max;
	const char *help;
};

static const struct setting settings[] = {
#define SETTING(name, word, def, min, max, room, help) { word, def, min, max, help },
	VG_POLICY_KEYS(SETTING)
};

static void test_vectors(void)
{
	u32 index = 0;
	const char *failed = vg_selftest_core(&index);

	ktap_ok(!failed, "vectors of core.txt%s%s", failed ? ", failed: " : "", failed ? failed : "");
	if (failed)
		printf("# %s vector %u\n", failed, index);
}

static void test_reasons(void)
{
	size_t i, j, moved = 0, twice = 0, unclear = 0;
	static const char *const sentences[] = {
#define SENTENCE(name, word, sentence) sentence,
		VG_REASONS(SENTENCE)
	};

	for (i = 0; i < COUNT(frozen_reasons) && i < VG_REASON_COUNT; i++)
		moved += !!strcmp(vg_reason_word(i), frozen_reasons[i]);
	for (i = 0; i < VG_REASON_COUNT; i++) {
		for (j = 0; j < i; j++)
			twice += !strcmp(vg_reason_word(i), vg_reason_word(j));
		unclear += strlen(sentences[i]) < 10 || sentences[i][strlen(sentences[i]) - 1] == '.';
	}
	ktap_ok(COUNT(frozen_reasons) == VG_REASON_COUNT && !moved,
		"reasons are those of the frozen list, in its order");
	ktap_ok(!twice && !unclear, "each reason has a word of its own and a sentence part");
	ktap_ok(VG_ACCEPTED == 0 && VG_FORGED == 8 && VG_ITS_UNSUPPORTED == 25 &&
			!strcmp(vg_reason_word(VG_REASON_COUNT), "?"),
		"numbers of reasons; none beyond the list");
}

static void test_types_and_kinds(void)
{
	static const char *const types[] = { "beacon", "charge-request", "meter", "charge-stop", "rating", "?" };
	static const char *const kinds[] = { "?",     "action", "beacon", "session-add", "session-remove",
					     "alarm", "epoch",	"?" };
	size_t i, wrong = 0;

	for (i = 0; i < COUNT(types); i++)
		wrong += !!strcmp(vg_vid_type_word(16 + i), types[i]);
	wrong += strcmp(vg_vid_type_word(1), "hello") || strcmp(vg_vid_type_word(0), "?") ||
		 strcmp(vg_vid_type_word(4), "answer") || strcmp(vg_vid_type_word(5), "?");
	for (i = 0; i < COUNT(kinds); i++)
		wrong += !!strcmp(vg_record_kind_word(i), kinds[i]);
	ktap_ok(!wrong, "words of VID types and record kinds");
}

static void test_policy(void)
{
	size_t i, j, wrong = 0;

	for (i = 0; i < COUNT(settings); i++) {
		const struct setting *s = &settings[i];

		wrong += s->min > s->def || s->def > s->max || s->min >= s->max || !*s->help;
		if (i < COUNT(frozen_settings))
			wrong += !!strcmp(s->word, frozen_settings[i]);
		for (j = 0; j < i; j++)
			wrong += !strcmp(s->word, settings[j].word);
	}
	ktap_ok(!wrong && COUNT(settings) == COUNT(frozen_settings) && VG_POLICY_KEY_COUNT == COUNT(settings),
		"settings: frozen order, words unique, min <= default <= max (%zu wrong)", wrong);
	ktap_ok(sizeof(struct vg_policy) == COUNT(settings) * sizeof(s64),
		"struct vg_policy is the settings and nothing else");
}

/* Each setting's largest and smallest value must survive the arithmetic that uses it. */
static void test_policy_extremes(void)
{
	struct vg_budget_rate rate;
	bool good = true;
	size_t i;

	for (i = 0; i < COUNT(settings); i++) {
		size_t len = strlen(settings[i].word);

		if (len < 5 || strcmp(settings[i].word + len - 5, "-rate"))
			continue;
		rate = vg_budget_rate_of(settings[i].max, 1000000);
		good &= settings[i].max <= 0xffffffffLL && rate.cost_ns >= 1 && rate.burst_ns / 1000000 == rate.cost_ns;
		rate = vg_budget_rate_of(settings[i].min ? settings[i].min : 1, 1000000);
		good &= rate.burst_ns / 1000000 == rate.cost_ns;
	}
	ktap_ok(good, "rates at both ends of their range do not overflow a budget");
	/* any test clock: from -63 to +63 years around now, still after 1970 and far below 2^63 */
	ktap_ok((s64)vg_time64_of_utc(1795000000000000, 5, 2000000000000000) > 0 &&
			vg_time64_fresh(vg_time64_of_utc(1795000000000000, 0, -2000000000000000),
					vg_time64_of_utc(1795000000000000, 0, -2000000000000000) - 3600000001,
					3600000000, 0) == VG_STALE,
		"the test clock's whole range keeps time ordered");
}

/* Time64 of now by the C library's calendar. */
static void test_calendar(void)
{
	struct tm epoch_tm = { .tm_year = 104, .tm_mday = 1 };
	time_t epoch = timegm(&epoch_tm), now = time(NULL);

	ktap_ok((u64)epoch == VG_TIME64_EPOCH_UNIX_S, "2004-01-01 is %lld by the calendar too", (long long)epoch);
	ktap_ok(vg_time64_of_utc((u64)now * 1000000, 5, 0) == (u64)(now - epoch + 5) * 1000000,
		"now, with five leap seconds");
}

int main(void)
{
	ktap_plan(0);
	test_vectors();
	test_reasons();
	test_types_and_kinds();
	test_policy();
	test_policy_extremes();
	test_calendar();
	return ktap_exit();
}
