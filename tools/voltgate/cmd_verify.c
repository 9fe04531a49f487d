// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_verify.c - voltgate verify: checks a stored verdict log without any
 * gate: every signature, Merkle root and link. Stops at the first batch that
 * is missing, altered or out of order and names it.
 */
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/chain.h"
#include "agent/gate_json.h"
#include "agent/time_text.h"
#include "tools/voltgate/key_file.h"
#include "tools/voltgate/say.h"
#include "tools/voltgate/verify_anchors.h"

#define KEYS_MAX 64

struct words {
	const char *log, *ledger;
	u8 keys[KEYS_MAX][VG_KEY_LEN];
	u32 key_count;
	u8 head[VG_HASH_LEN]; /* of a batch that must be in the log */
	bool has_head;
};

/* What was found good. */
struct tally {
	u64 epochs, batches, records, plain, attested, test_clock;
	u64 by_kind[256];
	u64 first_time, last_time; /* of batches */
	u64 last_epoch;		   /* Time64 of the epoch that is being read */
	bool any;
	bool head_found;
	bool from_start; /* the log begins with batch 0 of an epoch that names no other */
};

/* What was found wrong first. */
struct finding {
	const char *word, *sentence;
	char file[PATH_MAX];
	u64 offset, epoch, number;
	bool has_batch;
	char detail[400];
};

static void tally_add(struct tally *tally, const struct batch *batch)
{
	static const u8 zeros[VG_HASH_LEN];
	const struct vg_batch_head *head = &batch->seal.head;
	u64 epoch = vg_be64(head->epoch);
	u32 count = vg_be32(head->count), i;

	if (!tally->any) {
		tally->first_time = vg_be64(head->time);
		tally->from_start = !head->number && !memcmp(head->previous, zeros, sizeof(zeros));
	}
	if (!tally->any || epoch != tally->last_epoch)
		tally->epochs++;
	tally->any = true;
	tally->last_epoch = epoch;
	tally->last_time = vg_be64(head->time);
	tally->batches++;
	tally->records += count;
	for (i = 0; i < count; i++) {
		const struct vg_record *record = &batch->records[i];

		tally->plain += record->grade == VG_GRADE_PLAIN;
		tally->attested += record->grade == VG_GRADE_ATTESTED;
		tally->test_clock += record->flags & VG_RECORD_FLAG_TEST_CLOCK ? 1 : 0;
		tally->by_kind[record->kind]++;
	}
}

/* The batch that should stand where @batch stands is looked for behind it: found, the log was put out of order. */
static bool stands_later(struct verdictlog_reader *reader, u64 epoch, u64 number, struct finding *finding)
{
	struct verdictlog_error error;
	struct batch *batch = malloc(sizeof(*batch));
	bool found = false;

	while (batch && !found && verdictlog_reader_next(reader, batch, &error) == 1)
		found = vg_be64(batch->seal.head.epoch) == epoch && vg_be64(batch->seal.head.number) == number;
	if (found)
		snprintf(finding->detail, sizeof(finding->detail),
			 "batch %llu stands in its place, it stands later, in %.200s at offset %llu", finding->number,
			 verdictlog_reader_file(reader), verdictlog_reader_offset(reader));
	free(batch);
	return found;
}

/* More than the fault's own sentence: which batch it is about, what was expected and what stands there. */
static void explain(struct finding *finding, enum chain_fault fault, const struct chain *chain,
		    struct verdictlog_reader *reader)
{
	char *to = finding->detail;
	size_t size = sizeof(finding->detail);
	u64 expected = chain->started && finding->epoch == chain->epoch ? chain->number + 1 : 0;

	if (fault == CHAIN_MISSING) {
		if (stands_later(reader, finding->epoch, expected, finding)) {
			finding->word = chain_fault_word(CHAIN_REORDERED);
			finding->sentence = "it does not stand in the order of its number";
		} else {
			snprintf(to, size, "batch %llu stands in its place", finding->number);
		}
		finding->number = expected;
	} else if (fault == CHAIN_REORDERED) {
		snprintf(to, size, "it stands after batch %llu", chain->number);
	} else if (fault == CHAIN_BAD_EPOCH && chain->started && finding->epoch > chain->epoch) {
		snprintf(to, size,
			 "what came after batch %llu of the epoch before is missing, or was never of this chain",
			 chain->number);
	}
}

static void find_fault(struct finding *finding, enum chain_fault fault, const struct chain *chain,
		       struct verdictlog_reader *reader, const struct batch *batch)
{
	finding->word = chain_fault_word(fault);
	finding->sentence = chain_fault_sentence(fault);
	snprintf(finding->file, sizeof(finding->file), "%s", verdictlog_reader_file(reader));
	finding->offset = verdictlog_reader_offset(reader);
	finding->epoch = vg_be64(batch->seal.head.epoch);
	finding->number = vg_be64(batch->seal.head.number);
	finding->has_batch = true;
	explain(finding, fault, chain, reader);
}

/* The batch that could not be read follows the last good one, which stood at @good_end - its length. */
static void find_damage(struct finding *finding, const struct chain *chain, const char *file, u64 offset, int error,
			const char *text)
{
	finding->word = error == -ENODATA ? "truncated" : "damaged";
	finding->sentence = error == -ENODATA
				    ? "the log ends within a batch"
				    : "the bytes there were altered, removed or damaged: no batch can be read";
	snprintf(finding->file, sizeof(finding->file), "%s", file);
	finding->offset = offset;
	if (chain->started) {
		finding->epoch = chain->epoch;
		finding->number = chain->number + 1;
		finding->has_batch = true;
	}
	snprintf(finding->detail, sizeof(finding->detail), "%s", text);
}

/* The ledger holds @anchor; the log has something else there, or nothing. */
static void find_unanchored(struct finding *finding, const struct verify_anchor *anchor, const char *file, u64 offset)
{
	const struct vg_batch_head *head = &anchor->anchor.head;
	unsigned long long number = vg_be64(head->number);

	snprintf(finding->file, sizeof(finding->file), "%s", file);
	finding->offset = offset;
	finding->epoch = vg_be64(head->epoch);
	finding->number = number;
	finding->has_batch = true;
	if (anchor->forked) {
		finding->word = "forked";
		finding->sentence = "its attestor signed two chains: the ledger holds two heads of one number";
	} else if (anchor->seen && anchor->last >= number) {
		finding->word = "forked";
		finding->sentence = "it is another batch than the one that the ledger anchors";
	} else {
		finding->word = "truncated";
		finding->sentence = "the ledger anchors it, and the log does not have it";
		if (anchor->seen)
			snprintf(finding->detail, sizeof(finding->detail), "the log ends this epoch with batch %llu",
				 (unsigned long long)anchor->last);
		else
			snprintf(finding->detail, sizeof(finding->detail), "the log has nothing of this epoch");
	}
}

static u64 frame_len(const struct batch *batch)
{
	return VERDICTLOG_FRAME_HEADER_LEN + sizeof(batch->seal) +
	       (u64)vg_be32(batch->seal.head.count) * sizeof(batch->records[0]);
}

static void walk(struct verdictlog_reader *reader, const struct words *words, struct batch *batch, struct tally *tally,
		 struct verify_anchors *anchors, struct finding *finding)
{
	const struct verify_anchor *anchor;
	struct chain chain = { .pinned = words->key_count ? words->keys[0] : NULL, .pinned_count = words->key_count };
	struct verdictlog_error error = { "" };
	char file[PATH_MAX] = "";
	u64 end = VERDICTLOG_SEGMENT_HEADER_LEN; /* of the last good batch in @file */
	enum chain_fault fault;
	int got;

	while ((got = verdictlog_reader_next(reader, batch, &error)) == 1) {
		fault = chain_accept(&chain, batch);
		if (fault) {
			find_fault(finding, fault, &chain, reader, batch);
			return;
		}
		anchor = verify_anchors_meet(anchors, &batch->seal.head);
		if (anchor) {
			find_unanchored(finding, anchor, verdictlog_reader_file(reader),
					verdictlog_reader_offset(reader));
			return;
		}
		tally_add(tally, batch);
		tally->head_found |= words->has_head && !memcmp(chain.head_hash, words->head, VG_HASH_LEN);
		snprintf(file, sizeof(file), "%s", verdictlog_reader_file(reader));
		end = verdictlog_reader_offset(reader) + frame_len(batch);
	}
	if (got < 0)
		find_damage(finding, &chain, verdictlog_reader_file(reader),
			    strcmp(file, verdictlog_reader_file(reader)) ? VERDICTLOG_SEGMENT_HEADER_LEN : end, got,
			    error.text);
	else if (words->has_head && !tally->head_found)
		find_damage(finding, &chain, verdictlog_reader_file(reader), end, -ENODATA,
			    "the batch whose hash --head gave is not in it");
	else if ((anchor = verify_anchors_lacking(anchors, words->keys, words->key_count)))
		find_unanchored(finding, anchor, verdictlog_reader_file(reader), end);
}

static json_t *kinds_json(const struct tally *tally)
{
	json_t *object = json_object();
	int kind;

	for (kind = 0; kind < 256; kind++)
		if (tally->by_kind[kind])
			gate_json_put_u64(object, vg_record_kind_word((unsigned int)kind), tally->by_kind[kind]);
	return object;
}

static json_t *anchors_json(const struct words *words, const struct verify_anchors *anchors)
{
	json_t *object = json_object();
	char channel[65];

	sodium_bin2hex(channel, sizeof(channel), anchors->channel, 32);
	json_object_set_new(object, "ledger", json_string(words->ledger));
	json_object_set_new(object, "channel", json_string(channel));
	gate_json_put_u64(object, "height", anchors->height);
	gate_json_put_u64(object, "anchors", anchors->count);
	gate_json_put_u64(object, "met", verify_anchors_met(anchors));
	return object;
}

static int report_json(const struct words *words, const struct tally *tally, const struct verify_anchors *anchors,
		       const struct finding *finding)
{
	json_t *object = json_object(), *fault;

	json_object_set_new(object, "log", json_string(words->log));
	json_object_set_new(object, "good", json_boolean(!finding->word));
	json_object_set_new(object, "pinned", json_boolean(words->key_count));
	json_object_set_new(object, "from_start", json_boolean(tally->from_start));
	gate_json_put_u64(object, "epochs", tally->epochs);
	gate_json_put_u64(object, "batches", tally->batches);
	gate_json_put_u64(object, "records", tally->records);
	json_object_set_new(object, "kinds", kinds_json(tally));
	gate_json_put_u64(object, "plain", tally->plain);
	gate_json_put_u64(object, "attested", tally->attested);
	gate_json_put_u64(object, "test_clock", tally->test_clock);
	if (tally->any) {
		gate_json_put_time(object, "first", tally->first_time);
		gate_json_put_time(object, "last", tally->last_time);
	}
	if (words->ledger)
		json_object_set_new(object, "anchored", anchors_json(words, anchors));
	if (finding->word) {
		fault = json_object();
		json_object_set_new(fault, "fault", json_string(finding->word));
		json_object_set_new(fault, "file", json_string(finding->file));
		gate_json_put_u64(fault, "offset", finding->offset);
		if (finding->has_batch) {
			gate_json_put_time(fault, "epoch", finding->epoch);
			gate_json_put_u64(fault, "number", finding->number);
		}
		json_object_set_new(fault, "sentence", json_string(finding->sentence));
		json_object_set_new(fault, "detail", json_string(finding->detail));
		json_object_set_new(object, "first_fault", fault);
	}
	return say_json(object);
}

static void report_text(const struct words *words, const struct tally *tally, const struct verify_anchors *anchors,
			const struct finding *finding)
{
	char first[TIME_TEXT_LEN] = "-", last[TIME_TEXT_LEN] = "-";

	if (tally->any) {
		time_text_utc(tally->first_time, first);
		time_text_utc(tally->last_time, last);
	}
	printf("%s: %s batches with %s records in %s epochs%s, from %s to %s\n",
	       finding->word ? "good up to there" : "good", say_count(tally->batches), say_count(tally->records),
	       say_count(tally->epochs), words->key_count ? ", all signed by the keys given" : "", first, last);
	printf("grades: %s attested, %s plain\n", say_count(tally->attested), say_count(tally->plain));
	if (!words->key_count)
		printf("no key was given: each epoch's own key was taken at its word; --key HEX pins it (voltgate "
		       "key)\n");
	if (words->ledger)
		printf("anchored: %s of the ledger's %s chain heads are in the log, by block %s\n",
		       say_count(verify_anchors_met(anchors)), say_count(anchors->count), say_count(anchors->height));
	if (tally->any && !tally->from_start)
		printf("the log does not begin at the chain's start: what came before it is not checked\n");
	if (tally->test_clock)
		printf("TEST CLOCK: %s records were made under a test-only clock offset\n",
		       say_count(tally->test_clock));
}

static int report(const struct cli *cli, const struct words *words, const struct tally *tally,
		  const struct verify_anchors *anchors, const struct finding *finding)
{
	char where[80] = "", when[TIME_TEXT_LEN];
	int len;

	if (cli->json)
		report_json(words, tally, anchors, finding);
	else
		report_text(words, tally, anchors, finding);
	if (!finding->word)
		return CLI_OK;
	if (finding->has_batch) {
		time_text_utc(finding->epoch, when);
		snprintf(where, sizeof(where), "batch %llu of epoch %s: ", finding->number, when);
	}
	len = (int)strlen(finding->sentence);
	len -= len && finding->sentence[len - 1] == '.';
	return say_failure(CLI_REFUSED, "%.600s at offset %llu: %s%s: %.*s%s%s", finding->file, finding->offset, where,
			   finding->word, len, finding->sentence, finding->detail[0] ? "; " : "", finding->detail);
}

static int add_key(struct words *words, const char *option, const char *value)
{
	struct key_file_error error;
	u8 *key;

	if (words->key_count == KEYS_MAX)
		return say_usage("verify", "at most %d keys can be given", KEYS_MAX);
	key = words->keys[words->key_count++];
	if (!strcmp(option, "--key"))
		return key_file_hex(value, key, VG_KEY_LEN)
			       ? say_usage("verify",
					   "--key takes a public key of 64 hex digits, as \"voltgate key\" shows it")
			       : CLI_OK;
	return key_file_read(value, key, VG_KEY_LEN, &error) ? say_failure(CLI_REFUSED, "%s", error.text) : CLI_OK;
}

static int take_words(int argc, char **argv, struct words *words)
{
	int at, status = CLI_OK;

	for (at = 1; at < argc && !status; at++) {
		bool key = !strcmp(argv[at], "--key") || !strcmp(argv[at], "--key-file");
		bool head = !strcmp(argv[at], "--head"), ledger = !strcmp(argv[at], "--ledger");

		if ((key || head || ledger) && at + 1 >= argc)
			return say_usage("verify", "%s needs a value after it", argv[at]);
		if (key) {
			status = add_key(words, argv[at], argv[at + 1]);
			at++;
		} else if (head) {
			words->has_head = true;
			if (key_file_hex(argv[++at], words->head, VG_HASH_LEN))
				return say_usage("verify", "--head takes a batch's hash of 64 hex digits");
		} else if (ledger) {
			words->ledger = argv[++at];
		} else if (argv[at][0] == '-' || words->log) {
			return say_usage("verify",
					 "\"%.60s\" is no word of verify (--key HEX, --key-file FILE, --head HEX, "
					 "--ledger FOLDER, one VERDICTLOG)",
					 argv[at]);
		} else {
			words->log = argv[at];
		}
	}
	if (!status && !words->log)
		return say_usage("verify", "verify needs a verdict log, a folder or one segment");
	return status;
}

/* The log, which is open, against itself and the anchors. */
static int verify_log(const struct cli *cli, const struct words *words, struct verdictlog_reader *reader,
		      struct verify_anchors *anchors)
{
	static struct finding finding;
	struct tally tally = { 0 };
	struct batch *batch = malloc(sizeof(*batch));

	if (!batch)
		return say_failure(CLI_REFUSED, "out of memory");
	walk(reader, words, batch, &tally, anchors, &finding);
	free(batch);
	return report(cli, words, &tally, anchors, &finding);
}

static int verify(const struct cli *cli, int argc, char **argv)
{
	static struct words words;
	static struct finding finding;
	struct verify_anchors anchors = { .count = 0 };
	struct verdictlog_error error = { "" };
	struct verdictlog_reader *reader;
	int status = take_words(argc, argv, &words), opened;

	if (status)
		return status;
	if (sodium_init() < 0)
		return say_failure(CLI_REFUSED, "libsodium cannot start on this system");
	if (words.ledger && verify_anchors_read(words.ledger, &anchors)) {
		status =
			say_failure(CLI_REFUSED, "the ledger in %.200s is no witness: %s", words.ledger, anchors.error);
		verify_anchors_free(&anchors);
		return status;
	}
	opened = verdictlog_reader_open(words.log, &reader, &error);
	if (opened == -EBADMSG) { /* a whole segment is missing */
		find_damage(&finding, &(struct chain){ .started = false }, words.log, 0, opened, error.text);
		status = report(cli, &words, &(struct tally){ 0 }, &anchors, &finding);
	} else if (opened) {
		status = say_failure(CLI_REFUSED, "%s", error.text);
	} else {
		status = verify_log(cli, &words, reader, &anchors);
		verdictlog_reader_close(reader);
	}
	verify_anchors_free(&anchors);
	return status;
}

const struct cli_command cmd_verify = {
	.name = "verify",
	.run = verify,
	.usage = "[--key HEX | --key-file FILE]... [--head HEX] [--ledger FOLDER] VERDICTLOG",
	.summary = "Check a stored verdict log offline",
	.help = "VERDICTLOG is a folder or one segment. Every batch's signature, Merkle root, number and link to the "
		"one\n"
		"before is checked; the first that is missing, altered or out of order is named with file, offset, "
		"epoch\n"
		"and number. --key pins the attestation keys that are accepted; without it each epoch's own is taken "
		"at its\n"
		"word, which shows that the log is whole, not who made it. --head names a batch by its hash that must "
		"be in the\n"
		"log, so that a tail cut off is noticed. --ledger does the same with every chain head that a stored "
		"ledger holds:\n"
		"FOLDER is a channel's (voltgate ledger verify audits it first); a log that was cut off or forked "
		"below an anchored\n"
		"batch is named. Chains that the log has nothing of are asked for only if --key names them. Exit "
		"status 0: all\n"
		"good, 2: not.",
	.verbs = NULL,
};
