// SPDX-License-Identifier: GPL-2.0
/* market.c - see market.h. A window of calls is under way at once; each must be committed and valid. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/client/invoker.h"
#include "agent/client/invoker_work.h"
#include "ledger/credential.h"
#include "tests/bench-charging/market.h"

#define WINDOW 64
#define PATIENCE_MS 120000
#define STATION_CHARGERS 24 /* what one registration takes */
#define DEPOSIT "10000000"  /* 1,000 yuan */
#define POWER_W 60000

struct market {
	const struct market_options *options;
	struct market_vehicle *vehicles;
	struct invoker *invoker;
	u32 count, begun, ended, wanted, per_station;
	/* The step at hand. */
	bool (*begin)(struct market *market, u32 number); /* false: not now */
	void (*done)(struct market *market, u32 number, const struct invoker_result *result);
	u8 (*stations)[32];
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "market: %s: %s\n", what, why);
	exit(1);
}

static void on_done(void *arg, const struct invoker_result *result)
{
	struct market *market = arg;

	if (!result->committed || result->outcome != LEDGER_VALID)
		die("a call was not valid", result->committed ? ledger_outcome_word(result->outcome) : result->trouble);
	if (market->done)
		market->done(market, (u32)result->number, result);
	market->ended++;
}

static bool all_ended(void *arg)
{
	struct market *market = arg;

	while (market->begun < market->wanted && market->begun - market->ended < WINDOW &&
	       market->begin(market, market->begun))
		market->begun++;
	invoker_tick(market->invoker);
	return market->ended == market->wanted;
}

static void run(struct market *market, const char *what, u32 wanted, bool (*begin)(struct market *market, u32 number))
{
	market->begun = market->ended = 0;
	market->wanted = wanted;
	market->begin = begin;
	if (!consortium_wait(market->options->consortium, PATIENCE_MS, all_ended, market))
		die(what, "takes too long");
	market->done = NULL;
}

/* --- wallets --- */

struct enrolment {
	struct market *market;
	struct grpc_call *call;
	bool valid;
};

static void enrolled_message(void *arg, struct span bytes)
{
	struct enrolment *enrolment = arg;
	Voltgate__V1__SubmitResponse *response = voltgate__v1__submit_response__unpack(NULL, bytes.len, bytes.bytes);

	enrolment->valid = response && response->outcome == LEDGER_VALID;
	if (response)
		voltgate__v1__submit_response__free_unpacked(response, NULL);
}

static void enrolled_finished(void *arg, enum grpc_status status, const char *text)
{
	struct enrolment *enrolment = arg;

	if (status != GRPC_OK || !enrolment->valid)
		die("a wallet was not enrolled", text ? text : "not valid");
	enrolment->market->ended++;
	free(enrolment);
}

static size_t credential_of(struct market *market, struct car *car, u8 *ret_transaction, size_t size)
{
	const struct membership *membership = &market->options->consortium->membership;
	struct credential credential = { .role = CREDENTIAL_CLIENT, .serial = 1 };
	struct span span = { car->hello.credential, CREDENTIAL_LEN };
	struct writer writer;
	u8 hash[32];
	u32 i;

	memcpy(credential.channel, market->options->consortium->channel, 32);
	memcpy(credential.subject, car->wallet, 32);
	for (i = 0; i < membership->organisation_count; i++)
		if (!memcmp(membership->organisations[i].authority, market->options->authority + 32, 32))
			credential.organisation = (u16)i;
	credential_encode(&credential, car->hello.credential);
	credential_signed_hash(TRANSACTION_ENROL, span, hash);
	crypto_sign_detached(car->hello.signature, NULL, hash, sizeof(hash), market->options->authority);
	writer_init(&writer, ret_transaction, size);
	transaction_encode_credential(&writer, TRANSACTION_ENROL, span, car->hello.signature);
	return writer_len(&writer);
}

static struct grpc_client *any_node(const struct market *market)
{
	struct consortium *consortium = market->options->consortium;
	u32 i;

	for (i = 0; i < consortium->membership.node_count; i++)
		if (consortium_client(consortium, i) &&
		    grpc_client_state(consortium_client(consortium, i)) == GRPC_CLIENT_UP)
			return consortium_client(consortium, i);
	return NULL;
}

static bool begin_enrol(struct market *market, u32 number)
{
	struct enrolment *enrolment = calloc(1, sizeof(*enrolment));
	struct grpc_answer answer = { .message = enrolled_message, .finished = enrolled_finished, .arg = enrolment };
	Voltgate__V1__SubmitRequest request = VOLTGATE__V1__SUBMIT_REQUEST__INIT;
	struct car *car = &market->vehicles[number].car;
	struct grpc_client *client = any_node(market);
	u8 bytes[256];

	if (!client) { /* not connected yet */
		free(enrolment);
		return false;
	}
	enrolment->market = market;
	crypto_sign_keypair(car->wallet, car->secret);
	memcpy(car->welcome.channel, market->options->consortium->channel, 32);
	request.channel = (ProtobufCBinaryData){ 32, market->options->consortium->channel };
	request.transaction.data = bytes;
	request.transaction.len = credential_of(market, car, bytes, sizeof(bytes));
	if (invoker_begin(client, "/voltgate.v1.Ledger/Submit", 20000, &answer, &request.base, &enrolment->call))
		die("a wallet was not enrolled", "the call cannot be made");
	return true;
}

/* --- accounts --- */

static bool begin_account(struct market *market, u32 number)
{
	struct car *car = &market->vehicles[number].car;
	struct invoker_call call = { .number = number };
	struct proposal proposal;
	u8 bytes[512], hash[32], signature[64];

	call.proposal.bytes = bytes;
	call.proposal.len = car_propose(car, "account.register", NULL, 0, bytes, sizeof(bytes));
	if (proposal_decode(bytes, call.proposal.len, &proposal))
		abort();
	proposal_signed_hash(&proposal, hash);
	crypto_sign_detached(signature, NULL, hash, sizeof(hash), car->secret);
	call.signature = signature;
	if (invoker_start(market->invoker, &call))
		die("an account was not opened", "out of memory");
	return true;
}

static bool ask(struct market *market, u32 number, const char *function, const char *const *words, u32 count)
{
	struct span arguments[TRANSACTION_ARGUMENTS_MAX];
	struct invoker_call call = {
		.number = number,
		.contract = { (const u8 *)"charging", 8 },
		.function = { (const u8 *)function, strlen(function) },
		.arguments = arguments,
		.argument_count = count,
	};
	u32 i;

	for (i = 0; i < count; i++)
		arguments[i] = (struct span){ (const u8 *)words[i], strlen(words[i]) };
	if (invoker_start(market->invoker, &call))
		die(function, "out of memory");
	return true;
}

static bool begin_deposit(struct market *market, u32 number)
{
	char wallet[65];
	const char *words[] = { wallet, DEPOSIT };

	sodium_bin2hex(wallet, sizeof(wallet), market->vehicles[number].car.wallet, 32);
	return ask(market, number, "account.deposit", words, 2);
}

/* --- stations --- */

static u32 chargers_of(const struct market *market, u32 station)
{
	u32 from = station * market->per_station;

	return market->count - from < market->per_station ? market->count - from : market->per_station;
}

static bool begin_station(struct market *market, u32 number)
{
	static char texts[STATION_CHARGERS][96], name[32], node[65];
	const char *words[5 + STATION_CHARGERS] = { name, node, "52100000", "4300000", "0:8000+4000" };
	u32 count = chargers_of(market, number), i;
	char meter[65];
	u8 public[32];

	snprintf(name, sizeof(name), "station %u", number);
	sodium_bin2hex(node, sizeof(node), market->options->node, 32);
	for (i = 0; i < count; i++) {
		struct meter *at = &market->vehicles[number * market->per_station + i].meter;

		crypto_sign_keypair(public, at->secret);
		memcpy(at->channel, market->options->consortium->channel, 32);
		at->charger = (u16)(i + 1);
		at->power_w = POWER_W;
		sodium_bin2hex(meter, sizeof(meter), public, 32);
		snprintf(texts[i], sizeof(texts[i]), "%s:%d:0", meter, POWER_W);
		words[5 + i] = texts[i];
	}
	return ask(market, number, "station.register", words, 5 + count);
}

static void done_station(struct market *market, u32 number, const struct invoker_result *result)
{
	u32 i;

	for (i = 0; i < chargers_of(market, number); i++)
		memcpy(market->vehicles[number * market->per_station + i].meter.station, result->proposal_hash, 32);
}

void market_open(const struct market_options *options, struct market_vehicle *vehicles, u32 count)
{
	struct market market = { .options = options, .vehicles = vehicles, .count = count };
	struct invoker_options to = {
		.consortium = options->consortium, .timeout_ms = 60000, .done = on_done, .arg = &market
	};
	u32 stations = (count + STATION_CHARGERS - 1) / STATION_CHARGERS;

	if (options->stations > stations)
		stations = options->stations;
	market.per_station = (count + stations - 1) / stations;
	stations = (count + market.per_station - 1) / market.per_station;
	if (invoker_new(&to, &market.invoker))
		die("setting up", "out of memory");
	run(&market, "enrolling wallets", count, begin_enrol);
	run(&market, "opening accounts", count, begin_account);
	run(&market, "deposits", count, begin_deposit);
	market.done = done_station;
	run(&market, "stations", stations, begin_station);
	invoker_free(market.invoker);
	fprintf(stderr, "market: %u wallets, %u stations\n", count, stations);
}
