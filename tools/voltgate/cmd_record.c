// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_record.c - voltgate record: one record of a verdict log shown by itself,
 * and such a proof checked offline by whoever has it and the attestation key (ledger/evidence.h, head to path).
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/charge/proofs.h"
#include "agent/gate_json.h"
#include "tools/voltgate/key_file.h"
#include "tools/voltgate/say.h"

#define LOG_PATH "/var/lib/voltgate/verdicts"
#define TEXT_MAX (2 * EVIDENCE_RECORD_MAX + 2)

static const char *const verbs[] = { "prove", "check", NULL };

/* --- prove --- */

struct prove_words {
	const char *log;
	u64 epoch, number;
	u32 index;
	bool has_epoch, has_place;
};

/* "12.3": batch and record, as voltgate verdicts shows them. */
static bool place_take(const char *text, struct prove_words *ret_words)
{
	unsigned long long number;
	unsigned int index;
	char rest;

	if (sscanf(text, "%llu.%u%c", &number, &index, &rest) != 2 || index >= VG_BATCH_MAX)
		return false;
	ret_words->number = number;
	ret_words->index = index;
	ret_words->has_place = true;
	return true;
}

static int prove_words_take(int argc, char **argv, struct prove_words *ret_words)
{
	char *end;
	int i;

	*ret_words = (struct prove_words){ .log = NULL };
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--epoch") && i + 1 < argc) {
			ret_words->epoch = strtoull(argv[++i], &end, 10);
			if (*end || end == argv[i])
				return say_usage("record",
						 "--epoch takes a Time64, as \"voltgate -j verdicts\" shows it");
			ret_words->has_epoch = true;
		} else if (argv[i][0] == '-') {
			return say_usage("record",
					 "\"%.60s\" is no word of record prove (--epoch TIME, BATCH.INDEX, one "
					 "VERDICTLOG)",
					 argv[i]);
		} else if (!ret_words->has_place) {
			if (!place_take(argv[i], ret_words))
				return say_usage("record",
						 "\"%.60s\" is no BATCH.INDEX, as \"voltgate verdicts\" shows it",
						 argv[i]);
		} else if (!ret_words->log) {
			ret_words->log = argv[i];
		} else {
			return say_usage("record", "record prove takes one verdict log");
		}
	}
	if (!ret_words->has_place)
		return say_usage("record", "say which record: BATCH.INDEX, as \"voltgate verdicts\" shows it");
	if (!ret_words->log)
		ret_words->log = LOG_PATH;
	return CLI_OK;
}

/* The batch asked for, of the epoch named or of the last that has one of this number. 1: found; 0; -errno. */
static int find_batch(struct verdictlog_reader *reader, const struct prove_words *words, struct batch *found,
		      struct verdictlog_error *ret_error)
{
	struct batch *batch = malloc(sizeof(*batch));
	int got = batch ? 1 : -ENOMEM, any = 0;

	while (got == 1 && (got = verdictlog_reader_next(reader, batch, ret_error)) == 1) {
		if (vg_be64(batch->seal.head.number) != words->number ||
		    (words->has_epoch && vg_be64(batch->seal.head.epoch) != words->epoch))
			continue;
		*found = *batch;
		any = 1;
	}
	free(batch);
	/* A torn tail is a writer at work: what stands before it is whole. */
	return got < 0 && got != -ENODATA ? got : any;
}

/* @batch's record as a proof in hex. */
static int encode_proof(const struct batch *batch, u32 index, char ret_text[TEXT_MAX])
{
	struct evidence evidence = { .index = (u16)index };
	struct proofs *proofs = proofs_new(1);
	u8 bytes[EVIDENCE_RECORD_MAX];
	struct proof proof;
	struct writer writer;
	int error = proofs ? proofs_keep(proofs, batch) : -ENOMEM;

	if (!error)
		error = proofs_find(proofs, &batch->seal.head, index, &proof);
	if (!error) {
		evidence.head = proof.head;
		memcpy(evidence.signature, proof.signature, sizeof(evidence.signature));
		memcpy(evidence.salt, proof.salt, sizeof(evidence.salt));
		evidence.record = batch->records[index];
		evidence.path = proof.path;
		evidence.path_len = proof.path_len;
		writer_init(&writer, bytes, sizeof(bytes));
		evidence_record_encode(&writer, &evidence);
		sodium_bin2hex(ret_text, TEXT_MAX, bytes, writer_len(&writer));
	}
	proofs_free(proofs);
	return error;
}

static int prove_found(const struct cli *cli, const struct batch *batch, u32 index)
{
	char text[TEXT_MAX];
	json_t *object;

	if (index >= vg_be32(batch->seal.head.count))
		return say_failure(CLI_REFUSED, "the batch has %u records, the last is %u",
				   (unsigned int)vg_be32(batch->seal.head.count),
				   (unsigned int)vg_be32(batch->seal.head.count) - 1);
	if (encode_proof(batch, index, text))
		return say_failure(CLI_REFUSED, "out of memory");
	if (cli->json) {
		object = gate_json_record(&batch->seal.head, index, &batch->records[index]);
		json_object_set_new(object, "proof", json_string(text));
		return say_json(object);
	}
	puts(text);
	return say_done(CLI_OK);
}

static int prove(const struct cli *cli, int argc, char **argv)
{
	struct verdictlog_error error = { "" };
	struct verdictlog_reader *reader;
	struct prove_words words;
	struct batch *found;
	int status = prove_words_take(argc, argv, &words), got;

	if (status)
		return status;
	if (verdictlog_reader_open(words.log, &reader, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	found = malloc(sizeof(*found));
	got = found ? find_batch(reader, &words, found, &error) : -ENOMEM;
	verdictlog_reader_close(reader);
	if (got == 1)
		status = prove_found(cli, found, words.index);
	else if (!got)
		status = say_failure(CLI_REFUSED, "the log has no batch %llu%s", (unsigned long long)words.number,
				     words.has_epoch ? " in that epoch" : "");
	else
		status = say_failure(CLI_REFUSED, "%s", error.text[0] ? error.text : "out of memory");
	free(found);
	return status;
}

/* --- check --- */

struct check_words {
	const char *proof, *packet;
	u8 key[VG_KEY_LEN];
	bool pinned;
};

static int check_words_take(int argc, char **argv, struct check_words *ret_words)
{
	int i;

	*ret_words = (struct check_words){ .proof = NULL };
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--key") && i + 1 < argc) {
			if (key_file_hex(argv[++i], ret_words->key, VG_KEY_LEN))
				return say_usage("record",
						 "--key takes a public key of 64 hex digits, as \"voltgate key\" "
						 "shows it");
			ret_words->pinned = true;
		} else if (!strcmp(argv[i], "--packet") && i + 1 < argc) {
			ret_words->packet = argv[++i];
		} else if ((argv[i][0] == '-' && argv[i][1]) || ret_words->proof) {
			return say_usage("record",
					 "\"%.60s\" is no word of record check (--key HEX, --packet FILE, one file "
					 "with a proof)",
					 argv[i]);
		} else {
			ret_words->proof = argv[i];
		}
	}
	return ret_words->proof
		       ? CLI_OK
		       : say_usage("record", "record check takes a file with a proof; \"-\" is standard input");
}

/* At most @size bytes of @path ("-": standard input). Length, -E2BIG, -errno. */
static long file_take(const char *path, void *ret_bytes, size_t size)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "r") : stdin;
	size_t len;
	char more;
	long result;

	if (!file)
		return -errno;
	len = fread(ret_bytes, 1, size, file);
	result = ferror(file) ? -EIO : fread(&more, 1, 1, file) ? -E2BIG : (long)len;
	if (file != stdin)
		fclose(file);
	return result;
}

static int proof_take(const char *path, u8 bytes[EVIDENCE_RECORD_MAX], struct evidence *ret_evidence)
{
	char text[TEXT_MAX];
	size_t len = 0;
	const char *end;
	long got = file_take(path, text, sizeof(text) - 1);

	if (got < 0 && got != -E2BIG)
		return say_failure(CLI_REFUSED, "%.200s cannot be read: %s", path, strerror((int)-got));
	if (got >= 0)
		text[got] = 0;
	if (got < 0 || sodium_hex2bin(bytes, EVIDENCE_RECORD_MAX, text, (size_t)got, "\n\r \t", &len, &end) || *end ||
	    evidence_record_decode((struct span){ bytes, len }, ret_evidence))
		return say_failure(CLI_REFUSED,
				   "%.200s holds no proof of a record, as \"voltgate record prove\" writes it", path);
	return CLI_OK;
}

/* NULL: it proves; else what is wrong. */
static const char *judge(const struct check_words *words, const struct evidence *evidence)
{
	static const u8 zeros[3];

	if (words->pinned && memcmp(words->key, evidence->head.attestor, VG_KEY_LEN))
		return "it is signed by another key than the one given";
	if (crypto_sign_ed25519_verify_detached(evidence->signature, (const u8 *)&evidence->head,
						sizeof(evidence->head), evidence->head.attestor))
		return "its attestation key did not sign this batch";
	if (!evidence_holds(evidence))
		return "the record does not lie in the batch at this place";
	if (evidence->record.grade != evidence->head.grade || memcmp(evidence->record.zero, zeros, sizeof(zeros)))
		return "the record is none by the format";
	return NULL;
}

static int judge_packet(const struct check_words *words, const struct evidence *evidence)
{
	u8 packet[VG_VID_MAX], digest[VG_HASH_LEN];
	long got = file_take(words->packet, packet, sizeof(packet));

	if (got < 0)
		return say_failure(CLI_REFUSED, "%.200s cannot be read as a packet: %s", words->packet,
				   strerror((int)-got));
	if (!evidence_digest((struct span){ packet, (size_t)got }, digest))
		return say_failure(CLI_REFUSED, "this system's OpenSSL has no BLAKE2s-256");
	if (memcmp(digest, evidence->record.digest, sizeof(digest)))
		return say_failure(CLI_REFUSED, "the record is of another packet than the one in %.200s",
				   words->packet);
	return CLI_OK;
}

static int tell(const struct cli *cli, const struct check_words *words, const struct evidence *evidence)
{
	json_t *object = gate_json_record(&evidence->head, evidence->index, &evidence->record);
	char key[65];

	sodium_bin2hex(key, sizeof(key), evidence->head.attestor, VG_KEY_LEN);
	json_object_set_new(object, "attestor", json_string(key));
	json_object_set_new(object, "pinned", json_boolean(words->pinned));
	json_object_set_new(object, "good", json_true());
	if (cli->json)
		return say_json(object);
	printf("good: %s of session %s at %s, batch %lld.%u, %s\n", json_string_value(json_object_get(object, "kind")),
	       json_string_value(json_object_get(object, "session")),
	       json_string_value(json_object_get(object, "time_utc")),
	       (long long)json_integer_value(json_object_get(object, "number")), evidence->index,
	       json_string_value(json_object_get(object, "grade")));
	say_hex("signed by", evidence->head.attestor, VG_KEY_LEN);
	say_hex("digest", evidence->record.digest, VG_HASH_LEN);
	if (!words->pinned)
		printf("no key was given: whose key this is was not asked; --key HEX pins it\n");
	if ((evidence->record.flags | evidence->head.flags) & VG_RECORD_FLAG_TEST_CLOCK)
		printf("TEST CLOCK: it was made under a test-only clock offset\n");
	json_decref(object);
	return say_done(CLI_OK);
}

static int check(const struct cli *cli, int argc, char **argv)
{
	u8 bytes[EVIDENCE_RECORD_MAX];
	struct evidence evidence;
	struct check_words words;
	const char *wrong;
	int status = check_words_take(argc, argv, &words);

	if (!status && sodium_init() < 0)
		status = say_failure(CLI_REFUSED, "libsodium cannot start on this system");
	if (!status)
		status = proof_take(words.proof, bytes, &evidence);
	if (status)
		return status;
	wrong = judge(&words, &evidence);
	if (wrong)
		return say_failure(CLI_REFUSED, "%.200s proves nothing: %s", words.proof, wrong);
	if (words.packet)
		status = judge_packet(&words, &evidence);
	return status ? status : tell(cli, &words, &evidence);
}

static int record(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return say_usage("record", "say what to do: prove or check");
	if (!strcmp(argv[1], "prove"))
		return prove(cli, argc - 1, argv + 1);
	if (!strcmp(argv[1], "check"))
		return check(cli, argc - 1, argv + 1);
	return say_unknown("record", "verb of record (prove, check)", argv[1], verbs);
}

const struct cli_command cmd_record = {
	.name = "record",
	.run = record,
	.usage = "prove BATCH.INDEX [--epoch TIME] [VERDICTLOG]\ncheck FILE [--key HEX] [--packet FILE]",
	.summary = "Prove one record of the verdict log; check such a proof offline",
	.help = "prove writes one line of hex: the record, its salt and Merkle path, and its batch's signed head. It "
		"shows that\n"
		"record and no other. BATCH.INDEX is as \"voltgate verdicts\" shows it; --epoch where several epochs "
		"have such a batch\n"
		"(else the last one). VERDICTLOG is a folder or one segment (default " LOG_PATH ").\n"
		"check reads such a line (\"-\": standard input), checks path and signature, and shows the record. "
		"--key pins the\n"
		"attestation key; --packet checks that it is this packet that was admitted. An alarm's line is what\n"
		"misbehaviour.alarms takes. Exit status 0: it proves, 2: it does not.",
	.verbs = verbs,
};
