// SPDX-License-Identifier: GPL-2.0
/*
 * invoker_propose.c - proposals of this invoker: made of a call, numbered,
 * signed; or taken as they come.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/client/invoker_work.h"
#include "agent/time_text.h"

#define INVOKER_LIFE_US (120ULL * 1000000)
#define INVOKER_SECRET_LEN 16
#define INVOKER_PROPOSALS 8 /* of one call, with a nonce each */

static u64 invoker_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
}

static int invoker_private(struct invoker_work *work, const struct invoker_call *call, u8 ret_hash[32])
{
	const struct membership *membership = work->invoker->membership;
	u32 i;

	work->organisations = ~0U;
	memset(ret_hash, 0, 32);
	if (!call->collection)
		return 0;
	for (i = 0; i < membership->collection_count; i++)
		if (!strcmp(membership->collections[i].name, call->collection))
			break;
	if (i == membership->collection_count)
		return -ENOENT;
	work->organisations = membership->collections[i].organisations;
	work->private_len = INVOKER_SECRET_LEN + call->private_arguments.len;
	work->private_arguments = malloc(work->private_len);
	if (!work->private_arguments)
		return -ENOMEM;
	randombytes_buf(work->private_arguments, INVOKER_SECRET_LEN);
	memcpy(work->private_arguments + INVOKER_SECRET_LEN, call->private_arguments.bytes,
	       call->private_arguments.len);
	ledger_hash_bytes(LEDGER_DOMAIN_PRIVATE, work->private_arguments, work->private_len, ret_hash);
	return 0;
}

static u64 invoker_nonce(struct invoker *invoker)
{
	u64 now = invoker_clock_us() / 1000;

	invoker->last_nonce = now > invoker->last_nonce ? now : invoker->last_nonce + 1;
	return invoker->last_nonce;
}

/* Encodes @proposal, with a nonce and expiry of now unless the caller fixed them, and signs it. */
static int invoker_sign(struct invoker_work *work, struct proposal *proposal, size_t room)
{
	struct consortium *consortium = work->invoker->consortium;
	u8 *bytes = malloc(room), digest[LEDGER_HASH_LEN];
	struct writer writer;

	if (!bytes)
		return -ENOMEM;
	if (!work->ready) {
		proposal->nonce = invoker_nonce(work->invoker);
		proposal->expires = time_text_of_unix(invoker_clock_us() + INVOKER_LIFE_US);
	}
	writer_init(&writer, bytes, room);
	proposal_encode(&writer, proposal);
	free(work->proposal);
	work->proposal = bytes;
	work->proposal_len = writer_len(&writer);
	ledger_hash_bytes(LEDGER_DOMAIN_PROPOSAL, work->proposal, work->proposal_len, work->hash);
	proposal_client_hash(consortium->channel, work->hash, digest);
	identity_tls_sign(consortium->tls, digest, sizeof(digest), work->signature);
	work->proposed++;
	return 0;
}

void invoker_propose_again(struct invoker_work *work)
{
	struct proposal proposal;

	work->looking_up = false;
	work->phase = INVOKER_ENDORSING;
	invoker_endorse_reset(work);
	if (proposal_decode(work->proposal, work->proposal_len, &proposal) ||
	    invoker_sign(work, &proposal, work->proposal_len))
		invoker_fail(work, "it cannot be proposed anew");
	else
		work->again_us = 1;
}

int invoker_propose(struct invoker_work *work, const struct invoker_call *call)
{
	struct consortium *consortium = work->invoker->consortium;
	struct proposal proposal = {
		.channel = consortium->channel,
		.client = identity_tls_self(consortium->tls)->key,
		.contract = call->contract,
		.function = call->function,
		.argument_count = call->argument_count,
		.nonce = call->nonce,
		.expires = call->expires,
	};
	size_t room = 512 + call->contract.len + call->function.len;
	u8 private_hash[32];
	u32 i;
	int err = invoker_private(work, call, private_hash);

	if (err)
		return err;
	if (call->argument_count > TRANSACTION_ARGUMENTS_MAX)
		return -E2BIG;
	for (i = 0; i < call->argument_count; i++) {
		proposal.arguments[i] = call->arguments[i];
		room += 4 + call->arguments[i].len;
	}
	proposal.private_hash = private_hash;
	work->ready = call->nonce;
	return invoker_sign(work, &proposal, room);
}

/* A proposal as it is, with its evidence or signature. */
int invoker_take(struct invoker_work *work, const struct invoker_call *call)
{
	struct proposal proposal;

	if (proposal_decode(call->proposal.bytes, call->proposal.len, &proposal))
		return -EBADMSG;
	work->organisations = ~0U;
	work->proposal = malloc(call->proposal.len);
	work->evidence = call->evidence.len ? malloc(call->evidence.len) : NULL;
	if (!work->proposal || (call->evidence.len && !work->evidence))
		return -ENOMEM;
	work->ready = true;
	memcpy(work->proposal, call->proposal.bytes, call->proposal.len);
	if (work->evidence)
		memcpy(work->evidence, call->evidence.bytes, call->evidence.len);
	else if (call->signature)
		memcpy(work->signature, call->signature, sizeof(work->signature));
	work->proposal_len = call->proposal.len;
	work->evidence_len = call->evidence.len;
	proposal_hash(&proposal, work->hash);
	return 0;
}

bool invoker_may_propose(const struct invoker_work *work)
{
	return !work->ready && work->proposed < INVOKER_PROPOSALS;
}
