/* SPDX-License-Identifier: GPL-2.0 */
/*
 * membership.h - a channel's configuration: who belongs to it, who orders, what
 * it takes for a transaction to be valid. It is a value of the state (key
 * "c"), set by the genesis and by config transactions that the regulator signed. Pure.
 *
 * configuration = "VGCONF01", name span16, seed 32, sequence u32, epoch u64,
 *                 regulators u8, needed u8, regulators' keys 32 each,
 *                 organisations u8, each: name span16, authority 32,
 *                 nodes u16, each: key 32, organisation u16, roles u8, name span16, address span16,
 *                 collections u8, each: name span16, organisations u32, purge blocks u64,
 *                 parameters u8, u64 each
 * update        = previous configuration's sequence u32 (must be the present one's), then the whole new
 *                 configuration; signed as hash(CONFIG: channel, update)
 * The encoding is canonical: decoding and encoding again gives the same bytes.
 *
 * Organisations keep their index for ever, since credentials name it. One that has left has an authority of
 * zeros: it has no nodes, and its keys count as revoked.
 * The epoch is raised by one exactly if the replica set changes, or a parameter that a consensus core holds for
 * its whole epoch (from batch-transactions on).
 */
#ifndef VOLTGATE_LEDGER_MEMBERSHIP_H
#define VOLTGATE_LEDGER_MEMBERSHIP_H

#include "ledger/block.h"

#define MEMBERSHIP_NAME_MAX 32 /* letters, digits, '-', '.'; no zero at the end in the encoding */
#define MEMBERSHIP_ADDRESS_MAX 96
#define MEMBERSHIP_ORGANISATIONS_MAX 32
#define MEMBERSHIP_NODES_MAX 128
#define MEMBERSHIP_COLLECTIONS_MAX 32
#define MEMBERSHIP_REGULATORS_MAX 8
#define MEMBERSHIP_BYTES_MAX (64 * 1024)
#define MEMBERSHIP_UPDATE_MAX (4 + MEMBERSHIP_BYTES_MAX)

enum membership_role {
	MEMBERSHIP_REPLICA = 1, /* orders: votes in consensus */
	MEMBERSHIP_ENDORSER = 2,
	/* neither: keeps the ledger only */
};

struct membership_organisation {
	char name[MEMBERSHIP_NAME_MAX + 1];
	u8 authority[32]; /* Ed25519 public key of its CA: signs TLS certificates, enrolments and revocations */
};

struct membership_node {
	u8 key[32]; /* Ed25519: votes, endorsements and its TLS certificate */
	u16 organisation;
	u8 roles;
	char name[MEMBERSHIP_NAME_MAX + 1];
	char address[MEMBERSHIP_ADDRESS_MAX + 1]; /* host:port */
};

struct membership_collection {
	char name[MEMBERSHIP_NAME_MAX + 1];
	u32 organisations; /* bit per organisation entitled */
	u64 purge_blocks;  /* private data is forgotten so many blocks after its commit; 0: never */
};

/* X(NAME, word, default, least, most, "meaning") in the order of the encoding, u64 each */
#define MEMBERSHIP_PARAMETERS(X)                                                                                       \
	X(ENDORSING_ORGANISATIONS, "endorsing-organisations", 2, 0, 32,                                                \
	  "organisations that must endorse a transaction")                                                             \
	X(OPEN_REQUESTS, "open-requests", 0, 0, 1, "1: requests without contract and signature are ordered")           \
	X(EVIDENCE, "evidence", 0, 0, 1, "1: a signed verdict may stand for the client's signature")                   \
	X(EVIDENCE_AGE_S, "evidence-age-s", 60, 1, 3600, "oldest verdict taken, by block time")                        \
	X(GRADES, "grades", 3, 1, 3, "verdict grades taken: 1 plain, 2 attested, 3 both")                              \
	X(TRANSACTION_LIFE_S, "transaction-life-s", 600, 10, 86400, "furthest expiry of a transaction, by block time") \
	X(BETA_MILLI, "beta-milli", 1000, 0, 1000000, "beta of paper eq. (1), in thousandths")                         \
	X(RATING_ALPHA_MILLI, "rating-alpha-milli", 10000, 1001, 1000000, "alpha of paper eq. (3), in thousandths")    \
	X(RATING_SCALED, "rating-scaled", 0, 0, 1,                                                                     \
	  "1: a score counts as fifths in eq. (3); 0: as the paper prints it")                                         \
	X(CREDIT_THRESHOLD_MILLI, "credit-threshold-milli", 1000, 0, 2000,                                             \
	  "credit of eq. (2) that lets in and charges, thousandths above -1")                                          \
	X(TIME_ZONE_MIN, "time-zone-min", 1200, 0, 1560, "time zone of tariffs, minutes east of UTC plus 720")         \
	X(RESERVATION_S, "reservation-s", 900, 1, 86400, "how long a charger is kept for who reserved it")             \
	X(SESSION_IDLE_S, "session-idle-s", 3600, 1, 604800, "silence after which an operator may close by the meter") \
	X(HEARTBEAT_S, "heartbeat-s", 10, 1, 3600, "a gateway anchors its verdict chain at least so often")            \
	X(MAX_SPEED_KMH, "max-speed-kmh", 250, 1, 10000, "faster between two places than any vehicle: misbehaviour")   \
	X(BATCH_TRANSACTIONS, "batch-transactions", 2000, 1, 65535, "most transactions of a block")                    \
	X(BATCH_BYTES, "batch-bytes", 2097152, 65536, 8388608, "most bytes of a block's body")                         \
	X(BATCH_WAIT_US, "batch-wait-us", 2000, 0, 1000000, "longest a request waits for company")                     \
	X(WINDOW, "window", 32, 4, 256, "blocks between the watermarks")                                               \
	X(CHECKPOINT_BLOCKS, "checkpoint-blocks", 16, 1, 128, "blocks between checkpoints, at most half the window")   \
	X(REQUEST_TIMEOUT_MS, "request-timeout-ms", 400, 20, 60000, "a request's patience with the primary")           \
	X(VIEW_TIMEOUT_MS, "view-timeout-ms", 800, 20, 60000, "first patience with a view change; doubled each time")  \
	X(TIME_SKEW_MS, "time-skew-ms", 2000, 100, 60000, "a proposal's time may differ so much from a replica's clock")

enum membership_parameter {
#define MEMBERSHIP_PARAMETER_ENUM(name, word, value, least, most, meaning) MEMBERSHIP_##name,
	MEMBERSHIP_PARAMETERS(MEMBERSHIP_PARAMETER_ENUM)
#undef MEMBERSHIP_PARAMETER_ENUM
		MEMBERSHIP_PARAMETER_COUNT
};

struct membership {
	char name[MEMBERSHIP_NAME_MAX + 1]; /* the channel's, for people */
	u8 seed[32];			    /* random, of the genesis: makes the channel's id and keys its buckets */
	u32 sequence;			    /* 0 in the genesis */
	u64 epoch;			    /* raised by one whenever consensus must begin anew, see above */
	u32 regulator_count, regulators_needed;
	u8 regulators[MEMBERSHIP_REGULATORS_MAX][32];
	u32 organisation_count;
	struct membership_organisation organisations[MEMBERSHIP_ORGANISATIONS_MAX];
	u32 node_count;
	struct membership_node nodes[MEMBERSHIP_NODES_MAX]; /* ascending by key: replicas are numbered in this order */
	u32 collection_count;
	struct membership_collection collections[MEMBERSHIP_COLLECTIONS_MAX];
	u64 parameters[MEMBERSHIP_PARAMETER_COUNT];
};

struct membership_error {
	char text[256];
};

void membership_defaults(struct membership *ret_membership);
/* All limits, order, references between parts, at least 4 replicas. -EINVAL with a sentence. */
int membership_check(const struct membership *membership, struct membership_error *ret_error);
void membership_encode(struct writer *writer, const struct membership *membership);
/* -EBADMSG; what it gives has passed membership_check(). */
int membership_decode(struct span bytes, struct membership *ret_membership);
/* May @next follow @present? Sequence, seed, name, organisations' places, open requests not let in again, and the epoch
 * as said above. -EINVAL. */
int membership_follows(const struct membership *present, const struct membership *next,
		       struct membership_error *ret_error);
/* The update that makes @next of the configuration with sequence @previous; the genesis' previous is 0. */
void membership_update_encode(struct writer *writer, u32 previous, const struct membership *next);
int membership_update_decode(struct span update, u32 *ret_previous, struct membership *ret_next); /* 0, -EBADMSG */
/* What regulators sign. */
void membership_update_hash(const u8 channel[32], struct span update, u8 ret_hash[32]);
/* Must consensus begin anew between the two: what the epoch counts. */
bool membership_renews(const struct membership *present, const struct membership *next);
/* Has organisation @index left the channel? */
bool membership_organisation_left(const struct membership *membership, u32 index);
const char *membership_parameter_word(enum membership_parameter parameter);
void membership_channel_id(const struct membership *genesis, u8 ret_id[32]);
void membership_replicas_hash(const struct membership *membership, u8 ret_hash[32]);
u32 membership_replicas(const struct membership *membership);
/* The node that is replica @index, or NULL. */
const struct membership_node *membership_replica(const struct membership *membership, u32 index);
/* Index of the replica with @key, or -1; of the node, or -1; of the organisation by name, or -1. */
int membership_replica_index(const struct membership *membership, const u8 key[32]);
int membership_node_index(const struct membership *membership, const u8 key[32]);
int membership_organisation_index(const struct membership *membership, const char *name);

#endif
