/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hash.h - the ledger's one hash: BLAKE2b-256 (as libsodium's crypto_generichash)
 * over a domain byte and the data, so that no hash of one kind of thing can
 * be shown as the hash of another. Unkeyed. Any thread.
 */
#ifndef VOLTGATE_LEDGER_HASH_H
#define VOLTGATE_LEDGER_HASH_H

#include "voltgate/types.h"

#define LEDGER_HASH_LEN 32

/* X(NAME, byte, "what is hashed after the byte") */
#define LEDGER_DOMAINS(X)                                                                        \
	X(LEAF, 0x00, "Merkle leaf: transaction hash, outcome u8")                               \
	X(NODE, 0x01, "Merkle node: left, right (RFC 6962 shape)")                               \
	X(EMPTY, 0x02, "nothing: the root of no leaves")                                         \
	X(TRANSACTION, 0x10, "a transaction's bytes")                                            \
	X(PROPOSAL, 0x11, "a proposal's bytes")                                                  \
	X(RWSET, 0x12, "a read/write set's bytes")                                               \
	X(ENDORSEMENT, 0x13, "an endorsement's leaf, see endorsement.h")                         \
	X(ENDORSEMENT_ROOT, 0x14, "what an endorser signs: channel, root")                       \
	X(HEADER, 0x20, "a block header's bytes")                                                \
	X(REPLICAS, 0x21, "an encoded replica set")                                              \
	X(GENESIS, 0x22, "an encoded genesis configuration: its hash is the channel's id")       \
	X(BUCKET, 0x30, "a bucket of the state: its number, then its entries in key order")      \
	X(BUCKET_NODE, 0x31, "a node of the bucket tree: level, position, children")             \
	X(VALUE, 0x32, "one value of the state: version, bytes")                                 \
	X(VOTE, 0x40, "a consensus vote's statement")                                            \
	X(MESSAGE, 0x41, "any other signed consensus message")                                   \
	X(CREDENTIAL, 0x50, "an enrolment or revocation that an organisation's authority signs") \
	X(CONFIG, 0x51, "a configuration update that the regulator signs")                       \
	X(PRIVATE, 0x60, "private data: salt 16, then the value")                                \
	X(CLIENT, 0x61, "a client's signature: channel, proposal hash")                          \
	X(MANDATE, 0x70, "a mandate that a wallet signs, see mandate.h")                         \
	X(ACTION, 0x71, "an action's commitment: salt 16, proposal's bytes")                     \
	X(READING, 0x72, "a meter's signed reading, see agent/contract/reading.h")

enum ledger_domain {
#define LEDGER_DOMAIN_ENUM(name, byte, what) LEDGER_DOMAIN_##name = byte,
	LEDGER_DOMAINS(LEDGER_DOMAIN_ENUM)
#undef LEDGER_DOMAIN_ENUM
};

struct ledger_piece {
	const void *bytes;
	size_t len;
};

/* The hash of @domain and the concatenation of @count pieces. */
void ledger_hash(enum ledger_domain domain, const struct ledger_piece *pieces, size_t count,
		 u8 ret_hash[LEDGER_HASH_LEN]);
/* The same for one piece. */
void ledger_hash_bytes(enum ledger_domain domain, const void *bytes, size_t len, u8 ret_hash[LEDGER_HASH_LEN]);

/* One of many: hashed are the domain's byte, @head_len bytes of @head, then @bytes. */
struct ledger_message {
	u8 head[7];
	u8 head_len;
	const void *bytes;
	size_t len;
	u8 *ret_hash; /* LEDGER_HASH_LEN */
};

/*
 * The hashes of @count messages of one domain, several at a time where the processor can: three to five times as fast
 * as one after the other, best if they are about equally long. A hash may be written over what an earlier message, or
 * the same, was read from.
 */
void ledger_hash_many(enum ledger_domain domain, const struct ledger_message *messages, size_t count);

#endif
