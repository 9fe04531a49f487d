// SPDX-License-Identifier: GPL-2.0
/* errands_test.c - what vehicles asked for: bounds, order, and a drawn sequence against a plain list. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agent/charge/errands.h"
#include "tests/ktap.h"

#define UNDER_WAY 50
#define ANSWERED 80
#define HASHES 400
#define SESSIONS 97

static void hash_of(u32 number, u8 ret_hash[LEDGER_HASH_LEN])
{
	memset(ret_hash, 0, LEDGER_HASH_LEN);
	memcpy(ret_hash, &number, sizeof(number));
}

static struct errand *find(struct errands *errands, u32 number)
{
	u8 hash[LEDGER_HASH_LEN];

	hash_of(number, hash);
	return errands_find(errands, hash);
}

static struct errand *add(struct errands *errands, u32 number, u64 now)
{
	u8 hash[LEDGER_HASH_LEN];

	hash_of(number, hash);
	return errands_add(errands, hash, number % SESSIONS + 1, now);
}

static void fairness(void)
{
	struct errands *errands = errands_new(1000, 1000);
	u32 i, most = 0;

	for (i = 0; i < 100; i++)
		most += add(errands, i * SESSIONS, 0) != NULL;
	ktap_ok(most == ERRANDS_SESSION && add(errands, 1, 0), "one session takes %d places at most, another finds one",
		ERRANDS_SESSION);
	errands_answered(errands, find(errands, 0), 1);
	ktap_ok(add(errands, 100 * SESSIONS, 0) && !add(errands, 101 * SESSIONS, 0),
		"an answer makes room for one more of it");
	errands_free(errands);
}

static void limits(void)
{
	struct errands *errands = errands_new(2, 3);
	char text[2 * ANSWER_TEXT_MAX];
	struct errand *errand;
	u32 i;

	ktap_ok(add(errands, 1, 0) && add(errands, 2, 0) && !add(errands, 3, 0),
		"two are under way, a third finds no room");
	errands_answered(errands, find(errands, 1), 10);
	ktap_ok(add(errands, 3, 0) != NULL, "one that was answered makes room");
	for (i = 4; i < 8; i++) {
		errands_answered(errands, find(errands, i - 2), i * 10);
		add(errands, i, 0);
	}
	ktap_ok(!find(errands, 1) && find(errands, 5) && find(errands, 5)->state == ERRAND_ANSWERED,
		"three answers are remembered, the oldest is forgotten");
	errands_forget(errands, 65);
	ktap_ok(!find(errands, 4) && find(errands, 5) && find(errands, 7),
		"answers are forgotten by their age, what is under way is not");
	memset(text, 'x', sizeof(text));
	errand = find(errands, 7);
	errand_say(errand, text, sizeof(text));
	ktap_ok(errand->answer.text.len == ANSWER_TEXT_MAX, "a text is cut to what an answer holds");
	errands_drop(errands);
	ktap_ok(!errands_under_way(errands) && !find(errands, 7) && find(errands, 5),
		"what was under way is dropped, answers stay");
	errands_free(errands);
}

/* @model: 0 unknown, 1 under way, 2 answered, and when. */
static u32 disagreements(struct errands *errands, const u8 *model)
{
	u32 number, wrong = 0;

	for (number = 0; number < HASHES; number++) {
		struct errand *errand = find(errands, number);

		wrong += !errand != !model[number];
		if (errand && model[number])
			wrong += errand->state != (model[number] == 1 ? ERRAND_UNDER_WAY : ERRAND_ANSWERED);
	}
	return wrong;
}

static void drawn(void)
{
	struct errands *errands = errands_new(UNDER_WAY, ANSWERED);
	static u8 model[HASHES];
	static u32 order[HASHES * 100];
	u32 from = 0, to = 0, under_way = 0, wrong = 0, step, number;

	for (step = 0; step < 20000; step++) {
		number = randombytes_uniform(HASHES);
		if (!model[number] && under_way < UNDER_WAY) {
			wrong += !add(errands, number, step);
			model[number] = 1;
			under_way++;
		} else if (model[number] == 1 && randombytes_uniform(2)) {
			errands_answered(errands, find(errands, number), step);
			model[number] = 2;
			under_way--;
			order[to++ % (HASHES * 100)] = number;
			if (to - from > ANSWERED)
				model[order[from++ % (HASHES * 100)]] = 0;
		} else if (model[number] == 1) {
			errands_remove(errands, find(errands, number));
			model[number] = 0;
			under_way--;
		}
		wrong += errands_under_way(errands) != under_way;
		if (step % 97 == 0)
			wrong += disagreements(errands, model);
	}
	ktap_ok(!wrong, "20,000 drawn steps do what a plain list does");
	errands_free(errands);
}

int main(void)
{
	ktap_plan(0);
	if (sodium_init() < 0)
		return 1;
	limits();
	fairness();
	drawn();
	return ktap_exit();
}
