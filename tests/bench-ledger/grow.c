// SPDX-License-Identifier: GPL-2.0
/*
 * grow.c - grows a channel's ledger without a network, for measures that need a long chain or a large state: blocks
 * are carried out and certified with the nodes' own keys, and appended as a node would.
 *
 *   grow --genesis FILE --out FOLDER --kind o|a|A|b [--authority FILE --endorser FILE --endorser FILE]
 *        --node-key FILE... [--blocks N] [--per-block N] [--writes N] [--payload BYTES] [--clients N]
 *        [--snapshot FOLDER]
 *
 * It makes FOLDER as a node keeps a channel, without votes: a replica that is given it finds its signature on blocks
 * that it has no votes for, and keeps mute; it serves the ledger all the same.
 * --snapshot then takes a snapshot of it into another folder, and says how long that took.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "ledger/ledger.h"
#include "tests/bench-ledger/deal.h"
#include "tools/voltgate/genesis_file.h"
#include "tools/voltgate/org_key.h"

#define SYNC_EVERY 64
#define DEAL_AT_ONCE 32768

struct grow {
	struct membership genesis;
	struct deal_options deal_options;
	struct deal deal;
	const char *genesis_path, *out, *snapshot, *key_paths[BLOCK_REPLICAS_MAX];
	u8 secrets[BLOCK_REPLICAS_MAX][64];
	u32 key_count, blocks, per_block;
	u8 channel[32];
	u64 time;
	u8 *body;
};

__attribute__((noreturn)) static void die(const char *what, const char *more)
{
	fprintf(stderr, "grow: %s %s\n", what, more);
	exit(1);
}

static void certify(const struct grow *grow, const struct block_header *header,
		    struct block_certificate *ret_certificate)
{
	u32 quorum = block_quorum(membership_replicas(&grow->genesis)), replica, i;
	u8 hash[32], vote[32];

	*ret_certificate = (struct block_certificate){ .view = 0 };
	block_header_hash(header, hash);
	block_vote_hash(BLOCK_VOTE_COMMIT, grow->channel, header->epoch, 0, header->number, hash, vote);
	for (replica = 0; replica < quorum; replica++)
		for (i = 0; i < grow->key_count; i++)
			if (!memcmp(membership_replica(&grow->genesis, replica)->key, grow->secrets[i] + 32, 32)) {
				struct block_signature *signature =
					&ret_certificate->signatures[ret_certificate->count++];

				signature->replica = (u16)replica;
				crypto_sign_detached(signature->bytes, NULL, vote, sizeof(vote), grow->secrets[i]);
			}
	if (ret_certificate->count < quorum)
		die("a quorum's --node-key files are needed", "");
}

static void append(struct grow *grow, struct ledger *ledger, const struct span *transactions, u32 count)
{
	struct block_certificate certificate;
	struct candidate *candidate;
	struct ledger_error error = { .text = "" };
	struct writer writer;
	u32 i;

	writer_init(&writer, grow->body, BLOCK_BODY_MAX);
	writer_u32(&writer, count);
	for (i = 0; i < count; i++)
		writer_span32(&writer, transactions[i]);
	if (ledger_execute(ledger, NULL, ++grow->time, (struct span){ grow->body, writer_len(&writer) }, &candidate))
		die("a block cannot be carried out", "");
	for (i = 0; i < count; i++)
		if (candidate_outcomes(candidate)[i])
			die("a transaction is not valid:", ledger_outcome_word(candidate_outcomes(candidate)[i]));
	certify(grow, candidate_header(candidate), &certificate);
	if (ledger_append(ledger, candidate, &certificate, &error))
		die(error.text, "");
	if (candidate_header(candidate) && ledger_head(ledger)->number % SYNC_EVERY == 0 && ledger_sync(ledger, &error))
		die(error.text, "");
}

static void enrol(struct grow *grow, struct ledger *ledger)
{
	u32 at, count;

	for (at = 0; at < grow->deal.enrolment_count; at += count) {
		count = grow->deal.enrolment_count - at < 1000 ? grow->deal.enrolment_count - at : 1000;
		append(grow, ledger, grow->deal.enrolments + at, count);
	}
}

/* Deals in pieces, so that memory stays bounded however long the chain gets; each with clients of its own. */
static void grow_ledger(struct grow *grow)
{
	struct ledger_options options = { .folder = grow->out };
	struct ledger_error error = { .text = "" };
	struct ledger *ledger;
	u32 left = grow->blocks, piece, block;

	if (ledger_create(&options, &grow->genesis, 0, &ledger, &error))
		die(error.text, "");
	grow->time = grow->deal_options.now;
	for (; left; left -= piece) {
		piece = DEAL_AT_ONCE / grow->per_block ? DEAL_AT_ONCE / grow->per_block : 1;
		piece = piece < left ? piece : left;
		grow->deal_options.count = piece * grow->per_block;
		grow->deal_options.now++; /* keys are drawn from it */
		deal_make(&grow->deal_options, &grow->deal);
		enrol(grow, ledger);
		for (block = 0; block < piece; block++)
			append(grow, ledger, grow->deal.transactions + block * grow->per_block, grow->per_block);
		deal_free(&grow->deal);
	}
	if (ledger_sync(ledger, &error))
		die(error.text, "");
	printf("%llu\n", (unsigned long long)ledger_head(ledger)->number);
	ledger_close(ledger);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The head's state from one folder into another, in one process: what a snapshot costs without the network. */
static void take_snapshot(const struct grow *grow)
{
	struct ledger_options from = { .folder = grow->out }, to = { .folder = grow->snapshot };
	struct ledger_error error = { .text = "" };
	struct snapshot_export *export_;
	struct snapshot_import *import;
	struct ledger *ledger, *made;
	double start;
	u64 bytes = 0;
	size_t len;
	u8 *piece;
	int got;

	if (ledger_open(&from, &ledger, &error))
		die(error.text, "");
	start = now_s();
	if (snapshot_export_open(ledger, 1 << 20, &export_) ||
	    snapshot_import_open(&to, &grow->genesis, grow->channel, &import, &error))
		die("the snapshot cannot begin:", error.text);
	while ((got = snapshot_export_next(export_, &piece, &len)) == 1) {
		if (snapshot_import_piece(import, (struct span){ piece, len }, &error))
			die(error.text, "");
		bytes += len;
		free(piece);
	}
	if (got || snapshot_import_finish(import, &made, &error))
		die("the snapshot cannot end:", error.text);
	printf("{\"seconds\": %.3f, \"bytes\": %llu, \"height\": %llu}\n", now_s() - start, (unsigned long long)bytes,
	       (unsigned long long)ledger_head(made)->number);
	snapshot_export_close(export_);
	ledger_close(made);
	ledger_close(ledger);
}

static void write_genesis(const struct grow *grow)
{
	struct genesis_file_error error;
	u8 *bytes = malloc(MEMBERSHIP_BYTES_MAX);
	struct writer writer;
	char path[4096];

	if (!bytes)
		die("out of memory", "");
	writer_init(&writer, bytes, MEMBERSHIP_BYTES_MAX);
	membership_encode(&writer, &grow->genesis);
	snprintf(path, sizeof(path), "%s/genesis", grow->out);
	if (genesis_file_write(path, (struct span){ bytes, writer_len(&writer) }, &error))
		die(error.text, "");
	free(bytes);
}

static void take_option(struct grow *grow, const char *name, const char *value)
{
	struct deal_options *deal = &grow->deal_options;
	const struct {
		const char *name;
		const char **to;
	} texts[] = { { "genesis", &grow->genesis_path },
		      { "out", &grow->out },
		      { "snapshot", &grow->snapshot },
		      { "authority", &deal->authority },
		      { "endorser", &deal->endorsers[deal->endorsers[0] ? 1 : 0] } };
	const struct {
		const char *name;
		u32 *to;
	} numbers[] = { { "blocks", &grow->blocks },
			{ "per-block", &grow->per_block },
			{ "writes", &deal->writes },
			{ "payload", &deal->payload },
			{ "clients", &deal->clients } };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(name, texts[i].name)) {
			*texts[i].to = value;
			return;
		}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(name, numbers[i].name)) {
			*numbers[i].to = (u32)atoi(value);
			return;
		}
	if (!strcmp(name, "kind"))
		deal->kind = value[0];
	else if (!strcmp(name, "node-key") && grow->key_count < BLOCK_REPLICAS_MAX)
		grow->key_paths[grow->key_count++] = value;
	else
		die("unknown option", name);
}

int main(int argc, char **argv)
{
	static struct grow grow = { .blocks = 100, .per_block = 10 };
	struct genesis_file_error error;
	struct org_key_error key_error;
	u32 i;
	int at;

	if (sodium_init() < 0)
		return 1;
	grow.deal_options = (struct deal_options){ .kind = 'b', .payload = 100, .clients = 200, .writes = 1 };
	for (at = 1; at < argc; at += 2) {
		if (strncmp(argv[at], "--", 2) || at + 1 >= argc)
			die("options come in pairs:", argv[at]);
		take_option(&grow, argv[at] + 2, argv[at + 1]);
	}
	if (!grow.genesis_path || !grow.key_count || !grow.out)
		die("--genesis, --node-key and --out are needed", "");
	if (genesis_file_read(grow.genesis_path, &grow.genesis, &error))
		die(error.text, "");
	for (i = 0; i < grow.key_count; i++)
		if (org_key_secret(grow.key_paths[i], grow.secrets[i], &key_error))
			die(key_error.text, "");
	membership_channel_id(&grow.genesis, grow.channel);
	grow.deal_options.genesis = &grow.genesis;
	grow.deal_options.now = deal_now();
	grow.body = malloc(BLOCK_BODY_MAX);
	if (!grow.body)
		die("out of memory", "");
	grow_ledger(&grow);
	write_genesis(&grow);
	if (grow.snapshot)
		take_snapshot(&grow);
	sodium_memzero(grow.secrets, sizeof(grow.secrets));
	free(grow.body);
	return 0;
}
