// SPDX-License-Identifier: GPL-2.0
/* money_stage.c - see money_stage.h. What can fail only by a fault ends the test at once. */
#include "tests/contract/money_stage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "agent/contract/audit.h"
#include "agent/contract/session.h"

#define MUST(condition)                                                                  \
	do {                                                                             \
		if (!(condition)) {                                                      \
			printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                         \
		}                                                                        \
	} while (0)

struct stage stage;

static u8 bytes[TRANSACTION_MAX];

static void tune(struct membership *genesis)
{
	genesis->collection_count = 1;
	strcpy(genesis->collections[0].name, CHARGING_COLLECTION);
	genesis->collections[0].organisations = 3;
}

static struct stage_client *client_add(const char *name)
{
	struct stage_client *client = &stage.clients[stage.client_count++];

	MUST(stage.client_count <= STAGE_CLIENTS_MAX);
	client->key = world_key(name);
	client->nonce = 0;
	sodium_bin2hex(client->hex, sizeof(client->hex), client->key.public, 32);
	return client;
}

static struct stage_client *enrol_add(const char *name, u16 organisation, u8 role)
{
	struct stage_client *client = client_add(name);
	struct credential credential = world_enrolment(&stage.world, &client->key, organisation, role);
	size_t len = world_credential(TRANSACTION_ENROL, &credential, &stage.world.authority[organisation], bytes,
				      sizeof(bytes));

	world_add(&stage.world, bytes, len);
	return client;
}

struct stage_client *stage_enrol(const char *name, u16 organisation, u8 role)
{
	struct stage_client *client = enrol_add(name, organisation, role);

	stage_block(WORLD_SECOND);
	MUST(stage.world.result->valid == 1);
	return client;
}

struct stage_client *stage_enrol_many(const char *name, u32 count, u16 organisation)
{
	struct stage_client *first = &stage.clients[stage.client_count];
	char each[64];
	u32 i;

	for (i = 0; i < count; i++) {
		snprintf(each, sizeof(each), "%s%u", name, i);
		enrol_add(each, organisation, CREDENTIAL_CLIENT);
	}
	stage_block(WORLD_SECOND);
	MUST(stage.world.result->valid == count);
	return first;
}

void stage_open(void)
{
	char name[32];
	u32 i;

	memset(&stage, 0, sizeof(stage));
	world_open(&stage.world, tune);
	for (i = 0; i < WORLD_ORGANISATIONS; i++) {
		snprintf(name, sizeof(name), "administrator%u", i);
		stage.administrator[i] = stage_enrol(name, i, CREDENTIAL_ADMINISTRATOR);
	}
	stage.wallet = stage_enrol("wallet", 0, CREDENTIAL_CLIENT);
	stage.other = stage_enrol("second wallet", 1, CREDENTIAL_CLIENT);
}

void stage_close(void)
{
	contract_output_free(&stage.output);
	world_close(&stage.world);
}

/* --- private values: kept when a simulation makes them, as nodes of entitled organisations do --- */

static struct stage_private *private_find(struct span key)
{
	u32 i;

	for (i = 0; i < stage.private_count; i++)
		if (stage.privates[i].key_len == key.len &&
		    !memcmp(stage.privates[i].collection_key, key.bytes, key.len))
			return &stage.privates[i];
	return NULL;
}

static int private_get(void *arg, struct span collection, struct span key, u8 **ret_value, size_t *ret_len)
{
	struct stage_private *found = private_find(key);

	(void)arg, (void)collection;
	if (!found)
		return -ENOENT;
	*ret_value = malloc(found->value_len + 1);
	memcpy(*ret_value, found->value, found->value_len);
	*ret_len = found->value_len;
	return 0;
}

static void privates_keep(void)
{
	const struct contract_private *from;
	struct stage_private *to;
	u32 i;

	for (i = 0; i < stage.output.private_count; i++) {
		from = &stage.output.privates[i];
		to = private_find(from->key) ?: &stage.privates[stage.private_count++];
		MUST(stage.private_count <= STAGE_PRIVATES_MAX && from->key.len <= 128 && from->value.len <= 128);
		memcpy(to->collection_key, from->key.bytes, from->key.len);
		to->key_len = from->key.len;
		memcpy(to->value, from->value.bytes, from->value.len);
		to->value_len = from->value.len;
	}
}

/* --- asking --- */

static int simulate(const struct proposal *proposal, u32 organisation)
{
	struct contract_input input = {
		.state = stage.world.state,
		.membership = &stage.world.membership,
		.proposal = proposal,
		.organisations = 1U << organisation,
		.time = stage.world.time,
		.verifier = stage.world.verifier,
		.evidence = stage.evidence,
		.private_arguments = stage.private_arguments,
		.private_get = private_get,
	};

	contract_output_free(&stage.output);
	return contract_simulate(&input, &stage.output);
}

static u16 organisation_of(const struct stage_client *client)
{
	struct execute_context context = world_context(&stage.world, 1);
	int organisation = execute_organisation(&context, stage.world.state, client->key.public);

	return organisation < 0 ? 31 : organisation;
}

int stage_simulate(struct stage_client *client, const char *function, const char *const *arguments, u32 count)
{
	static u8 private_hash[32];
	struct proposal *proposal = &stage.draft.proposal;
	u32 i;

	world_draft(&stage.world, &stage.draft, &client->key, client->nonce + 1);
	proposal->contract = world_text(CHARGING_NAME);
	proposal->function = world_text(function);
	proposal->argument_count = count;
	MUST(count <= TRANSACTION_ARGUMENTS_MAX);
	for (i = 0; i < count; i++)
		proposal->arguments[i] = world_text(arguments[i]);
	if (stage.private_arguments.len) {
		ledger_hash_bytes(LEDGER_DOMAIN_PRIVATE, stage.private_arguments.bytes, stage.private_arguments.len,
				  private_hash);
		proposal->private_hash = private_hash;
	}
	world_draft_encode(&stage.draft);
	return simulate(proposal, organisation_of(client));
}

int stage_query(const char *function, const char *const *arguments, u32 count)
{
	static const u8 nothing[32];
	struct proposal proposal = { .channel = stage.world.channel,
				     .contract = world_text(CHARGING_NAME),
				     .function = world_text(function),
				     .argument_count = count,
				     .private_hash = nothing };
	u32 i;

	for (i = 0; i < count; i++)
		proposal.arguments[i] = world_text(arguments[i]);
	return simulate(&proposal, stage.asker);
}

void stage_order(struct stage_client *client)
{
	privates_keep();
	MUST(stage.output.rwset_len <= sizeof(stage.draft.rwset_bytes));
	memcpy(stage.draft.rwset_bytes, stage.output.rwset, stage.output.rwset_len);
	stage.draft.rwset_len = stage.output.rwset_len;
	world_add(&stage.world, bytes, world_invoke(&stage.world, &stage.draft, bytes, sizeof(bytes)));
	client->nonce++;
}

void stage_block(u64 later_us)
{
	struct charging_audit audit;

	world_block(&stage.world, later_us);
	if (!stage_conserved()) {
		printf("Bail out! block %llu: money is not conserved\n", (unsigned long long)stage.world.number);
		exit(1);
	}
	if (charging_audit(stage.world.state, &audit)) {
		printf("Bail out! block %llu: %s\n", (unsigned long long)stage.world.number, audit.fault);
		exit(1);
	}
}

int stage_do(struct stage_client *client, const char *function, const char *const *arguments, u32 count)
{
	int result = stage_simulate(client, function, arguments, count);

	if (result)
		return result;
	stage_order(client);
	stage_block(WORLD_SECOND);
	return stage.world.result->outcomes[0] == LEDGER_VALID ? 0 : stage.world.result->outcomes[0];
}

json_t *stage_json(void)
{
	return json_loadb((const char *)stage.output.result.bytes, stage.output.result.len, JSON_DECODE_ANY, NULL);
}

s64 stage_number(const char *member)
{
	json_t *object = stage_json();
	s64 number = json_integer_value(json_object_get(object, member));

	json_decref(object);
	return number;
}

const char *stage_text(const char *member)
{
	static char texts[8][600];
	static u32 turn;
	json_t *object = stage_json();
	char *text = texts[turn++ % 8];

	snprintf(text, sizeof(texts[0]), "%s", json_string_value(json_object_get(object, member)) ?: "");
	json_decref(object);
	return text;
}

const char *stage_hex(const void *from, size_t len)
{
	static char texts[16][200];
	static u32 turn;
	char *text = texts[turn++ % 16];

	return sodium_bin2hex(text, sizeof(texts[0]), from, len);
}

const char *stage_decimal(u64 number)
{
	static char texts[16][24];
	static u32 turn;
	char *text = texts[turn++ % 16];

	snprintf(text, sizeof(texts[0]), "%" PRIu64, (uint64_t)number);
	return text;
}

/* --- charging --- */

static struct world_key meter_key(const char *station_name, u32 charger)
{
	char name[96];

	snprintf(name, sizeof(name), "%s-meter%u", station_name, charger);
	return world_key(name);
}

const char *stage_station(const char *name, const char *periods, u32 chargers, u32 power_w)
{
	char node[65];
	const char *arguments[TRANSACTION_ARGUMENTS_MAX] = { name, node, "39990000", "116320000", periods };
	static char texts[24][128], id[16][65];
	static u32 turn;
	struct world_key meter;
	u32 i;

	MUST(chargers <= 24);
	strcpy(node, stage_hex(stage.world.membership.nodes[0].key, 32));
	for (i = 0; i < chargers; i++) {
		meter = meter_key(name, i + 1);
		snprintf(texts[i], sizeof(texts[i]), "%s:%u:1000", stage_hex(meter.public, 32), power_w);
		arguments[5 + i] = texts[i];
	}
	if (stage_do(stage.administrator[0], "station.register", arguments, 5 + chargers)) {
		printf("Bail out! station.register: %s\n", stage.output.refusal);
		exit(1);
	}
	snprintf(id[turn % 16], sizeof(id[0]), "%s", stage_text("station"));
	return id[turn++ % 16];
}

static void unhex(const char *text, u8 ret_bytes[32])
{
	MUST(!sodium_hex2bin(ret_bytes, 32, text, 64, NULL, NULL, NULL));
}

struct stage_reading stage_reading(const char *station_name, const char *station, u32 charger, const char *session,
				   u32 number, u64 register_wh, u64 time)
{
	struct world_key meter = meter_key(station_name, charger);
	struct reading reading = { number, register_wh, time };
	u8 station_id[32], session_id[32], hash[32], signature[64];
	struct reading_scope scope = { stage.world.channel, station_id, session_id, charger };
	struct stage_reading result;

	unhex(station, station_id);
	unhex(session, session_id);
	reading_hash(&scope, &reading, hash);
	world_sign(&meter, hash, sizeof(hash), signature);
	snprintf(result.reg, sizeof(result.reg), "%" PRIu64, (uint64_t)register_wh);
	snprintf(result.time, sizeof(result.time), "%" PRIu64, (uint64_t)time);
	sodium_bin2hex(result.signature, sizeof(result.signature), signature, sizeof(signature));
	return result;
}

const char *stage_session_id(const struct stage_client *client, const char *station, u32 tariff, u64 price,
			     u64 energy_wh)
{
	u8 station_id[32], id[32];

	unhex(station, station_id);
	session_signed_id(stage.world.channel, client->key.public, station_id, tariff, price, energy_wh,
			  client->nonce + 1, stage.world.time + 100 * WORLD_SECOND, id);
	return stage_hex(id, sizeof(id));
}

/* --- the invariant --- */

struct sums {
	s64 balances, deposits, withdrawals;
	bool negative;
};

static bool sum_one(void *arg, struct span key, const struct state_value *value)
{
	struct sums *sums = arg;
	struct reader reader;
	s64 amount;
	u8 space = key.bytes[sizeof(CHARGING_NAME) + 1];

	reader_init(&reader, value->bytes.bytes, value->bytes.len);
	amount = (s64)reader_u64(&reader);
	sums->negative |= amount < 0 || !reader_done(&reader);
	if (space == 'D')
		sums->deposits += amount;
	else if (space == 'W')
		sums->withdrawals += amount;
	else
		sums->balances += amount;
	return true;
}

bool stage_conserved(void)
{
	static const char spaces[] = "bgDW";
	struct sums sums = { .balances = 0 };
	struct span prefix;
	char letter[2] = "";
	u32 i;

	for (i = 0; i < 4; i++) {
		letter[0] = spaces[i];
		prefix = world_state_key(CHARGING_NAME, letter);
		MUST(!state_walk(stage.world.state, prefix, prefix, sum_one, &sums));
	}
	return !sums.negative && sums.balances == sums.deposits - sums.withdrawals;
}
