/* SPDX-License-Identifier: GPL-2.0 */
/*
 * outcome.h - what became of a transaction, kept in the block beside it and
 * covered by the header. The words are the same in JSON, gRPC and metrics.
 */
#ifndef VOLTGATE_LEDGER_OUTCOME_H
#define VOLTGATE_LEDGER_OUTCOME_H

/* X(NAME, number, "word", "sentence") */
#define LEDGER_OUTCOMES(X)                                                                                  \
	X(VALID, 0, "valid", "It was carried out.")                                                         \
	X(MALFORMED, 1, "malformed", "It is not a transaction by the format.")                              \
	X(WRONG_CHANNEL, 2, "wrong-channel", "It names another channel.")                                   \
	X(DUPLICATE, 3, "duplicate", "The client's nonce was used before or lies behind its window.")       \
	X(EXPIRED, 4, "expired", "Its expiry lies before the block's time, or too far after it.")           \
	X(UNKNOWN_CLIENT, 5, "unknown-client", "No organisation of the channel enrolled its client.")       \
	X(REVOKED, 6, "revoked", "A key it depends on was revoked.")                                        \
	X(BAD_SIGNATURE, 7, "bad-signature", "A signature on it is wrong.")                                 \
	X(BAD_ENDORSEMENT, 8, "bad-endorsement", "An endorsement is wrong or not of an endorsing node.")    \
	X(POLICY_UNMET, 9, "policy-unmet", "Too few organisations endorsed it.")                            \
	X(CONFLICT, 10, "conflict", "A key it read was changed after the endorsers read it.")               \
	X(OUT_OF_RANGE, 11, "out-of-range", "A delta would take a value out of its range.")                 \
	X(NOT_ALLOWED, 12, "not-allowed", "The channel's policy does not admit it.")                        \
	X(BAD_EVIDENCE, 13, "bad-evidence", "Its evidence does not prove this request.")                    \
	X(STALE_EVIDENCE, 14, "stale-evidence", "Its evidence is older than the channel allows.")           \
	X(USED_EVIDENCE, 15, "used-evidence", "Its evidence worked before.")                                \
	X(UNKNOWN_ATTESTOR, 16, "unknown-attestor", "The attestation key is not enrolled on the channel.")  \
	X(GRADE_REFUSED, 17, "grade-refused", "The channel does not accept verdicts of this grade.")        \
	X(BAD_CONFIG, 18, "bad-config", "The configuration update does not follow from the present one.")   \
	X(OTHER_REQUEST, 19, "other-request", "Its evidence is of a packet that asked for something else.") \
	X(BAD_MANDATE, 20, "bad-mandate", "Its client gave this gate session no such mandate.")             \
	X(EXPIRED_MANDATE, 21, "expired-mandate", "The mandate it comes under has expired.")

enum ledger_outcome {
#define LEDGER_OUTCOME_ENUM(name, number, word, sentence) LEDGER_##name = number,
	LEDGER_OUTCOMES(LEDGER_OUTCOME_ENUM)
#undef LEDGER_OUTCOME_ENUM
		LEDGER_OUTCOME_COUNT
};

/* "?" outside the list. */
const char *ledger_outcome_word(unsigned int outcome);
const char *ledger_outcome_sentence(unsigned int outcome);

#endif
