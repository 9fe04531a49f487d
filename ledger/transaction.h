/* SPDX-License-Identifier: GPL-2.0 */
/*
 * transaction.h - a transaction as it is ordered, stored and hashed, decoded
 * into spans of its own bytes. Pure; allocates nothing. PROTOCOL.md section 8.
 *
 * transaction = kind u8 (enum transaction_kind), then by kind:
 *   open      client 32, nonce u64, payload span32
 *             (where the policy admits them; ordered, stored, counted once, changes no contract's state)
 *   invoke    proposal span32, authority, rwset span32, endorsement count u8, endorsements (each says its
 *             length itself)
 *   enrol     credential (credential.h), authority's signature 64
 *   revoke    credential, signature 64
 *   config    update span32 (membership.h), signature count u8, then each: regulator index u8 (ascending),
 *             signature 64
 * Nonces begin at 1.
 *
 * proposal  = channel 32, client 32 (Ed25519 public key), nonce u64, expires u64 (Time64, block time), contract span16,
 *             function span16, argument count u8, arguments span32 each,
 *             private hash 32 (hash of the private arguments, zeros if none)
 * authority = kind u8: 0 signature 64 over hash(CLIENT: channel, hash(PROPOSAL)); 1 evidence span16 (evidence.h)
 * rwset     = reads u16, each: key span16, version number u64, version index u32 (0, 0: the key was absent);
 *             writes u16, each: operation u8, key span16, then put: value span32; delete: nothing; delta: s64 amount,
 *             s64 least, s64 most (checked when applied: the sum stays within, else the transaction is invalid);
 *             rate: node 32, credibility s64, score u8 (what is there is a rating or absent, rating.h; the node's M
 *             and the channel's alpha count when applied);
 *             result span32 (what the contract answered)
 *             Keys are in ascending byte order within reads and within writes, none twice.
 * endorsement: see endorsement.h
 *
 * The proposal's hash names the transaction for its client; the transaction's hash is over all its bytes.
 */
#ifndef VOLTGATE_LEDGER_TRANSACTION_H
#define VOLTGATE_LEDGER_TRANSACTION_H

#include "ledger/cursor.h"
#include "ledger/hash.h"

#define TRANSACTION_MAX (256 * 1024) /* bytes */
#define TRANSACTION_ARGUMENTS_MAX 32
#define TRANSACTION_ENDORSEMENTS_MAX 32
#define TRANSACTION_KEYS_MAX 1024 /* reads, and writes */
#define TRANSACTION_KEY_MAX 512	  /* bytes of one state key */
#define TRANSACTION_KEY_LEN 32	  /* Ed25519 public key */
#define TRANSACTION_SIGNATURE_LEN 64
#define TRANSACTION_NAME_MAX 64		    /* bytes of a contract's or a function's name; a contract's has no 0 */
#define TRANSACTION_CONFIG_SIGNATURE_LEN 65 /* regulator index u8, signature 64; indexes ascend */

enum transaction_kind {
	TRANSACTION_OPEN = 1,
	TRANSACTION_INVOKE = 2,
	TRANSACTION_ENROL = 3,
	TRANSACTION_REVOKE = 4,
	TRANSACTION_CONFIG = 5,
};

enum transaction_authority { TRANSACTION_SIGNED = 0, TRANSACTION_EVIDENCE = 1 };

enum rwset_operation { RWSET_PUT = 1, RWSET_DELETE = 2, RWSET_DELTA = 3, RWSET_RATE = 4 };

#define RWSET_CREDIBILITY_MOST 1000000 /* R_v in millionths, and as much below zero */

struct proposal {
	struct span bytes; /* all of it */
	const u8 *channel, *client;
	u64 nonce, expires;
	struct span contract, function;
	u32 argument_count;
	struct span arguments[TRANSACTION_ARGUMENTS_MAX];
	const u8 *private_hash;
};

struct rwset_read {
	struct span key;
	u64 number; /* version: block */
	u32 index;  /* and transaction within it */
};

struct rwset_write {
	enum rwset_operation operation;
	struct span key, value;
	s64 amount, least, most; /* delta */
	const u8 *node;		 /* rate: 32, whose M of eq. (1) counts */
	s64 credibility;	 /* rate: R_v of who rates, millionths */
	u8 score;		 /* rate: W, 1 to 5 */
};

/* Walks a read/write set that rwset_decode() accepted. */
struct rwset {
	struct span bytes;
	u32 read_count, write_count;
	struct span reads, writes; /* encoded */
	struct span result;
};

struct transaction {
	enum transaction_kind kind;
	struct span bytes;
	const u8 *client; /* 32; whose nonce is spent: open's or the proposal's client; NULL: enrol, revoke, config */
	u64 nonce;
	struct span payload; /* open */
	struct proposal proposal;
	enum transaction_authority authority;
	const u8 *signature; /* 64: the client's, or the authority's of enrol and revoke */
	struct span evidence;
	struct rwset rwset;
	u32 endorsement_count;
	struct span endorsements[TRANSACTION_ENDORSEMENTS_MAX];
	struct span credential; /* enrol, revoke */
	struct span update;	/* config */
	struct span signatures; /* config: count times 65 bytes */
};

/* 0, or -EBADMSG: not a transaction by the format above (trailing bytes, disorder and duplicates included). */
int transaction_decode(const void *bytes, size_t len, struct transaction *ret_transaction);
int proposal_decode(const void *bytes, size_t len, struct proposal *ret_proposal);
int rwset_decode(const void *bytes, size_t len, struct rwset *ret_rwset);
/* May a rate say this: score and credibility within their limits? */
bool rwset_rate_valid(const struct rwset_write *rate);
/* Takes the next read or write off the front of @rest (first rwset.reads or .writes). False at the end. */
bool rwset_next_read(struct span *rest, struct rwset_read *ret_read);
bool rwset_next_write(struct span *rest, struct rwset_write *ret_write);

/* Each writes the encoding; a result that did not fit shows in @writer. */
void proposal_encode(struct writer *writer, const struct proposal *proposal);
void transaction_encode_open(struct writer *writer, const u8 client[32], u64 nonce, struct span payload);
void transaction_encode_invoke(struct writer *writer, const struct transaction *transaction);
void transaction_encode_credential(struct writer *writer, enum transaction_kind kind, struct span credential,
				   const u8 signature[64]);

/* @signatures: whole TRANSACTION_CONFIG_SIGNATURE_LEN pieces. */
void transaction_encode_config(struct writer *writer, struct span update, struct span signatures);

void transaction_hash(struct span bytes, u8 ret_hash[LEDGER_HASH_LEN]);
void proposal_hash(const struct proposal *proposal, u8 ret_hash[LEDGER_HASH_LEN]);
/* What a client signs, from the proposal's hash. */
void proposal_client_hash(const u8 channel[LEDGER_HASH_LEN], const u8 hash[LEDGER_HASH_LEN],
			  u8 ret_hash[LEDGER_HASH_LEN]);
/* What a client signs for @proposal. */
void proposal_signed_hash(const struct proposal *proposal, u8 ret_hash[LEDGER_HASH_LEN]);

#endif
