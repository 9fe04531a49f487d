// SPDX-License-Identifier: GPL-2.0
/* steps.c - see steps.h. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/outcome.h"
#include "tools/station/cable.h"
#include "tools/vehicle/steps.h"

#define STEPS_PROPOSAL_US 60000000 /* a proposal's life beyond its reading */
#define STEPS_WORDS 8

struct step_call {
	struct vehicle *vehicle;
	const char *value; /* behind "=" */
	char texts[STEPS_WORDS][136];
	const char *arguments[STEPS_WORDS];
	unsigned int count;
	uint64_t expires;
	struct vehicle_error *error;
};

struct step {
	const char *word;
	const char *function; /* NULL: nothing is asked */
	enum voltgate_type type;
	int (*prepare)(struct step_call *call);					 /* its arguments, or all of it */
	void (*end)(struct vehicle *vehicle, bool done);			 /* after the answer; NULL */
	int (*lost)(struct step_call *call, struct voltgate_answer *ret_answer); /* on -ENOTCONN; NULL */
};

static int step_fail(struct step_call *call, int err, const char *text)
{
	snprintf(call->error->text, sizeof(call->error->text), "%.390s", text);
	return err;
}

static void step_add_number(struct step_call *call, uint64_t number)
{
	snprintf(call->texts[call->count], sizeof(call->texts[0]), "%llu", (unsigned long long)number);
	call->count++;
}

static void step_add_hex(struct step_call *call, const uint8_t *bytes, size_t len)
{
	sodium_bin2hex(call->texts[call->count++], sizeof(call->texts[0]), bytes, len);
}

static int step_add_reading(struct step_call *call, enum cable_want want, bool with_number)
{
	struct cable_reading reading;
	struct cable_error error;
	int err;

	if (!call->vehicle->terms.cable)
		return step_fail(call, -EINVAL, "Without --cable there is no charger whose meter could be read.");
	err = cable_ask(call->vehicle->terms.cable, call->vehicle->charging, want, &reading, &error);
	if (err)
		return step_fail(call, err, error.text);
	if (with_number)
		step_add_number(call, reading.meter.reading.number);
	step_add_number(call, reading.meter.reading.register_wh);
	step_add_number(call, reading.meter.reading.time);
	step_add_hex(call, reading.meter.signature, sizeof(reading.meter.signature));
	if (reading.meter.reading.time >
	    vehicle_now(call->vehicle)) /* a charger's clock may run ahead in a simulation */
		call->expires = reading.meter.reading.time + STEPS_PROPOSAL_US;
	return 0;
}

static int step_hello(struct step_call *call)
{
	return vehicle_greet(call->vehicle, call->error);
}

static int step_beacon(struct step_call *call)
{
	unsigned long count = call->value ? strtoul(call->value, NULL, 10) : 1;
	int err = 0;

	while (!err && count--)
		err = vehicle_beacon(call->vehicle, call->error);
	return err;
}

static void step_pause(uint64_t us)
{
	struct timespec pause = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

	nanosleep(&pause, NULL);
}

static int step_wait(struct step_call *call)
{
	step_pause((call->value ? strtoul(call->value, NULL, 10) : 1000) * 1000);
	return 0;
}

static int step_reserve(struct step_call *call)
{
	step_add_hex(call, call->vehicle->mandate.station, 32);
	step_add_number(call, call->vehicle->terms.charger);
	return 0;
}

static int step_cancel(struct step_call *call)
{
	(void)call;
	return 0;
}

static int step_start(struct step_call *call)
{
	const struct vehicle_terms *terms = &call->vehicle->terms;

	step_add_hex(call, call->vehicle->mandate.station, 32);
	step_add_number(call, terms->charger);
	step_add_number(call, terms->tariff);
	step_add_number(call, terms->price);
	step_add_number(call, terms->energy);
	return step_add_reading(call, CABLE_READING, false);
}

static void step_started(struct vehicle *vehicle, bool done)
{
	vehicle->begun = done;
}

static bool step_is_done(const struct voltgate_answer *answer)
{
	return answer->stage == VOLTGATE_COMMITTED && answer->outcome == LEDGER_VALID;
}

static int step_call_ask(struct step_call *call, enum voltgate_type type, const char *function,
			 struct voltgate_answer *ret_answer)
{
	unsigned int i;

	for (i = 0; i < call->count; i++)
		call->arguments[i] = call->texts[i];
	return vehicle_ask(call->vehicle, type, function, call->arguments, call->count, call->expires, ret_answer,
			   call->error);
}

/*
 * The start may be committed, or be so soon, or never. It cannot be asked again under another mandate, but a next
 * reading of its charging session tells: the contract knows that session, or does not yet.
 */
static int step_start_lost(struct step_call *call, struct voltgate_answer *ret_answer)
{
	struct vehicle *vehicle = call->vehicle;
	uint64_t deadline = radio_now_us() + vehicle->terms.patience_us;
	enum cable_want want = CABLE_READING;
	int err;

	vehicle->begun = true;
	err = vehicle_greet(vehicle, call->error);
	while (!err && radio_now_us() < deadline) {
		call->count = 0;
		step_add_hex(call, vehicle->charging, 32);
		err = step_add_reading(call, want, true);
		if (!err)
			err = step_call_ask(call, VOLTGATE_METER, "session.meter", ret_answer);
		if (err || step_is_done(ret_answer))
			return err;
		want = CABLE_AGAIN;
		step_pause(vehicle->terms.retry_us);
	}
	vehicle->begun = false;
	return err ? err
		   : step_fail(
			     call, -ETIMEDOUT,
			     "The gateway lost the session while session.start was under way, and the ledger knows of "
			     "no such charging session: leave the charger and start again.");
}

static int step_meter(struct step_call *call)
{
	step_add_hex(call, call->vehicle->charging, 32);
	return step_add_reading(call, CABLE_READING, true);
}

/* The charger's latest reading once more: who lost its answer does not know whether it was counted. */
static int step_again(struct step_call *call)
{
	step_add_hex(call, call->vehicle->charging, 32);
	return step_add_reading(call, CABLE_AGAIN, true);
}

static int step_stop(struct step_call *call)
{
	step_add_hex(call, call->vehicle->charging, 32);
	return step_add_reading(call, CABLE_END, true);
}

static int step_rate(struct step_call *call)
{
	step_add_hex(call, call->vehicle->charging, 32);
	snprintf(call->texts[call->count++], sizeof(call->texts[0]), "%.8s", call->value ? call->value : "5");
	return 0;
}

static const struct step steps[] = {
	{ .word = "hello", .prepare = step_hello },
	{ .word = "beacon", .prepare = step_beacon },
	{ .word = "wait", .prepare = step_wait },
	{ .word = "reserve", .function = "session.reserve", .type = VOLTGATE_CHARGE_REQUEST, .prepare = step_reserve },
	{ .word = "cancel", .function = "session.cancel", .type = VOLTGATE_CHARGE_REQUEST, .prepare = step_cancel },
	{ .word = "start",
	  .function = "session.start",
	  .type = VOLTGATE_CHARGE_REQUEST,
	  .prepare = step_start,
	  .end = step_started,
	  .lost = step_start_lost },
	{ .word = "meter", .function = "session.meter", .type = VOLTGATE_METER, .prepare = step_meter },
	{ .word = "again", .function = "session.meter", .type = VOLTGATE_METER, .prepare = step_again },
	{ .word = "stop", .function = "session.stop", .type = VOLTGATE_CHARGE_STOP, .prepare = step_stop },
	{ .word = "rate", .function = "rating.rate", .type = VOLTGATE_RATING, .prepare = step_rate },
};

const char *steps_words(void)
{
	return "hello, beacon[=COUNT], wait[=MS], reserve, cancel, start, meter, again, stop, rate[=SCORE]";
}

static const struct step *step_find(const char *word)
{
	size_t i, len = strcspn(word, "=");

	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (strlen(steps[i].word) == len && !strncmp(steps[i].word, word, len))
			return &steps[i];
	return NULL;
}

bool steps_known(const char *word)
{
	return step_find(word) != NULL;
}

static void step_tell_session(json_t *told, const struct vehicle *vehicle)
{
	const struct voltgate_session *session = &vehicle->session;
	char hex[2 * 32 + 1];

	json_object_set_new(told, "hellos", json_integer(vehicle->hellos));
	json_object_set_new(told, "cookies", json_integer(vehicle->cookies));
	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)session->id);
	json_object_set_new(told, "session", json_string(hex));
	json_object_set_new(told, "grade", json_string(session->grade == 2 ? "attested" : "plain"));
	json_object_set_new(told, "attestor", json_string(sodium_bin2hex(hex, sizeof(hex), session->attestor, 32)));
	json_object_set_new(told, "channel", json_string(sodium_bin2hex(hex, sizeof(hex), session->channel, 32)));
	json_object_set_new(told, "station", json_string(sodium_bin2hex(hex, sizeof(hex), session->station, 32)));
	json_object_set_new(told, "life_s", json_integer((json_int_t)((session->expires - session->began) / 1000000)));
}

/* The contract's result is JSON itself; a refusal is a sentence. */
static void step_tell_answer(json_t *told, const struct vehicle *vehicle, const struct voltgate_answer *answer)
{
	static const char *const stages[] = { "?", "refused", "endorsed", "committed" };
	json_t *result = json_loads(answer->text, JSON_DECODE_ANY, NULL);
	char hex[2 * 32 + 1];

	json_object_set_new(told, "stage", json_string(stages[answer->stage & 3]));
	json_object_set_new(told, "outcome", json_string(ledger_outcome_word(answer->outcome)));
	json_object_set_new(told, "block", json_integer((json_int_t)answer->block));
	json_object_set_new(told, "index", json_integer(answer->index));
	json_object_set_new(told, "packets", json_integer(vehicle->sent));
	json_object_set_new(told, "charging", json_string(sodium_bin2hex(hex, sizeof(hex), vehicle->charging, 32)));
	json_object_set_new(told, "result", result ? result : json_string(answer->text));
}

static int step_ask(struct step_call *call, const struct step *step, json_t *told)
{
	struct voltgate_answer answer;
	bool done, lost = false;
	int err = vehicle_stay(call->vehicle, call->error);

	call->expires = vehicle_now(call->vehicle) + STEPS_PROPOSAL_US;
	if (!err)
		err = step->prepare(call);
	if (!err)
		err = step_call_ask(call, step->type, step->function, &answer);
	lost = err == -ENOTCONN && step->lost;
	if (lost)
		err = step->lost(call, &answer);
	if (err)
		return err;
	done = step_is_done(&answer);
	if (step->end)
		step->end(call->vehicle, done);
	step_tell_answer(told, call->vehicle, &answer);
	json_object_set_new(told, "regained", json_boolean(lost));
	return done ? 0 : -EACCES;
}

int steps_do(struct vehicle *vehicle, const char *word, json_t **ret_told, struct vehicle_error *ret_error)
{
	const struct step *step = step_find(word);
	struct step_call call = { .vehicle = vehicle, .error = ret_error };
	uint64_t began = radio_now_us();
	json_t *told = json_object();
	int err;

	call.value = strchr(word, '=') ? strchr(word, '=') + 1 : NULL;
	json_object_set_new(told, "do", json_string(step->word));
	err = step->function ? step_ask(&call, step, told) : step->prepare(&call);
	if (!err && step->prepare == step_hello)
		step_tell_session(told, vehicle);
	json_object_set_new(told, "us", json_integer((json_int_t)(radio_now_us() - began)));
	if (err && (err != -EACCES || *ret_error->text)) {
		json_decref(told);
		told = NULL;
	}
	*ret_told = told;
	return err;
}
