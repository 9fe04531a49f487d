/* SPDX-License-Identifier: GPL-2.0 */
/*
 * payload.h - what goes between a vehicle and a gateway once there is a
 * session: sealed actions and their answers (PROTOCOL.md E1, E5). Pure; used by the vehicle library and the agent.
 *
 *   action's payload (types 17 to 20) = commitment 32, then under the action key, nonce four zeros and the VID's
 *     sequence, additional data the VID's header and the commitment:
 *       action salt 16, mandate 108, mandate's signature 64, proposal span16, zeros up to a multiple of 64 bytes
 *     commitment = hash(ACTION: action salt, proposal): evidence_commitment()
 *   answer's payload (type 4; session 0, sequence = the answer's own count, generated 0, tag zeros) = under the answer
 *     key, nonce four zeros and that count, additional data the VID's header:
 *       sequence answered u64, stage u8, outcome u8, block u64, index u32, text span16, zeros up to a multiple of 64
 */
#ifndef VOLTGATE_HANDSHAKE_PAYLOAD_H
#define VOLTGATE_HANDSHAKE_PAYLOAD_H

#include "agent/handshake/session_keys.h"
#include "ledger/cursor.h"
#include "ledger/hash.h"
#include "ledger/mandate.h"
#include "voltgate/vid.h"

#define ACTION_SALT_LEN 16
#define ACTION_BLOCK 64 /* sealed bytes come in multiples of this */
/* An action's proposal is at most so long. */
#define ACTION_PROPOSAL_MAX                                                                                       \
	((VG_VID_PAYLOAD_MAX - LEDGER_HASH_LEN - NOISE_TAG_LEN) / ACTION_BLOCK * ACTION_BLOCK - ACTION_SALT_LEN - \
	 MANDATE_LEN - MANDATE_SIGNATURE_LEN - 2)
#define ANSWER_TEXT_MAX ((VG_VID_PAYLOAD_MAX - NOISE_TAG_LEN) / ACTION_BLOCK * ACTION_BLOCK - 24)
#define ANSWER_LEN_MAX VG_VID_MAX

struct action_request {
	u8 salt[ACTION_SALT_LEN]; /* fresh random bytes */
	struct mandate mandate;
	u8 mandate_signature[MANDATE_SIGNATURE_LEN];
	struct span proposal; /* encoded */
};

enum answer_stage { ANSWER_REFUSED = 1, ANSWER_ENDORSED = 2, ANSWER_COMMITTED = 3 };

struct answer {
	u64 sequence; /* of the action answered */
	u8 stage;     /* enum answer_stage */
	u8 outcome;   /* ledger/outcome.h */
	u64 block;
	u32 index;
	struct span text; /* sentence, or the contract's result; bytes, not ended by 0 */
};

/*
 * The whole VID of an action, tag included, under @keys. @fields: session, sequence, generated, type (payload_len is
 * set here). Its length; -EMSGSIZE: the proposal is longer than ACTION_PROPOSAL_MAX; -EINVAL: not an action's type.
 */
int action_seal(const struct session_keys *keys, struct vg_vid_fields *fields, const struct action_request *request,
		u8 ret_vid[VG_VID_MAX]);
/*
 * Opens @vid, of which a verdict says that its tag is right. @plain: room for VG_VID_PAYLOAD_MAX bytes, which
 * @ret_request's proposal points into (the caller wipes it). 0; -EBADMSG: not an action by structure, sealed under
 * another key or for another packet, or it does not hold what it commits to.
 */
int action_open(const struct session_keys *keys, const u8 *vid, size_t len, u8 *plain,
		struct action_request *ret_request);

/* The whole VID; its length, or -EMSGSIZE: the text is longer than ANSWER_TEXT_MAX. @count: from 1, never twice. */
int answer_seal(const struct session_keys *keys, u64 count, const struct answer *answer, u8 ret_vid[ANSWER_LEN_MAX]);
/* As action_open(). @ret_count: the answer's own count; whoever gets it twice ignores it. */
int answer_open(const struct session_keys *keys, const void *vid, size_t len, u8 *plain, u64 *ret_count,
		struct answer *ret_answer);

#endif
