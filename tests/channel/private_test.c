// SPDX-License-Identifier: GPL-2.0
/*
 * private_test.c - private values on the nodes of three organisations beside
 * a real ledger: two are entitled, the third's disk and parcels hold no byte of them.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/channel/parcel.h"
#include "agent/channel/private.h"
#include "ledger/rwset_private.h"
#include "tests/ktap.h"
#include "tests/txn/world.h"

#define STORES 3
#define SECRET "a price that nobody else may know 7f3a"

static struct world world;
static struct ledger *ledger;
static struct private_store *stores[STORES]; /* one for each organisation's node */
static char folder[] = "/tmp/private_test-XXXXXX";
static u64 nonce;
static u8 body[1 << 20];

static void tune(struct membership *genesis)
{
	genesis->collection_count = 2;
	strcpy(genesis->collections[0].name, "prices");
	genesis->collections[0].organisations = 3;
	genesis->collections[0].purge_blocks = 10;
	strcpy(genesis->collections[1].name, "tariffs");
	genesis->collections[1].organisations = 4;
}

/* The next block, of one transaction or none; all stores are told. Its outcome. */
static int block(const u8 *bytes, size_t len)
{
	struct block_certificate certificate = { .view = 0 };
	struct candidate *candidate;
	struct ledger_error error;
	struct writer writer;
	struct block decoded;
	int outcome = -1;
	size_t block_len;
	u8 *block;

	writer_init(&writer, body, sizeof(body));
	writer_u32(&writer, len != 0);
	if (len)
		writer_span32(&writer, (struct span){ bytes, len });
	world.time += WORLD_SECOND;
	world.number++;
	if (ledger_execute(ledger, NULL, world.time, (struct span){ body, writer_len(&writer) }, &candidate))
		abort();
	if (len)
		outcome = candidate_outcomes(candidate)[0];
	if (ledger_append(ledger, candidate, &certificate, &error) || ledger_sync(ledger, &error) ||
	    ledger_block(ledger, world.number, &block, &block_len, &error) ||
	    block_decode((struct span){ block, block_len }, &decoded))
		abort();
	for (u32 i = 0; i < STORES; i++)
		if (private_committed(stores[i], ledger, &decoded))
			outcome = -2;
	free(block);
	return outcome;
}

static struct span text(const char *word)
{
	return (struct span){ (const u8 *)word, strlen(word) };
}

struct write {
	u8 proposal_hash[32], salt[16], state_key[64], hash[32];
	u8 transaction[8192];
	size_t len;
	const char *key, *value;
};

/* A transaction that puts a private value's hash on the chain; @reads: a read that cannot hold. */
static void write_make(struct write *write, const char *key, const char *value, bool conflict)
{
	static struct world_draft draft;
	struct world_set set = { .write_count = 1 };
	size_t len;

	memset(write, 0, sizeof(*write));
	write->key = key;
	write->value = value;
	memset(write->salt, (int)nonce + 1, 16);
	private_state_key(world.membership.seed, text("prices"), text(key), write->state_key, &len);
	rwset_private_hash(write->salt, text(value), write->hash);
	world_draft(&world, &draft, &world.client, ++nonce);
	set.writes[0] = (struct rwset_write){ .operation = RWSET_PUT,
					      .key = { write->state_key, len },
					      .value = { write->hash, 32 } };
	if (conflict) {
		set.read_count = 1;
		set.reads[0] = (struct rwset_read){ .key = { write->state_key, len }, .number = 999, .index = 1 };
	}
	world_set_encode(&draft, &set);
	write->len = world_invoke(&world, &draft, write->transaction, sizeof(write->transaction));
	ledger_hash_bytes(LEDGER_DOMAIN_PROPOSAL, draft.proposal.bytes.bytes, draft.proposal.bytes.len,
			  write->proposal_hash);
}

static int offer(u32 store, const struct write *write, const char *value)
{
	return private_offer(stores[store], &world.membership, store, write->proposal_hash, text("prices"),
			     text(write->key), write->salt, text(value), world.time + 60 * WORLD_SECOND);
}

static bool holds(u32 store, const char *key, const char *value)
{
	size_t len;
	u8 *bytes;
	bool same;

	if (private_get(stores[store], ledger, text("prices"), text(key), &bytes, &len))
		return false;
	same = len == strlen(value) && !memcmp(bytes, value, len);
	free(bytes);
	return same;
}

static struct private_counts counts_of(u32 store)
{
	struct private_counts counts;

	private_counts(stores[store], &counts);
	return counts;
}

/* Files below @path that hold @word. */
static u32 search(const char *path, const char *word)
{
	DIR *list = opendir(path);
	struct dirent *entry;
	u32 found = 0;

	while (list && (entry = readdir(list))) {
		char name[512];
		FILE *file;
		long size;
		u8 *bytes;

		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(name, "rb");
		if (!file)
			continue;
		fseek(file, 0, SEEK_END);
		size = ftell(file);
		rewind(file);
		bytes = malloc(size > 0 ? size : 1);
		if (size > 0 && fread(bytes, 1, size, file) == (size_t)size)
			found += memmem(bytes, size, word, strlen(word)) != NULL;
		free(bytes);
		fclose(file);
	}
	if (list)
		closedir(list);
	return found;
}

static void open_all(void)
{
	struct ledger_options options = { .folder = NULL };
	struct credential credential;
	struct ledger_error error;
	char path[64], why[320];
	u8 one[256];
	size_t len;

	if (!mkdtemp(folder) || disk_memory_open(&options.disk) || store_memory_open(&options.store) ||
	    ledger_create(&options, &world.membership, WORLD_START, &ledger, &error))
		abort();
	world.number = 0;
	for (u32 i = 0; i < STORES; i++) {
		snprintf(path, sizeof(path), "%s/%u", folder, i);
		if (private_open(path, &stores[i], why))
			abort();
	}
	credential = world_enrolment(&world, &world.client, 0, CREDENTIAL_CLIENT);
	len = world_credential(TRANSACTION_ENROL, &credential, &world.authority[0], one, sizeof(one));
	ktap_ok(block(one, len) == LEDGER_VALID, "a client is enrolled");
}

static void commit_test(void)
{
	static struct write write, wrong, conflict;

	write_make(&write, "station 9", SECRET, false);
	ktap_ok(!offer(0, &write, SECRET) && !offer(1, &write, SECRET), "the entitled take a value");
	ktap_ok(offer(2, &write, SECRET) == -EACCES, "another organisation's node refuses it");
	ktap_ok(!holds(0, "station 9", SECRET), "before the transaction is committed nobody reads it");
	ktap_ok(block(write.transaction, write.len) == LEDGER_VALID, "its hash is on the chain");
	ktap_ok(holds(0, "station 9", SECRET) && holds(1, "station 9", SECRET) && !holds(2, "station 9", SECRET),
		"now both that are entitled read it");
	ktap_ok(!counts_of(0).waiting && !counts_of(0).waiting_bytes && !counts_of(0).missing,
		"nothing waits any more");

	write_make(&wrong, "station 10", "12 cents", false);
	ktap_ok(!offer(0, &wrong, "13 cents") && block(wrong.transaction, wrong.len) == LEDGER_VALID &&
			!holds(0, "station 10", "13 cents") && counts_of(0).missing == 1,
		"a value that is not what the chain says is not kept, and counts as missing");
	write_make(&conflict, "station 11", "14 cents", true);
	ktap_ok(!offer(0, &conflict, "14 cents") && block(conflict.transaction, conflict.len) == LEDGER_CONFLICT &&
			!counts_of(0).waiting && !holds(0, "station 11", "14 cents"),
		"an invalid transaction's value is forgotten");
	write_make(&wrong, "station 9", "15 cents", false);
	ktap_ok(!offer(0, &wrong, "15 cents") && block(wrong.transaction, wrong.len) == LEDGER_VALID &&
			holds(0, "station 9", "15 cents") && !holds(1, "station 9", SECRET),
		"a later value takes the earlier one's place, here or not");
}

static void anti_entropy_test(void)
{
	u8 keys[8][PRIVATE_KEY_LEN], *bytes;
	struct parcel parcel;
	struct span key;
	size_t len;
	u32 count;

	count = private_missing(stores[1], keys, 8);
	ktap_ok(count == 2, "node 1 lacks two values (%u)", count);
	for (u32 i = 0; i < count; i++) {
		key = (struct span){ keys[i], PRIVATE_KEY_LEN };
		if (private_serve(stores[0], &world.membership, 1, key, &bytes, &len))
			continue;
		ktap_ok(!parcel_decode((struct span){ bytes, len }, &parcel) && parcel.kind == PARCEL_PRIVATE,
			"node 0 answers with a parcel");
		ktap_ok(private_offer(stores[1], &world.membership, 1, parcel.hash, parcel.collection, parcel.key,
				      parcel.salt, (struct span){ parcel.value.bytes, parcel.value.len - 1 },
				      0) == -EBADMSG,
			"a value with a wrong hash is refused");
		ktap_ok(!private_offer(stores[1], &world.membership, 1, parcel.hash, parcel.collection, parcel.key,
				       parcel.salt, parcel.value, 0) &&
				holds(1, "station 9", "15 cents"),
			"the right one is committed at once");
		ktap_ok(private_offer(stores[1], &world.membership, 1, parcel.hash, parcel.collection, parcel.key,
				      parcel.salt, parcel.value, 0) == -ENOENT,
			"and is wanted no more");
		free(bytes);
		ktap_ok(private_serve(stores[0], &world.membership, 2, key, &bytes, &len) == -EACCES,
			"a node that is not entitled gets no answer");
	}
	ktap_ok(counts_of(1).missing == 1, "one stays missing");
	ktap_ok(private_shared(&world.membership, 0, 1) && !private_shared(&world.membership, 0, 2),
		"only who shares a collection is asked");
}

static void end_test(void)
{
	static struct write write;
	char path[64], why[320];

	write_make(&write, "station 12", "16 cents", false);
	offer(0, &write, "16 cents");
	for (u32 i = 0; i < 9; i++)
		block(NULL, 0);
	ktap_ok(holds(0, "station 9", "15 cents"), "nine blocks later a value is still there");
	snprintf(path, sizeof(path), "%s/0", folder);
	private_close(stores[0]);
	ktap_ok(!private_open(path, &stores[0], why) && holds(0, "station 9", "15 cents") && counts_of(0).waiting == 1,
		"also after a restart, and one that waits, waits");
	block(NULL, 0);
	ktap_ok(!holds(0, "station 9", "15 cents") && counts_of(0).purged == 1,
		"ten blocks after its commit it is purged");
	world.time += 120 * WORLD_SECOND;
	block(NULL, 0);
	ktap_ok(!counts_of(0).waiting && counts_of(0).forgotten == 1,
		"what waited longer than its transaction lives is forgotten");
}

static void search_test(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/0", folder);
	ktap_ok(search(path, SECRET), "an entitled node's disk held the value");
	snprintf(path, sizeof(path), "%s/2", folder);
	ktap_ok(!search(path, SECRET) && !search(path, "15 cents") && !search(path, "station 9"),
		"another's holds no byte of value or key");
}

int main(void)
{
	char command[128];

	ktap_plan(0);
	world_open(&world, tune);
	open_all();
	commit_test();
	anti_entropy_test();
	end_test();
	for (u32 i = 0; i < STORES; i++)
		private_close(stores[i]);
	search_test();
	ledger_close(ledger);
	world_close(&world);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) ? 1 : ktap_exit();
}
