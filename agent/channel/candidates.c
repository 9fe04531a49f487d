// SPDX-License-Identifier: GPL-2.0
/*
 * candidates.c - the chain of candidates.
 */
#include <errno.h>

#include "agent/channel/candidates.h"

struct candidate *candidates_at(struct candidates *candidates, u64 number)
{
	if (number < candidates->first || number - candidates->first >= candidates->count)
		return NULL;
	return candidates->entries[number - candidates->first];
}

struct candidate *candidates_find(struct candidates *candidates, u64 number, const u8 header[32])
{
	struct candidate *candidate = candidates_at(candidates, number);

	return candidate && !memcmp(candidate_hash(candidate), header, 32) ? candidate : NULL;
}

bool candidates_reach(const struct candidates *candidates, const struct ledger *ledger, u64 number,
		      const u8 previous[32])
{
	if (number == ledger_head(ledger)->number + 1)
		return !memcmp(ledger_head_hash(ledger), previous, 32);
	return candidates_find((struct candidates *)candidates, number - 1, previous);
}

int candidates_execute(struct candidates *candidates, struct ledger *ledger, u64 number, const u8 previous[32],
		       u64 time, struct span body, struct candidate **ret_candidate)
{
	int error;

	if (!candidates_reach(candidates, ledger, number, previous))
		return -ESTALE;
	candidates_cut(candidates, number);
	if (candidates->count == PBFT_WINDOW_MAX)
		return -ENOSPC;
	if (!candidates->count)
		candidates->first = number;
	error = ledger_execute(ledger, candidates_at(candidates, number - 1), time, body, ret_candidate);
	if (!error)
		candidates->entries[candidates->count++] = *ret_candidate;
	return error;
}

void candidates_cut(struct candidates *candidates, u64 from)
{
	u32 keep = from <= candidates->first ? 0 : from - candidates->first;

	if (keep >= candidates->count)
		return;
	candidate_drop(candidates->entries[keep]);
	candidates->count = keep;
}

void candidates_shift(struct candidates *candidates)
{
	candidates->first++;
	candidates->count--;
	memmove(candidates->entries, candidates->entries + 1, candidates->count * sizeof(*candidates->entries));
}
