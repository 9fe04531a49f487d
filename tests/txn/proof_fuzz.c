// SPDX-License-Identifier: GPL-2.0
/* proof_fuzz.c - any bytes as an endorsement, as evidence or as one record of a batch (first byte): read, written
 * again, climbed to the root. */
#include <stdlib.h>

#include "ledger/endorsement.h"
#include "ledger/evidence.h"

static void endorsement(struct span bytes)
{
	static const u8 zeros[32];
	u8 again[ENDORSEMENT_MAX], hash[32];
	struct endorsement endorsement;
	struct writer writer;

	if (endorsement_decode(bytes, &endorsement))
		return;
	writer_init(&writer, again, sizeof(again));
	endorsement_encode(&writer, &endorsement);
	if (writer_len(&writer) != bytes.len || memcmp(again, bytes.bytes, bytes.len))
		abort();
	endorsement_signed_hash(&endorsement, zeros, zeros, hash);
}

static void evidence(struct span bytes)
{
	u8 again[EVIDENCE_MAX];
	struct evidence evidence;
	struct writer writer;

	if (evidence_decode(bytes, &evidence))
		return;
	writer_init(&writer, again, sizeof(again));
	evidence_encode(&writer, &evidence);
	if (writer_len(&writer) != bytes.len || memcmp(again, bytes.bytes, bytes.len))
		abort();
	evidence_holds(&evidence);
	evidence_of_packet(&evidence);
	evidence_commits(&evidence, bytes);
}

static void record(struct span bytes)
{
	u8 again[EVIDENCE_RECORD_MAX];
	struct evidence evidence;
	struct writer writer;

	if (evidence_record_decode(bytes, &evidence))
		return;
	writer_init(&writer, again, sizeof(again));
	evidence_record_encode(&writer, &evidence);
	if (writer_len(&writer) != bytes.len || memcmp(again, bytes.bytes, bytes.len))
		abort();
	evidence_holds(&evidence);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	struct span rest = { bytes + 1, len - 1 };

	if (!len)
		return 0;
	switch (bytes[0] % 3) {
	case 0:
		endorsement(rest);
		break;
	case 1:
		evidence(rest);
		break;
	default:
		record(rest);
	}
	return 0;
}
