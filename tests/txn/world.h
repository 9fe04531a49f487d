/* SPDX-License-Identifier: GPL-2.0 */
/*
 * world.h - a small channel in memory for tests of transactions: four
 * organisations with a node each, two regulators, clients, an attestor; bodies
 * built by hand and carried out block by block. Every key follows from its name.
 */
#ifndef VOLTGATE_TESTS_TXN_WORLD_H
#define VOLTGATE_TESTS_TXN_WORLD_H

#include "ledger/credential.h"
#include "ledger/endorsement.h"
#include "ledger/evidence.h"
#include "ledger/execute.h"

#define WORLD_ORGANISATIONS 4
#define WORLD_START 700000000000000ULL /* Time64 of the genesis */
#define WORLD_SECOND 1000000ULL
#define WORLD_BODY_MAX (24 * 1024 * 1024)

struct world_key {
	u8 public[32], secret[64];
};

struct world {
	struct membership membership;
	u8 channel[32];
	struct world_key authority[WORLD_ORGANISATIONS], regulator[2],
		node[WORLD_ORGANISATIONS]; /* as membership's order */
	struct world_key client, other, attestor;
	struct state *state;
	struct verifier *verifier;
	struct proven *proven;
	u64 number, time; /* of the last block */
	u8 root[32];
	u8 *body;
	struct writer writer;
	u32 count;
	struct execute_result *result;
	u64 serial; /* the last one used for a credential */
};

/* What goes into a read/write set; keys in the order given. */
struct world_set {
	struct rwset_read reads[16];
	struct rwset_write writes[16];
	u32 read_count, write_count;
	const char *result;
};

/* An invoke transaction before it is bytes; world_draft() fills in what is right. */
struct world_draft {
	struct proposal proposal;
	u8 proposal_bytes[8192];
	const struct world_key *signer; /* of the proposal */
	struct span evidence;		/* instead */
	u8 rwset_bytes[65536];
	size_t rwset_len;
	u8 endorser_count;
	const struct world_key *endorsers[TRANSACTION_ENDORSEMENTS_MAX];
	u64 height;
	void (*spoil)(struct world_draft *draft, u32 index, struct endorsement *endorsement, u8 path[32 * 10],
		      u8 signature[64]); /* the endorsement before it is encoded */
	void (*spoil_client)(u8 signature[64]);
};

struct world_verdict { /* evidence before it is bytes */
	const struct world_key *attestor;
	struct vg_batch_head head;
	struct vg_record record;
	u32 count, index; /* of the batch; all other records are zeros */
	u8 salt_seed;
	struct evidence action; /* packet and mandate, made by world_verdict() */
	u8 vid[VG_VID_MAX];
};

struct world_key world_key(const char *name);
struct span world_text(const char *text);
void world_sign(const struct world_key *key, const void *message, size_t len, u8 ret_signature[64]);

/* @tune may change the genesis. State with the genesis and the clients client (0), other (1), and attestor (0) enrolled
 * (blocks 0 and 1). */
void world_open(struct world *world, void (*tune)(struct membership *genesis));
void world_close(struct world *world);
/* A context to judge in: the block after the last, @later_us after it. */
struct execute_context world_context(struct world *world, u64 later_us);

/* --- transactions --- */
void world_draft(struct world *world, struct world_draft *draft, const struct world_key *client, u64 nonce);
void world_set_encode(struct world_draft *draft, const struct world_set *set);
/* Sets proposal_bytes after changes to draft->proposal. */
void world_draft_encode(struct world_draft *draft);
size_t world_invoke(struct world *world, struct world_draft *draft, u8 *bytes, size_t size);
size_t world_credential(enum transaction_kind kind, const struct credential *credential, const struct world_key *signer,
			u8 *bytes, size_t size);
struct credential world_enrolment(struct world *world, const struct world_key *subject, u16 organisation, u8 role);
size_t world_config(struct world *world, u32 previous, const struct membership *next, u32 signers, u8 *bytes,
		    size_t size); /* @signers: bit set of regulators */
void world_verdict(struct world *world, struct world_verdict *verdict, struct world_draft *draft);
/* The packet anew, after the proposal, or the record's session, sequence or type, changed. */
void world_verdict_packet(struct world_verdict *verdict, struct world_draft *draft);
/* The mandate anew, by @wallet, after session, attestor or epoch changed. */
void world_verdict_mandate(struct world *world, struct world_verdict *verdict, const struct world_key *wallet);
/* After the verdict's fields are final: root and signature are made. */
size_t world_evidence(struct world_verdict *verdict, u8 bytes[EVIDENCE_MAX]);

/* --- blocks --- */
void world_add(struct world *world, const u8 *bytes, size_t len);
/* Carries the body out @later_us after the last block and commits it. world->result has the outcomes. */
void world_block(struct world *world, u64 later_us);
/* A block of this transaction alone, a second later: its outcome. */
enum ledger_outcome world_try(struct world *world, const u8 *bytes, size_t len);
enum ledger_outcome world_try_draft(struct world *world, struct world_draft *draft);
/* The committed value; -ENOENT. */
int world_get(struct world *world, struct span key, struct state_value *ret_value);
/* 'k' NAME 0 KEY in static memory, good until the eighth next call. */
struct span world_state_key(const char *contract, const char *key);
s64 world_counter(struct world *world, struct span key);

#endif
