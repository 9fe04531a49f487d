/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mode.h - the kinds of packets that voltgate-sim sends: one list.
 *
 * X(NAME, "word", reason that the gate must give, "what it sends")
 * The reason is the nominal one, for a gate with default policy to which the
 * vehicles' sessions were added. What is counted is what the shared core says
 * of the very packet (oracle.h); tests compare the two. REASON_BY_CORE: any
 * reason, the core decides alone. REASON_NONE: none, not for the gate.
 */
#ifndef VOLTGATE_SIM_MODE_H
#define VOLTGATE_SIM_MODE_H

#include "voltgate/reason.h"
#include "voltgate/types.h"

#define REASON_BY_CORE (-1)
#define REASON_NONE (-2)

#define MODES(X)                                                                                                     \
	X(ACCEPTED, "accepted", VG_ACCEPTED,                                                                         \
	  "packets of admitted vehicles: beacons, requests, meter readings, stops, ratings")                         \
	X(BEACON, "beacon", VG_ACCEPTED, "beacons of admitted vehicles")                                             \
	X(ACTION, "action", VG_ACCEPTED, "action packets of admitted vehicles")                                      \
	X(OVER_BUDGET, "over-budget", VG_OVER_BUDGET,                                                                \
	  "authentic packets beyond --session-burst, to a gate with session-rate 1")                                 \
	X(FORGED, "forged", VG_FORGED, "packets of admitted vehicles' sessions under a guessed key")                 \
	X(BIT_FLIP, "bit-flip", REASON_BY_CORE, "authentic packets with one bit flipped, anywhere")                  \
	X(REPLAY, "replay", VG_REPLAYED, "packets that were sent before, unaltered")                                 \
	X(OLD_SEQUENCE, "old-sequence", VG_REPLAYED, "authentic packets whose sequence fell out of the window")      \
	X(STALE, "stale", VG_STALE, "authentic packets generated long ago")                                          \
	X(FUTURE, "future", VG_FUTURE, "authentic packets dated into the future")                                    \
	X(UNKNOWN, "unknown", VG_UNKNOWN_SESSION, "packets of sessions that nobody added")                           \
	X(TRUNCATED, "truncated", VG_MALFORMED, "authentic packets cut short")                                       \
	X(OVERSIZED, "oversized", VG_MALFORMED, "packets longer than they say, or than any may be")                  \
	X(MALFORMED, "malformed", VG_MALFORMED, "packets with wrong version, type, zero field, session or sequence") \
	X(FRAGMENT, "fragment", VG_MALFORMED, "first IP fragments to the gate's port")                               \
	X(HELLO, "hello", VG_ACCEPTED, "hellos with a right mac1 and no cookie, each from another source")           \
	X(HELLO_NO_COOKIE, "hello-no-cookie", VG_BAD_COOKIE,                                                         \
	  "the same, to a gate that demands cookies (under-load 1)")                                                 \
	X(HELLO_COOKIE, "hello-cookie", VG_ACCEPTED,                                                                 \
	  "hellos with right mac1 and right cookie, each from another source")                                       \
	X(HELLO_BAD_COOKIE, "hello-bad-cookie", VG_BAD_COOKIE,                                                       \
	  "right mac1, wrong mac2, to a gate that demands cookies")                                                  \
	X(HELLO_BAD_MAC1, "hello-bad-mac1", VG_BAD_COOKIE, "hellos of those who do not know the gateway's key")      \
	X(FOREIGN, "foreign", REASON_NONE, "traffic that is not the gate's: other UDP ports, other protocols")       \
	X(ITS, "its", VG_ITS_HANDED, "ITS frames signed by certificates that the trust folder holds")                \
	X(ITS_ALTERED, "its-altered", VG_ITS_HANDED, "signed ITS frames with one bit of the content flipped")        \
	X(ITS_UNTRUSTED, "its-untrusted", VG_ITS_HANDED, "ITS frames signed under an authority nobody trusts")       \
	X(ITS_STALE, "its-stale", VG_ITS_STALE, "signed ITS frames generated long ago")                              \
	X(ITS_FUTURE, "its-future", VG_ITS_FUTURE, "signed ITS frames dated into the future")                        \
	X(ITS_DUPLICATE, "its-duplicate", VG_ITS_DUPLICATE, "signed ITS frames that were sent before")               \
	X(ITS_UNSIGNED, "its-unsigned", VG_ITS_UNSIGNED, "ITS frames without security")

enum mode {
#define MODE_ENUM(name, word, reason, help) MODE_##name,
	MODES(MODE_ENUM)
#undef MODE_ENUM
		MODE_COUNT
};

struct mode_info {
	const char *word;
	int reason; /* enum vg_reason, REASON_BY_CORE or REASON_NONE */
	const char *help;
};

extern const struct mode_info mode_infos[MODE_COUNT];

/* The mode of that word, or -1. */
int mode_find(const char *word, size_t len);
bool mode_is_hello(enum mode mode);
bool mode_is_its(enum mode mode);
/* What the agent says of an ITS frame of this mode that was handed to it. */
enum vg_reason mode_its_verdict(enum mode mode);
/* True if the gate counts such packets against the budget of a session, and they must stay within it. */
bool mode_spends(enum mode mode);

#endif
