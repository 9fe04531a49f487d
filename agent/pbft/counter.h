/* SPDX-License-Identifier: GPL-2.0 */
/*
 * counter.h - what a core counts; the order is that of pbft_status.counters.
 * X(NAME, "word for /metrics", "meaning")
 */
#ifndef VOLTGATE_PBFT_COUNTER_H
#define VOLTGATE_PBFT_COUNTER_H

#define PBFT_COUNTERS(X)                                                                            \
	X(COMMITTED, "committed", "blocks committed by votes")                                      \
	X(SYNCED, "synced", "times the ledger moved on by transfer")                                \
	X(PROPOSED, "proposed", "blocks proposed here")                                             \
	X(REFUSED, "refused", "proposals of others refused")                                        \
	X(MISSING, "missing", "bodies that had to be asked for again")                              \
	X(VERIFIED, "verified", "signatures verified")                                              \
	X(REMEMBERED, "remembered", "signatures known from before")                                 \
	X(FORGED, "forged", "signatures that did not hold")                                         \
	X(FLOODED, "flooded", "messages of replicas that made us verify too much")                  \
	X(FOREIGN, "foreign", "messages of another epoch, or with a sender or number out of range") \
	X(LATE, "late", "votes that could not count any more")                                      \
	X(EARLY, "early", "votes above the window")                                                 \
	X(VIEW_CHANGES, "view_changes", "views left")                                               \
	X(VIEWS, "views", "views entered")                                                          \
	X(NEW_VIEWS_REFUSED, "new_views_refused", "new views or view changes that prove nothing")   \
	X(STATUS_SENT, "status_sent", "status messages sent")                                       \
	X(ANSWERED, "answered", "times a replica was given what it lacked")                         \
	X(DROPPED, "dropped", "requests that found no room or were pushed out")                     \
	X(FORWARDED, "forwarded", "requests given to others")                                       \
	X(MISBEHAVED, "misbehaved", "lies seen")                                                    \
	X(FETCHES, "fetches", "times blocks were asked of others")                                  \
	X(WITHHELD, "withheld", "votes not cast because they would contradict an earlier one")      \
	X(OVERFLOWED, "overflowed", "effects that found no room; must be 0")

enum pbft_counter {
#define PBFT_COUNTER_ENUM(name, word, meaning) PBFT_COUNTER_##name,
	PBFT_COUNTERS(PBFT_COUNTER_ENUM)
#undef PBFT_COUNTER_ENUM
		PBFT_COUNTER_COUNT
};

#endif
