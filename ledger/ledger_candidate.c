// SPDX-License-Identifier: GPL-2.0
/*
 * ledger_candidate.c - a body carried out on an overlay: the header that follows from it.
 */
#include "ledger/ledger_parts.h"

#include <errno.h>
#include <stdlib.h>

struct ledger_member *ledger_member_new(const struct membership *membership)
{
	struct ledger_member *member = malloc(sizeof(*member));

	if (!member)
		return NULL;
	member->refs = 1;
	member->membership = *membership;
	return member;
}

void ledger_member_put(struct ledger_member *member)
{
	if (member && !--member->refs)
		free(member);
}

void candidate_free(struct candidate *candidate)
{
	ledger_member_put(candidate->before);
	ledger_member_put(candidate->after);
	free(candidate->outcomes);
	free(candidate->digests);
	free(candidate->body);
	free(candidate);
}

/* Hashes of the transactions, and from them and the outcomes the root. */
static int candidate_transactions(struct candidate *candidate)
{
	u32 count = candidate->header.count;
	int error;

	candidate->digests = malloc((count + 1) * sizeof(*candidate->digests));
	if (!candidate->digests)
		return -ENOMEM;
	error = block_digests(candidate_body(candidate), count, candidate->digests);
	return error ? error
		     : block_outcomes_root(candidate_digests(candidate), candidate->outcomes, count,
					   candidate->header.transactions);
}

static int candidate_run(struct candidate *candidate)
{
	struct ledger *ledger = candidate->ledger;
	struct execute_context context = {
		.channel = ledger->channel,
		.membership = &candidate->before->membership,
		.verifier = ledger->verifier,
		.proven = ledger->proven,
		.number = candidate->header.number,
		.time = candidate->header.time,
	};
	struct execute_result *result = ledger->result;
	int error = execute_body(&context, candidate->overlay, candidate_body(candidate), result);

	if (error)
		return error;
	candidate->header.count = result->count;
	candidate->outcomes = malloc(result->count + 1);
	if (!candidate->outcomes)
		return -ENOMEM;
	memcpy(candidate->outcomes, result->outcomes, result->count);
	if (result->reconfigured) {
		candidate->after = ledger_member_new(&result->next);
		if (!candidate->after)
			return -ENOMEM;
	} else {
		candidate->after = candidate->before;
		candidate->after->refs++;
	}
	error = candidate_transactions(candidate);
	if (!error)
		error = overlay_root(candidate->overlay, candidate->header.state);
	return error;
}

static void candidate_header_fill(struct candidate *candidate, const struct block_header *before, const u8 *before_hash,
				  u64 time)
{
	struct block_header *header = &candidate->header;

	memcpy(header->channel, candidate->ledger->channel, LEDGER_HASH_LEN);
	header->number = before->number + 1;
	memcpy(header->previous, before_hash, LEDGER_HASH_LEN);
	membership_replicas_hash(&candidate->before->membership, header->replicas);
	header->time = time;
	header->epoch = candidate->before->membership.epoch;
}

int ledger_execute(struct ledger *ledger, struct candidate *below, u64 time, struct span body,
		   struct candidate **ret_candidate)
{
	const struct block_header *before = below ? &below->header : &ledger->head;
	struct candidate *candidate, **place = below ? &below->above : &ledger->next, *last = ledger->unsynced;
	struct overlay *lies_on = below ? below->overlay : NULL;
	int error = -ENOMEM;

	if (time <= before->time)
		return -EBADMSG;
	if (*place)
		return -EBUSY;
	for (; !below && last; last = last->above) /* what is appended lies below */
		lies_on = last->overlay;
	candidate = calloc(1, sizeof(*candidate));
	if (!candidate)
		return -ENOMEM;
	candidate->ledger = ledger;
	candidate->before = below ? below->after : ledger->member;
	candidate->before->refs++;
	candidate_header_fill(candidate, before, below ? below->hash : ledger->head_hash, time);
	candidate->body = malloc(body.len + 1);
	candidate->overlay = overlay_new(ledger->state, lies_on);
	if (!candidate->body || !candidate->overlay)
		goto fail;
	candidate->body_len = body.len;
	if (body.len)
		memcpy(candidate->body, body.bytes, body.len);
	error = candidate_run(candidate);
	if (error)
		goto fail;
	membership_replicas_hash(&candidate->after->membership, candidate->header.next_replicas);
	block_header_hash(&candidate->header, candidate->hash);
	*place = candidate;
	*ret_candidate = candidate;
	return 0;
fail:
	overlay_drop(candidate->overlay);
	candidate_free(candidate);
	return error;
}

void candidate_drop(struct candidate *candidate)
{
	struct candidate **place, *above;

	if (!candidate)
		return;
	for (place = &candidate->ledger->next; *place && *place != candidate; place = &(*place)->above)
		;
	*place = NULL;
	overlay_drop(candidate->overlay);
	for (; candidate; candidate = above) {
		above = candidate->above;
		candidate_free(candidate);
	}
}

const struct block_header *candidate_header(const struct candidate *candidate)
{
	return &candidate->header;
}

const u8 *candidate_hash(const struct candidate *candidate)
{
	return candidate->hash;
}

const u8 *candidate_outcomes(const struct candidate *candidate)
{
	return candidate->outcomes;
}

const u8 (*candidate_digests(const struct candidate *candidate))[LEDGER_HASH_LEN]
{
	return (const u8(*)[LEDGER_HASH_LEN])candidate->digests;
}

struct span candidate_body(const struct candidate *candidate)
{
	return (struct span){ candidate->body, candidate->body_len };
}

bool candidate_reconfigures(const struct candidate *candidate)
{
	return candidate->after->membership.epoch != candidate->before->membership.epoch;
}
