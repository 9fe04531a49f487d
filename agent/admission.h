/* SPDX-License-Identifier: GPL-2.0 */
/*
 * admission.h - may this wallet have a session at this gate? PROTOCOL.md N5,
 * judged on committed state alone: credential, enrolment, account, credit.
 *
 * Whoever asks counts: admission_count() of the reason that ended a hello, also of reasons that the handshake itself
 * finds (other-key, stale-hello). The words are the same in the log, JSON and metrics.
 */
#ifndef VOLTGATE_ADMISSION_H
#define VOLTGATE_ADMISSION_H

#include "ledger/credential.h"
#include "voltgate/types.h"

struct agent;

/* X(NAME, "word", "sentence") */
#define ADMISSION_REASONS(X)                                                                                   \
	X(ADMITTED, "admitted", "The wallet may have a session.")                                              \
	X(BAD_HELLO, "bad-hello", "It is no hello by the format, or was made for another gateway.")            \
	X(OTHER_KEY, "other-key", "The credential is of another key than the handshake's.")                    \
	X(STALE_HELLO, "stale-hello", "Its timestamp is old, or not above the last one of this wallet.")       \
	X(MALFORMED, "malformed", "The credential is none by the format, or not a client's.")                  \
	X(OTHER_CHANNEL, "other-channel", "The credential is for a channel that this gateway does not serve.") \
	X(BAD_SIGNATURE, "bad-signature", "The organisation's authority did not sign this credential.")        \
	X(EXPIRED, "expired", "The credential or the enrolment has expired.")                                  \
	X(NOT_ENROLLED, "not-enrolled", "No block enrolled this key for this organisation.")                   \
	X(REVOKED, "revoked", "The key was revoked.")                                                          \
	X(NO_ACCOUNT, "no-account", "The wallet has no account on the channel.")                               \
	X(SUSPENDED, "suspended", "The account is suspended.")                                                 \
	X(LOW_CREDIT, "low-credit", "The account's credit is below the channel's threshold.")                  \
	X(NO_LEDGER, "no-ledger", "The channel's ledger cannot be asked now.")                                 \
	X(NO_ROOM, "no-room", "The gate has no room for another session.")                                     \
	X(OVER_RATE, "over-rate", "Too many hellos of this source.")

enum admission_reason {
#define ADMISSION_ENUM(name, word, sentence) ADMISSION_##name,
	ADMISSION_REASONS(ADMISSION_ENUM)
#undef ADMISSION_ENUM
		ADMISSION_REASON_COUNT
};

struct admission {
	enum admission_reason reason;
	u8 channel[32], wallet[32];
	u16 organisation;
	u64 expires; /* Time64: of credential and enrolment, the earlier; 0: never */
};

struct admission_counts {
	u64 reasons[ADMISSION_REASON_COUNT];
};

/*
 * Judges a hello's credential (CREDENTIAL_LEN bytes) and its authority's @signature (64) at @now (Time64). The caller
 * has seen that the credential's subject is the handshake's static key. 0; -EACCES: no, -EAGAIN: the ledger cannot be
 * asked. @ret_admission->reason is set in any case, the rest with 0. Counts nothing.
 */
int admission_judge(struct agent *agent, const u8 credential[CREDENTIAL_LEN], const u8 signature[64], u64 now,
		    struct admission *ret_admission);
/*
 * May a session of @wallet, admitted earlier on @channel, go on? The same without the credit threshold: who falls below
 * it finishes what was begun. ADMISSION_ADMITTED, or why not.
 */
enum admission_reason admission_holds(struct agent *agent, const u8 channel[32], const u8 wallet[32], u64 now);

void admission_count(struct agent *agent, enum admission_reason reason);
const struct admission_counts *admission_counted(const struct agent *agent);
const char *admission_word(enum admission_reason reason);
const char *admission_sentence(enum admission_reason reason);

#endif
