// SPDX-License-Identifier: GPL-2.0
/*
 * invoker_endorse.c - gathers endorsements of one proposal: from one node of
 * each organisation in turn, until enough organisations say the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/endorsement.h"
#include "agent/client/invoker_work.h"

#define ENDORSE_AGAIN_US 200000
#define ENDORSE_LAG_US 50000 /* for who is a block behind the others */
#define ENDORSE_ROUNDS 20

static u8 *copy_of(ProtobufCBinaryData data)
{
	u8 *copy = malloc(data.len + 1);

	if (copy)
		memcpy(copy, data.data, data.len);
	return copy;
}

static bool same_rwset(const struct invoker_ask *one, const struct invoker_ask *other)
{
	return one->rwset && other->rwset && one->rwset_len == other->rwset_len &&
	       !memcmp(one->rwset, other->rwset, one->rwset_len);
}

/* The organisations whose nodes gave what @ask gave, one node each into @ret_nodes. */
static u32 agreeing(const struct invoker_work *work, u32 ask, u32 needed, u32 *ret_nodes)
{
	const struct membership *membership = work->invoker->membership;
	u32 seen = 0, count = 0, i;

	for (i = 0; i < membership->node_count && count < needed; i++) {
		if (seen >> membership->nodes[i].organisation & 1 || !same_rwset(&work->asks[ask], &work->asks[i]))
			continue;
		seen |= 1U << membership->nodes[i].organisation;
		ret_nodes[count++] = i;
	}
	return count;
}

static u32 endorse_needed(const struct invoker_work *work)
{
	u32 needed = (u32)work->invoker->membership->parameters[MEMBERSHIP_ENDORSING_ORGANISATIONS];

	return needed ? needed : 1; /* the read/write set is somebody's word in any case */
}

static int endorse_build(struct invoker_work *work, const u32 *nodes, u32 count)
{
	struct transaction transaction = {
		.kind = TRANSACTION_INVOKE,
		.authority = work->evidence ? TRANSACTION_EVIDENCE : TRANSACTION_SIGNED,
		.signature = work->signature,
		.evidence = { work->evidence, work->evidence_len },
	};
	const struct invoker_ask *first = &work->asks[nodes[0]];
	size_t room = 256 + work->proposal_len + work->evidence_len + first->rwset_len + count * ENDORSEMENT_MAX;
	struct rwset rwset;
	struct writer writer;
	u32 i;

	free(work->transaction);
	work->transaction = malloc(room);
	if (!work->transaction || proposal_decode(work->proposal, work->proposal_len, &transaction.proposal) ||
	    rwset_decode(first->rwset, first->rwset_len, &rwset))
		return -EBADMSG;
	transaction.rwset = rwset;
	transaction.endorsement_count = count;
	for (i = 0; i < count; i++)
		transaction.endorsements[i] =
			(struct span){ work->asks[nodes[i]].endorsement, work->asks[nodes[i]].endorsement_len };
	writer_init(&writer, work->transaction, room);
	transaction_encode_invoke(&writer, &transaction);
	work->transaction_len = writer_len(&writer);
	free(work->result);
	work->result_len = rwset.result.len;
	work->result = copy_of((ProtobufCBinaryData){ rwset.result.len, (u8 *)rwset.result.bytes });
	return work->transaction_len ? 0 : -E2BIG;
}

static void endorse_message(void *arg, struct span bytes)
{
	struct invoker_ask *ask = arg;
	Voltgate__V1__EndorseResponse *response;

	response = voltgate__v1__endorse_response__unpack(NULL, bytes.len, bytes.bytes);
	if (!response)
		return;
	if (!ask->rwset && response->endorsement.len <= ENDORSEMENT_MAX) {
		ask->rwset = copy_of(response->rwset);
		ask->rwset_len = response->rwset.len;
		ask->endorsement = copy_of(response->endorsement);
		ask->endorsement_len = response->endorsement.len;
	}
	voltgate__v1__endorse_response__free_unpacked(response, NULL);
}

/* @node gave its endorsement, or did not. */
static void endorse_ended(struct invoker_ask *ask, enum grpc_status status, const char *text)
{
	struct invoker_work *work = ask->work;
	u32 nodes[MEMBERSHIP_ORGANISATIONS_MAX], needed = endorse_needed(work), node = (u32)(ask - work->asks);

	if (status != GRPC_OK || !ask->rwset) {
		invoker_note(work, node, text);
		if (invoker_is_duplicate(status, text)) {
			invoker_endorse_reset(work);
			invoker_look_up(work, node);
			return;
		}
		work->refused |= status == GRPC_FAILED_PRECONDITION || status == GRPC_INVALID_ARGUMENT;
	} else if (agreeing(work, node, needed, nodes) >= needed) {
		if (endorse_build(work, nodes, needed))
			invoker_fail(work, "what the nodes endorsed makes no transaction");
		else
			invoker_endorsed(work);
		return;
	}
	invoker_endorse(work);
}

static void endorse_finished(void *arg, enum grpc_status status, const char *text)
{
	struct invoker_ask *ask = arg;

	ask->call = NULL;
	invoker_judge(ask->work->invoker, (u32)(ask - ask->work->asks), status);
	endorse_ended(ask, status, text);
}

void invoker_home_endorsed(void *cookie, enum ledger_outcome outcome, const char *sentence, struct span rwset,
			   struct span endorsement)
{
	struct invoker_ask *ask = cookie;
	char text[400];

	ask->home = false;
	if (outcome != LEDGER_VALID) {
		snprintf(text, sizeof(text), "%s: %s", ledger_outcome_word(outcome),
			 sentence && *sentence ? sentence : ledger_outcome_sentence(outcome));
		endorse_ended(ask, GRPC_FAILED_PRECONDITION, text);
		return;
	}
	ask->rwset = copy_of((ProtobufCBinaryData){ rwset.len, (u8 *)rwset.bytes });
	ask->rwset_len = rwset.len;
	ask->endorsement = copy_of((ProtobufCBinaryData){ endorsement.len, (u8 *)endorsement.bytes });
	ask->endorsement_len = endorsement.len;
	endorse_ended(ask, GRPC_OK, NULL);
}

static bool endorse_ask_home(struct invoker_work *work)
{
	const struct invoker_home *home = work->invoker->options.home;
	struct invoker_ask *ask = &work->asks[work->invoker->home];
	struct invoker_home_request request = {
		.proposal = { work->proposal, work->proposal_len },
		.evidence = { work->evidence, work->evidence_len },
		.private_arguments = { work->private_arguments, work->private_len },
		.height = work->height,
	};

	if (!work->evidence)
		request.signature = (struct span){ work->signature, sizeof(work->signature) };
	ask->work = work;
	ask->home = ask->asked = !home->endorse(home->arg, &request, ask);
	return ask->home;
}

static bool endorse_ask(struct invoker_work *work, u32 node)
{
	struct invoker *invoker = work->invoker;
	struct grpc_client *client;
	struct invoker_ask *ask = &work->asks[node];
	struct grpc_answer answer = { .message = endorse_message, .finished = endorse_finished, .arg = ask };
	Voltgate__V1__EndorseRequest request = VOLTGATE__V1__ENDORSE_REQUEST__INIT;

	if ((int)node == invoker->home)
		return endorse_ask_home(work);
	client = consortium_client(invoker->consortium, node);
	if (!client || grpc_client_state(client) != GRPC_CLIENT_UP)
		return false;
	request.proposal = (ProtobufCBinaryData){ work->proposal_len, work->proposal };
	if (work->evidence)
		request.evidence = (ProtobufCBinaryData){ work->evidence_len, work->evidence };
	else
		request.client_signature = (ProtobufCBinaryData){ sizeof(work->signature), work->signature };
	request.private_arguments = (ProtobufCBinaryData){ work->private_len, work->private_arguments };
	request.single = invoker->options.single;
	request.height = work->height;
	ask->work = work;
	if (invoker_begin(client, "/voltgate.v1.Ledger/Endorse", 2000, &answer, &request.base, &ask->call))
		return false;
	ask->asked = true;
	return true;
}

/* An endorser of @organisation that was not asked yet, asked. */
static bool endorse_ask_one(struct invoker_work *work, u32 organisation)
{
	const struct membership *membership = work->invoker->membership;
	u32 i, node;

	i = work->invoker->home < 0 ? 0 : (u32)work->invoker->home; /* of its organisation it comes first */
	if (work->invoker->home >= 0 && membership->nodes[i].organisation == organisation && !work->asks[i].asked &&
	    membership->nodes[i].roles & MEMBERSHIP_ENDORSER && endorse_ask_home(work))
		return true;
	for (i = 0; i < 2 * membership->node_count; i++) {
		node = (i + work->turn) % membership->node_count;
		if (membership->nodes[node].organisation == organisation &&
		    (i >= membership->node_count || !invoker_shuns(work->invoker, node)) &&
		    membership->nodes[node].roles & MEMBERSHIP_ENDORSER && !work->asks[node].asked &&
		    endorse_ask(work, node))
			return true;
	}
	return false;
}

/* The organisation asked before all others: the home's. */
static u32 endorse_first(const struct invoker_work *work)
{
	const struct membership *membership = work->invoker->membership;

	return work->invoker->home < 0 ? work->turn % membership->organisation_count
				       : membership->nodes[work->invoker->home].organisation;
}

/*
 * The last block that the client knows of: who has it, simulates at its time, so that endorsers say the same wherever
 * they stand.
 */
static u64 endorse_height(const struct invoker *invoker)
{
	const struct invoker_home *home = invoker->options.home;
	u64 height = invoker->home < 0 ? 0 : home->height(home->arg);

	return height > invoker->height ? height : invoker->height;
}

void invoker_endorse(struct invoker_work *work)
{
	const struct membership *membership = work->invoker->membership;
	u32 hopeful = 0, busy = 0, i, organisation, needed = endorse_needed(work);

	for (i = 0; i < membership->node_count; i++) {
		if (!work->asks[i].call && !work->asks[i].home && !work->asks[i].rwset)
			continue;
		hopeful |= 1U << membership->nodes[i].organisation;
		busy += work->asks[i].call || work->asks[i].home;
	}
	if (!hopeful)
		work->height = endorse_height(work->invoker);
	for (i = 0; i <= membership->organisation_count; i++) {
		organisation = i ? (i + work->turn) % membership->organisation_count : endorse_first(work);
		if ((u32)__builtin_popcount(hopeful) >= needed && busy)
			break;
		if (work->organisations >> organisation & 1 && !(hopeful >> organisation & 1) &&
		    endorse_ask_one(work, organisation)) {
			hopeful |= 1U << organisation;
			busy++;
		}
	}
	if (busy)
		return;
	/*
	 * All who could be asked were. A contract's or the channel's no is one, unless some say yes: they stand at
	 * different heights. Then, or if nobody says anything, once more, a little later.
	 */
	if (work->refused && (!hopeful || ++work->rounds > ENDORSE_ROUNDS)) {
		invoker_fail(work, work->trouble);
		return;
	}
	if (work->refused) {
		invoker_endorse_reset(work);
		work->refused = false;
		work->again_us = invoker_now_us() + ENDORSE_LAG_US;
		return;
	}
	if (!*work->trouble)
		snprintf(work->trouble, sizeof(work->trouble),
			 "no node answers, or they stand at different heights and see different values");
	invoker_endorse_reset(work);
	work->again_us = invoker_now_us() + ENDORSE_AGAIN_US;
}

void invoker_endorse_reset(struct invoker_work *work)
{
	u32 i;

	for (i = 0; i < work->invoker->membership->node_count; i++) {
		if (work->asks[i].call)
			grpc_call_cancel(work->asks[i].call);
		if (work->asks[i].home)
			work->invoker->options.home->forget(work->invoker->options.home->arg, &work->asks[i]);
		free(work->asks[i].rwset);
		free(work->asks[i].endorsement);
		memset(&work->asks[i], 0, sizeof(work->asks[i]));
	}
}
