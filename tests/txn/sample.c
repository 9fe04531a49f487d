// SPDX-License-Identifier: GPL-2.0
/*
 * sample.c - writes what the fuzzers begin with into a folder, from the world
 * that execute_fuzz.c opens: `sample FOLDER` fills FOLDER/{transaction_fuzz,...}.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/txn/world.h"

static struct world world;
static struct world_draft draft;
static u8 bytes[TRANSACTION_MAX], evidence[1 + EVIDENCE_MAX], body[TRANSACTION_MAX + 64];
static const char *folder;

static void save(const char *fuzzer, const char *name, const void *what, size_t len)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, fuzzer);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, fuzzer, name);
	file = fopen(path, "w");
	if (!file || fwrite(what, 1, len, file) != len || fclose(file)) {
		fprintf(stderr, "%s cannot be written.\n", path);
		exit(1);
	}
}

static void save_transaction(const char *name, size_t len)
{
	struct writer writer;

	save("txn_transaction_fuzz", name, bytes, len);
	writer_init(&writer, body, sizeof(body));
	writer_u32(&writer, 1);
	writer_span32(&writer, (struct span){ bytes, len });
	save("txn_execute_fuzz", name, body, writer_len(&writer));
}

static void save_record(struct world_verdict *verdict)
{
	static u8 bytes_of[EVIDENCE_MAX], record[1 + EVIDENCE_RECORD_MAX] = { 2 };
	struct evidence shown;
	struct writer writer;

	if (evidence_decode((struct span){ bytes_of, world_evidence(verdict, bytes_of) }, &shown))
		exit(1);
	writer_init(&writer, record + 1, EVIDENCE_RECORD_MAX);
	evidence_record_encode(&writer, &shown);
	save("txn_proof_fuzz", "record", record, 1 + writer_len(&writer));
}

static void save_invokes(void)
{
	struct world_set set = { .read_count = 1, .write_count = 4, .result = "r" };
	struct world_verdict verdict;
	struct transaction transaction;
	u8 proof[1 + ENDORSEMENT_MAX];
	size_t len;

	set.reads[0] = (struct rwset_read){ world_state_key("kv", "z"), 0, 0 };
	set.writes[0] = (struct rwset_write){ .operation = RWSET_PUT,
					      .key = world_state_key("kv", "a"),
					      .value = world_text("v") };
	set.writes[1] = (struct rwset_write){ .operation = RWSET_DELETE, .key = world_state_key("kv", "b") };
	set.writes[2] = (struct rwset_write){
		.operation = RWSET_DELTA, .key = world_state_key("kv", "c"), .amount = 3, .least = -9, .most = 9
	};
	set.writes[3] = (struct rwset_write){ .operation = RWSET_RATE,
					      .key = world_state_key("kv", "d"),
					      .node = world.node[0].public,
					      .credibility = 500000,
					      .score = 4 };
	world_draft(&world, &draft, &world.client, 1);
	world_set_encode(&draft, &set);
	len = world_invoke(&world, &draft, bytes, sizeof(bytes));
	save_transaction("signed", len);
	if (transaction_decode(bytes, len, &transaction))
		exit(1);
	proof[0] = 0;
	memcpy(proof + 1, transaction.endorsements[0].bytes, transaction.endorsements[0].len);
	save("txn_proof_fuzz", "endorsement", proof, 1 + transaction.endorsements[0].len);
	world_draft(&world, &draft, &world.other, 1);
	world_verdict(&world, &verdict, &draft);
	draft.evidence = (struct span){ evidence + 1, world_evidence(&verdict, evidence + 1) };
	evidence[0] = 1;
	save("txn_proof_fuzz", "evidence", evidence, 1 + draft.evidence.len);
	save_record(&verdict);
	save_transaction("evidence", world_invoke(&world, &draft, bytes, sizeof(bytes)));
}

int main(int argc, char **argv)
{
	struct membership next;
	struct credential credential;
	struct writer writer;

	if (argc != 2) {
		fprintf(stderr, "usage: sample FOLDER\n");
		return 1;
	}
	folder = argv[1];
	world_open(&world, NULL);
	save_invokes();
	writer_init(&writer, bytes, sizeof(bytes));
	transaction_encode_open(&writer, world.client.public, 2, world_text("load"));
	save_transaction("open", writer_len(&writer));
	credential = world_enrolment(&world, &world.regulator[0], 2, CREDENTIAL_CLIENT);
	save_transaction("enrol", world_credential(TRANSACTION_ENROL, &credential, &world.authority[2], bytes, 4096));
	credential = world_enrolment(&world, &world.other, 1, CREDENTIAL_CLIENT);
	save_transaction("revoke", world_credential(TRANSACTION_REVOKE, &credential, &world.regulator[0], bytes, 4096));
	next = world.membership;
	next.sequence++;
	next.parameters[MEMBERSHIP_BETA_MILLI] = 3;
	save_transaction("config", world_config(&world, 0, &next, 3, bytes, sizeof(bytes)));
	writer_init(&writer, bytes, sizeof(bytes));
	membership_encode(&writer, &world.membership);
	save("txn_membership_fuzz", "genesis", bytes, writer_len(&writer));
	world_close(&world);
	return 0;
}
