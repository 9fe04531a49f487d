// SPDX-License-Identifier: GPL-2.0
/*
 * money_driver.c - carries out charging operations that come as lines, for the
 * reference model (money_model.py) and to compare builds: contracts are simulated as endorsers do it, and applied in
 * blocks by the validators' own code for reads, deltas and writes. Signatures of clients and endorsers are left out,
 * for speed (other tests have them); meters sign.
 *
 * Lines in, words separated by tabs; what comes out is one line each:
 *   client NAME ORGANISATION ROLE      "ok"; ROLE 1 client, 3 administrator
 *   op CLIENT FUNCTION ARGUMENT...     "ok JSON" or "no ERRNO SENTENCE"; what is ok waits for the block
 *   block MICROSECONDS                 "block OUTCOME...", after "! ..." if money was not conserved
 *   query FUNCTION ARGUMENT...         "ok JSON" or "no ERRNO SENTENCE"
 *   root                               the state's root
 *   audit                              what `voltgate ledger verify` checks: "audit ok BILLS", or the fault
 * Arguments: "%NAME" a client's key; "#NODE" a node's; "~METER:REST" a charger; "!STATION,CHARGER,METER,SESSION,NUMBER,
 * REGISTER,TIME" three arguments, the reading signed; its SESSION "TARIFF/PRICE/ENERGY": the id of the start asked for.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "agent/contract/audit.h"
#include "agent/contract/session.h"
#include "ledger/execute_run.h"
#include "tests/contract/money_stage.h"

#define WORDS_MAX 64
#define OPS_MAX 256
#define NAMES_MAX 256

struct waiting {
	struct contract_output output;
	u8 *proposal;
	size_t proposal_len;
};

static struct waiting waiting[OPS_MAX];
static u32 waiting_count;
static char names[NAMES_MAX][32]; /* of stage.clients */
static struct {
	char name[32];
	struct world_key key;
} meters[NAMES_MAX];
static u32 meter_count;
static u8 stations[NAMES_MAX][32];
static u32 station_count;

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "driver: %s\n", what);
	exit(1);
}

static struct stage_client *client_find(const char *name)
{
	u32 i;

	for (i = 0; i < stage.client_count; i++)
		if (!strcmp(names[i], name))
			return &stage.clients[i];
	fail("no such client");
}

static const struct world_key *meter_find(const char *name)
{
	u32 i;

	for (i = 0; i < meter_count; i++)
		if (!strcmp(meters[i].name, name))
			return &meters[i].key;
	if (meter_count == NAMES_MAX)
		fail("too many meters");
	snprintf(meters[meter_count].name, sizeof(meters[0].name), "%s", name);
	meters[meter_count].key = world_key(name);
	return &meters[meter_count++].key;
}

static void client_enrol(char **words, u32 count)
{
	if (count != 4 || stage.client_count == NAMES_MAX)
		fail("client NAME ORGANISATION ROLE");
	snprintf(names[stage.client_count], sizeof(names[0]), "%s", words[1]);
	stage_enrol(words[1], atoi(words[2]), atoi(words[3]));
	printf("ok\n");
}

/* --- arguments --- */

struct arguments {
	u32 count;
	const char *list[TRANSACTION_ARGUMENTS_MAX];
	char texts[TRANSACTION_ARGUMENTS_MAX][132];
};

static char *argument_room(struct arguments *arguments)
{
	if (arguments->count == TRANSACTION_ARGUMENTS_MAX)
		fail("too many arguments");
	arguments->list[arguments->count] = arguments->texts[arguments->count];
	return arguments->texts[arguments->count++];
}

static void unhex(const char *text, u8 ret_bytes[32])
{
	if (sodium_hex2bin(ret_bytes, 32, text, strlen(text), NULL, NULL, NULL))
		fail("an id has 64 hex digits");
}

/* "TARIFF/PRICE/ENERGY" of a start by @client, or an id. */
static void session_of(const char *text, const struct stage_client *client, const u8 station[32], u8 ret_id[32])
{
	u64 tariff, price, energy;

	if (sscanf(text, "%" SCNu64 "/%" SCNu64 "/%" SCNu64, (uint64_t *)&tariff, (uint64_t *)&price,
		   (uint64_t *)&energy) != 3) {
		unhex(text, ret_id);
		return;
	}
	session_signed_id(stage.world.channel, client->key.public, station, tariff, price, energy, client->nonce + 1,
			  stage.world.time + 100 * WORLD_SECOND, ret_id);
}

static void argument_reading(struct arguments *arguments, char *text, const struct stage_client *client)
{
	u8 station[32], session[32], hash[32], signature[64];
	struct reading_scope scope = { stage.world.channel, station, session, 0 };
	struct reading reading;
	char *parts[7];
	u32 i;

	for (i = 0; i < 7; i++)
		parts[i] = strsep(&text, ",") ?: (fail("a reading has seven parts"), NULL);
	unhex(parts[0], station);
	scope.charger = atoi(parts[1]);
	session_of(parts[3], client, station, session);
	reading = (struct reading){ strtoul(parts[4], NULL, 10), strtoull(parts[5], NULL, 10),
				    strtoull(parts[6], NULL, 10) };
	reading_hash(&scope, &reading, hash);
	world_sign(meter_find(parts[2]), hash, sizeof(hash), signature);
	snprintf(argument_room(arguments), 132, "%s", parts[5]);
	snprintf(argument_room(arguments), 132, "%s", parts[6]);
	sodium_bin2hex(argument_room(arguments), 132, signature, sizeof(signature));
}

/* "METER:POWER:REGISTER" with the meter's name. */
static void argument_meter(struct arguments *arguments, char *text)
{
	char *colon = strchr(text, ':') ?: (fail("a charger is METER:POWER:REGISTER"), NULL);

	*colon = 0;
	snprintf(argument_room(arguments), 132, "%s:%s", stage_hex(meter_find(text)->public, 32), colon + 1);
}

static void argument_add(struct arguments *arguments, char *word, const struct stage_client *client)
{
	if (word[0] == '!') {
		argument_reading(arguments, word + 1, client);
	} else if (word[0] == '~') {
		argument_meter(arguments, word + 1);
	} else if (word[0] == '%') {
		snprintf(argument_room(arguments), 132, "%s", client_find(word + 1)->hex);
	} else if (word[0] == '#') {
		sodium_bin2hex(argument_room(arguments), 132, stage.world.membership.nodes[atoi(word + 1)].key, 32);
	} else {
		argument_room(arguments);
		arguments->list[arguments->count - 1] = word;
	}
}

/* --- operations --- */

static void say_result(int result)
{
	if (result)
		printf("no %d %s\n", -result, stage.output.refusal);
	else
		printf("ok %.*s\n", (int)stage.output.result.len, stage.output.result.bytes);
}

static void op(char **words, u32 count)
{
	struct stage_client *client = client_find(words[1]);
	struct arguments arguments = { .count = 0 };
	struct waiting *place = &waiting[waiting_count];
	int result;
	u32 i;

	for (i = 3; i < count; i++)
		argument_add(&arguments, words[i], client);
	result = stage_simulate(client, words[2], arguments.list, arguments.count);
	client->nonce++;
	say_result(result);
	if (result)
		return;
	if (waiting_count == OPS_MAX || station_count == NAMES_MAX)
		fail("too many operations in a block, or stations");
	if (!strcmp(words[2], "station.register"))
		unhex(stage_text("station"), stations[station_count++]);
	waiting_count++;
	place->output = stage.output;
	memset(&stage.output, 0, sizeof(stage.output));
	place->proposal_len = stage.draft.proposal.bytes.len;
	place->proposal = malloc(place->proposal_len);
	memcpy(place->proposal, stage.draft.proposal.bytes.bytes, place->proposal_len);
}

static s64 counter(char space, const u8 *id)
{
	struct writer writer;
	u8 key[64];

	writer_init(&writer, key, sizeof(key));
	writer_u8(&writer, 'k');
	writer_bytes(&writer, CHARGING_NAME, sizeof(CHARGING_NAME));
	writer_u8(&writer, space);
	writer_bytes(&writer, id, id ? 32 : 0);
	return world_counter(&stage.world, (struct span){ key, writer_len(&writer) });
}

/* As stage_conserved(), by looking at each wallet and station there is: walking the state costs more the longer the
 * run. "audit" walks. */
static bool conserved(void)
{
	s64 sum = counter('W', NULL) - counter('D', NULL), one;
	bool negative = false;
	u32 i;

	for (i = 0; i < stage.client_count + station_count; i++) {
		one = i < stage.client_count ? counter('b', stage.clients[i].key.public)
					     : counter('g', stations[i - stage.client_count]);
		negative |= one < 0;
		sum += one;
	}
	return !negative && !sum;
}

static void query(char **words, u32 count)
{
	struct arguments arguments = { .count = 0 };
	u32 i;

	for (i = 2; i < count; i++)
		argument_add(&arguments, words[i], NULL);
	say_result(stage_query(words[1], arguments.list, arguments.count));
}

static enum ledger_outcome apply(struct execute_run *run, const struct waiting *one)
{
	struct transaction transaction = { .kind = TRANSACTION_INVOKE };
	enum ledger_outcome outcome;

	if (proposal_decode(one->proposal, one->proposal_len, &transaction.proposal) ||
	    rwset_decode(one->output.rwset, one->output.rwset_len, &transaction.rwset))
		return LEDGER_MALFORMED;
	outcome = execute_keys(&transaction);
	if (outcome == LEDGER_VALID)
		outcome = execute_reads(run, &transaction);
	if (outcome == LEDGER_VALID)
		outcome = execute_deltas(run, &transaction);
	if (outcome == LEDGER_VALID)
		execute_apply(run, &transaction);
	return outcome;
}

static void block(u64 later_us)
{
	struct execute_context context = world_context(&stage.world, later_us);
	struct overlay *overlay = overlay_new(stage.world.state, NULL);
	struct state_mark mark = { .number = stage.world.number + 1 };
	struct execute_run run;

	if (!overlay || execute_run_init(&run, &context, NULL, overlay, waiting_count))
		fail("no memory");
	printf("block");
	for (run.index = 0; run.index < waiting_count; run.index++) {
		printf(" %s", ledger_outcome_word(apply(&run, &waiting[run.index])));
		contract_output_free(&waiting[run.index].output);
		free(waiting[run.index].proposal);
	}
	waiting_count = 0;
	execute_run_done(&run);
	if (run.error || overlay_root(overlay, mark.root) || state_commit(overlay, &mark, true))
		fail("the block cannot be committed");
	memcpy(stage.world.root, mark.root, sizeof(mark.root));
	stage.world.number++;
	stage.world.time += later_us;
	printf("%s\n", conserved() ? "" : " money-is-not-conserved");
	fflush(stdout);
}

static void audit(void)
{
	struct charging_audit audit;

	if (!stage_conserved())
		printf("audit: money is not conserved\n");
	else if (charging_audit(stage.world.state, &audit))
		printf("audit %s\n", audit.fault);
	else
		printf("audit ok %" PRIu64 "\n", (uint64_t)audit.bills);
}

static void line_take(char *line)
{
	char *words[WORDS_MAX], *rest = line;
	u32 count = 0;

	line[strcspn(line, "\n")] = 0;
	while (rest && count < WORDS_MAX)
		words[count++] = strsep(&rest, "\t");
	if (!strcmp(words[0], "client"))
		client_enrol(words, count);
	else if (!strcmp(words[0], "op") && count >= 3)
		op(words, count);
	else if (!strcmp(words[0], "query") && count >= 2)
		query(words, count);
	else if (!strcmp(words[0], "block") && count == 2)
		block(strtoull(words[1], NULL, 10));
	else if (!strcmp(words[0], "audit"))
		audit();
	else if (!strcmp(words[0], "root"))
		printf("%s %" PRIu64 "\n", stage_hex(stage.world.root, 32), (uint64_t)stage.world.time);
	else
		fail("no such line");
	if (words[0][0] != 'o')
		fflush(stdout);
}

int main(void)
{
	static char buffer[1 << 16];
	char *line = NULL;
	size_t size = 0;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	stage_open();
	while (getline(&line, &size, stdin) > 0)
		line_take(line);
	free(line);
	stage_close();
	return 0;
}
