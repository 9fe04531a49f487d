// SPDX-License-Identifier: GPL-2.0
/*
 * station_guide.c - see station_guide.h. The service price of each minute stays the operator's: the new periods begin
 * where either price changes.
 */
#include "tools/voltgate/station_guide.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/contract/charging.h"
#include "agent/contract/tariff.h"
#include "tools/voltgate/charging_invoke.h"
#include "tools/voltgate/consortium_open.h"
#include "tools/voltgate/say.h"
#include "tools/voltgate/tx_query.h"

#define GUIDE_TIMEOUT_MS 30000
#define GUIDE_PERIODS_MAX 96
#define DAY_MINUTES 1440

struct guide_words {
	struct consortium_words who;
	const char *wallet, *guide, *start, *node;
	char certificate[512], key[512], start_text[CHARGING_WORD_MAX];
	char **stations; /* NAME=ID */
	int station_count;
};

struct guide {
	const struct cli *cli;
	const struct guide_words *words;
	struct consortium *consortium;
	json_t *file, *told; /* what was posted, for -j */
	u32 periods;	     /* of the day */
};

/* --- words --- */

static int take_words(int argc, char **argv, struct guide_words *words)
{
	const struct {
		const char *option, **to;
	} options[] = { { "--wallet", &words->wallet },
			{ "--genesis", &words->who.genesis },
			{ "--guide", &words->guide },
			{ "--start", &words->start },
			{ "--node", &words->node } };
	size_t i;
	int at;

	for (at = 1; at < argc && !strchr(argv[at], '='); at++) {
		for (i = 0; i < sizeof(options) / sizeof(*options) && strcmp(argv[at], options[i].option); i++)
			;
		if (i == sizeof(options) / sizeof(*options) && argv[at][0] != '-' && !words->who.channel)
			words->who.channel = argv[at];
		else if (i == sizeof(options) / sizeof(*options) || at + 1 >= argc)
			return say_usage("station", "\"%.60s\" is no word of station guide, or lacks its value",
					 argv[at]);
		else
			*options[i].to = argv[++at];
	}
	words->stations = argv + at;
	words->station_count = argc - at;
	if (!words->who.channel || !words->wallet || !words->guide || !words->station_count)
		return say_usage("station",
				 "station guide takes a channel, --wallet, --guide FILE, and for each station "
				 "NAME=ID");
	if (!charging_word(CHARGING_TIME, words->start ?: "0s", words->start_text))
		return say_usage("station", "--start takes %s, not \"%.60s\"", charging_word_meaning(CHARGING_TIME),
				 words->start);
	snprintf(words->certificate, sizeof(words->certificate), "%.480s/client.crt", words->wallet);
	snprintf(words->key, sizeof(words->key), "%.480s/client.key", words->wallet);
	words->who.certificate = words->certificate;
	words->who.key = words->key;
	return CLI_OK;
}

static int read_guide(struct guide *guide)
{
	json_error_t error;

	guide->file = json_load_file(guide->words->guide, JSON_REJECT_DUPLICATES, &error);
	if (!guide->file)
		return say_failure(CLI_REFUSED, "%s, line %d: %s", guide->words->guide, error.line, error.text);
	guide->periods = (u32)json_array_size(json_object_get(guide->file, "tariff"));
	if (!guide->periods || guide->periods > GUIDE_PERIODS_MAX || DAY_MINUTES % guide->periods ||
	    !json_is_array(json_object_get(guide->file, "stations")))
		return say_failure(CLI_REFUSED, "%s is not what \"voltgate -j plan guide\" prints of one day",
				   guide->words->guide);
	return CLI_OK;
}

/* --- prices --- */

static int column(const struct guide *guide, const char *name, size_t len)
{
	const json_t *part;
	size_t i;

	json_array_foreach (json_object_get(guide->file, "stations"), i, part) {
		const char *text = json_string_value(part);

		if (text && strlen(text) == len && !memcmp(text, name, len))
			return (int)i;
	}
	return -1;
}

static json_int_t guided_price(const struct guide *guide, u32 period, int at)
{
	const json_t *row = json_array_get(json_object_get(guide->file, "tariff"), period);
	json_int_t price = json_integer_value(json_array_get(row, (size_t)at));

	return price > 0 ? price : 0;
}

/* What the central optimum has the station draw in @period, Wh; 0 if the file does not say. */
static json_int_t guided_energy(const struct guide *guide, u32 period, int at)
{
	const json_t *power = json_object_get(json_object_get(guide->file, "by_groups"), "power");
	double megawatts = json_number_value(json_array_get(json_array_get(power, period), (size_t)at));
	double hours = 24.0 / guide->periods;

	return megawatts > 0 ? (json_int_t)(megawatts * hours * 1e6 + 0.5) : 0;
}

/* The service price of @minute by the station's present periods. */
static json_int_t service_at(const json_t *periods, u32 minute)
{
	json_int_t service = 0;
	const json_t *part;
	size_t i;

	json_array_foreach (periods, i, part)
		if (json_integer_value(json_object_get(part, "minute")) <= minute)
			service = json_integer_value(json_object_get(part, "service"));
	return service;
}

/* "MINUTE:ENERGY+SERVICE,..." with equal neighbours put together. False: more periods than a tariff has. */
static bool tariff_text(const struct guide *guide, int at, const json_t *present, char ret_text[CHARGING_WORD_MAX])
{
	u32 step = DAY_MINUTES / guide->periods, minute, count = 0;
	json_int_t energy, service, last_energy = -1, last_service = -1;
	size_t len = 0;

	for (minute = 0; minute < DAY_MINUTES; minute++) {
		energy = guided_price(guide, minute / step, at);
		service = service_at(present, minute);
		if (energy == last_energy && service == last_service)
			continue;
		last_energy = energy;
		last_service = service;
		if (++count > TARIFF_PERIODS_MAX || len + 64 > CHARGING_WORD_MAX)
			return false;
		len += (size_t)sprintf(ret_text + len, "%s%u:%lld+%lld", count > 1 ? "," : "", minute,
				       (long long)energy, (long long)service);
	}
	return true;
}

static bool plan_text(const struct guide *guide, int at, char ret_text[CHARGING_WORD_MAX])
{
	size_t len = 0;
	u32 i;

	for (i = 0; i < guide->periods; i++) {
		if (len + 48 > CHARGING_WORD_MAX)
			return false;
		len += (size_t)sprintf(ret_text + len, "%s%lld:%lld", i ? "," : "",
				       (long long)guided_energy(guide, i, at), (long long)guided_price(guide, i, at));
	}
	return true;
}

/* --- the ledger --- */

static int invoke(const struct guide *guide, const char *function, const struct charging_arguments *arguments)
{
	struct charging_invocation invocation = {
		.consortium = guide->consortium,
		.node = guide->words->node,
		.timeout_ms = GUIDE_TIMEOUT_MS,
		.function = function,
		.arguments = arguments,
	};
	struct charging_outcome outcome;
	int status = charging_invoke(&invocation, &outcome);

	if (!status)
		json_decref(outcome.answer);
	return status;
}

static int shown(const struct guide *guide, const char *id, json_t **ret_station)
{
	struct span argument = { (const u8 *)id, strlen(id) };
	struct tx_query query = {
		.node = guide->words->node,
		.timeout_ms = GUIDE_TIMEOUT_MS,
		.contract = CHARGING_NAME,
		.function = "station.show",
		.arguments = &argument,
		.argument_count = 1,
	};
	struct tx_query_answer answer;
	int status = tx_query(guide->consortium, &query, &answer);

	*ret_station = NULL;
	if (!status)
		*ret_station = charging_answer((struct span){ answer.result, answer.result_len });
	tx_query_answer_free(&answer);
	return status ?: *ret_station ? CLI_OK : say_failure(CLI_REFUSED, "the node's answer is not JSON");
}

static int post_plan(const struct guide *guide, const char *id, int at)
{
	static struct charging_arguments arguments;
	char text[CHARGING_WORD_MAX];

	memset(&arguments, 0, sizeof(arguments));
	charging_argument_add(&arguments, id);
	charging_argument_add(&arguments, guide->words->start_text);
	snprintf(text, sizeof(text), "%u", 86400 / guide->periods);
	charging_argument_add(&arguments, text);
	if (!plan_text(guide, at, text))
		return say_failure(CLI_REFUSED, "the guide's periods are too many for one plan");
	charging_argument_add(&arguments, text);
	return invoke(guide, "plan.post", &arguments);
}

static int post_tariff(const struct guide *guide, const char *id, int at, const json_t *station)
{
	json_int_t version = json_integer_value(json_object_get(station, "tariff")) + 1;
	static struct charging_arguments arguments;
	char text[CHARGING_WORD_MAX];

	memset(&arguments, 0, sizeof(arguments));
	charging_argument_add(&arguments, id);
	snprintf(text, sizeof(text), "%lld", (long long)version);
	charging_argument_add(&arguments, text);
	if (!tariff_text(guide, at, json_object_get(station, "periods"), text))
		return say_failure(CLI_REFUSED,
				   "energy and service prices change more often than the %d times that a "
				   "tariff has",
				   TARIFF_PERIODS_MAX);
	charging_argument_add(&arguments, text);
	return invoke(guide, "station.tariff", &arguments);
}

static int guide_station(struct guide *guide, const char *word)
{
	const char *id = strchr(word, '=') + 1;
	int at = column(guide, word, (size_t)(id - word - 1)), status;
	json_t *station;

	if (at < 0)
		return say_failure(CLI_REFUSED, "%s has no station \"%.*s\"", guide->words->guide, (int)(id - word - 1),
				   word);
	status = shown(guide, id, &station);
	if (!status)
		status = post_plan(guide, id, at);
	if (!status)
		status = post_tariff(guide, id, at, station);
	if (!status && guide->cli->json)
		json_array_append_new(guide->told,
				      json_pack("{s:s, s:I}", "station", id, "tariff",
						json_integer_value(json_object_get(station, "tariff")) + 1));
	else if (!status)
		printf("%.*s: plan and tariff %lld posted\n", (int)(id - word - 1), word,
		       (long long)json_integer_value(json_object_get(station, "tariff")) + 1);
	json_decref(station);
	return status;
}

int station_guide(const struct cli *cli, int argc, char **argv)
{
	static struct guide_words words;
	struct guide guide = { .cli = cli, .words = &words };
	int i, status = take_words(argc, argv, &words);

	if (!status && sodium_init() < 0)
		status = say_failure(CLI_REFUSED, "libsodium cannot start on this system");
	if (!status)
		status = read_guide(&guide);
	if (!status)
		status = consortium_open(cli, &words.who, &guide.consortium);
	guide.told = json_array();
	for (i = 0; i < words.station_count && !status; i++)
		status = guide_station(&guide, words.stations[i]);
	if (!status && cli->json)
		status = say_json(json_pack("{s:O}", "result", guide.told));
	json_decref(guide.told);
	json_decref(guide.file);
	consortium_close(guide.consortium);
	return status;
}
