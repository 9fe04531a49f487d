/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reason.h - why a packet was let in or refused: one list for all.
 *
 * The word is the same in counters, netlink, the CLI, JSON and metrics. The
 * numbers are part of the signed verdict record, so an entry is never moved
 * or removed; new ones are added at the end.
 *
 * X(NAME, "word", "sentence part that completes 'the packet was refused because ...'")
 */
#ifndef VOLTGATE_REASON_H
#define VOLTGATE_REASON_H

#define VG_REASONS(X)                                                                                               \
	X(ACCEPTED, "accepted", "it is authentic and fresh (not a refusal)")                                        \
	X(MALFORMED, "malformed", "its structure is not that of any packet we accept")                              \
	X(UNKNOWN_SESSION, "unknown-session", "no session has its id")                                              \
	X(EXPIRED, "expired", "its session has expired")                                                            \
	X(REVOKED, "revoked", "its session was revoked")                                                            \
	X(STALE, "stale", "it was generated too long ago")                                                          \
	X(FUTURE, "future", "its generation time lies in the future")                                               \
	X(REPLAYED, "replayed", "its sequence number was seen before or fell out of the window")                    \
	X(FORGED, "forged", "its tag is wrong")                                                                     \
	X(OVER_BUDGET, "over-budget", "its sender spent the budget it has")                                         \
	X(DENIED, "denied", "its source is on the deny list")                                                       \
	X(BAD_COOKIE, "bad-cookie", "its handshake proof (mac1 or cookie) is wrong or missing")                     \
	X(BACKLOG, "backlog", "no record slot was free because verdicts wait for the agent")                        \
	X(INTERNAL, "internal", "the gate itself could not decide")                                                 \
	X(ITS_HANDED, "its-handed", "it went to the agent for its signature (not a refusal)")                       \
	X(ITS_MALFORMED, "its-malformed", "it is not a well-formed secured ITS frame")                              \
	X(ITS_UNSIGNED, "its-unsigned", "it carries no signature")                                                  \
	X(ITS_STALE, "its-stale", "it was generated too long ago")                                                  \
	X(ITS_FUTURE, "its-future", "its generation time lies in the future")                                       \
	X(ITS_DUPLICATE, "its-duplicate", "the same frame was seen before")                                         \
	X(ITS_OVER_BUDGET, "its-over-budget", "the budget for frames of its kind is spent")                         \
	X(ITS_FORGED, "its-forged", "its signature is wrong")                                                       \
	X(ITS_UNKNOWN_SIGNER, "its-unknown-signer", "the certificate it names never came")                          \
	X(ITS_UNTRUSTED, "its-untrusted", "no trusted authority issued its certificate")                            \
	X(ITS_BAD_CERTIFICATE, "its-bad-certificate", "its certificate is expired, not permitted for it, or wrong") \
	X(ITS_UNSUPPORTED, "its-unsupported", "it uses an algorithm or option that we do not support")

enum vg_reason {
#define VG_REASON_ENUM(name, word, sentence) VG_##name,
	VG_REASONS(VG_REASON_ENUM)
#undef VG_REASON_ENUM
		VG_REASON_COUNT
};

#ifndef __bpf__
/* The word for @reason; "?" outside the list. Any context. */
static inline const char *vg_reason_word(unsigned int reason)
{
	static const char *const words[] = {
#define VG_REASON_WORD(name, word, sentence) word,
		VG_REASONS(VG_REASON_WORD)
#undef VG_REASON_WORD
	};
	return reason < VG_REASON_COUNT ? words[reason] : "?";
}
#endif

#endif
