// SPDX-License-Identifier: GPL-2.0
/* action.c - see action.h. */
#include <sodium.h>

#include "tests/txn/action.h"

#define SEALED_TAG_LEN 16

void action_mandate(struct evidence *evidence, const u8 channel[32], const u8 wallet[32], const u8 secret[64], u64 now)
{
	u8 hash[LEDGER_HASH_LEN];

	evidence->mandate = (struct mandate){ .tariff = 1,
					      .price = 20000,
					      .energy = 100000,
					      .nonce = vg_be64(evidence->record.session),
					      .issued = now,
					      .expires = now + ACTION_MANDATE_S * 1000000ULL };
	memset(evidence->mandate.station, 5, sizeof(evidence->mandate.station));
	evidence_mandate_hash(evidence, channel, wallet, hash);
	crypto_sign_detached(evidence->mandate_signature, NULL, hash, sizeof(hash), secret);
}

void action_packet(struct evidence *evidence, struct span proposal, u8 vid[VG_VID_MAX])
{
	size_t sealed = EVIDENCE_ACTION_SALT_LEN + MANDATE_LEN + MANDATE_SIGNATURE_LEN + proposal.len, payload;
	struct vg_vid *header = (struct vg_vid *)vid;

	payload = LEDGER_HASH_LEN + (sealed + 63) / 64 * 64 + SEALED_TAG_LEN;
	if (payload > VG_VID_PAYLOAD_MAX)
		payload = VG_VID_PAYLOAD_MAX; /* tests also use proposals that no packet holds */
	memset(vid, 0, VG_VID_OVERHEAD + payload);
	header->version = VG_VID_VERSION;
	header->type = evidence->record.type;
	header->payload_len = vg_be16(payload);
	header->session = evidence->record.session;
	header->sequence = evidence->record.sequence;
	header->generated = evidence->record.time;
	memset(evidence->action_salt, 7, sizeof(evidence->action_salt));
	evidence_commitment(evidence->action_salt, proposal, header->payload);
	evidence->vid = (struct span){ vid, VG_VID_OVERHEAD + payload };
	evidence_digest(evidence->vid, evidence->record.digest);
}
