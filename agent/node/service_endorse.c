// SPDX-License-Identifier: GPL-2.0
/*
 * service_endorse.c - Endorse and Query: what a proposal would do, signed or not.
 *
 *   endorsing: (held --its block is committed-->) with the endorser --signed or refused--> answered, freed
 *   held, with the endorser --call gone--> forgotten
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/node/rpc.h"
#include "agent/node/service.h"

#define ENDORSE_HELD_MOST 1024 /* proposals that wait for a block, in each channel */
#define ENDORSE_AHEAD_MOST 64  /* blocks that one waits for: who lacks more is long in coming, or the name is a lie */

struct endorsing { /* the cookie of one proposal */
	struct rpc_owner owner;
	struct seat *seat;
	struct grpc_call *call; /* NULL: this machine's client asks */
	node_endorsed_fn *endorsed;
	void *arg;
	/* While it is held for a block: the message. */
	struct endorsing *next;
	u64 height;
	u8 *kept;
	size_t kept_len;
};

void endorse_answer(void *arg, void *cookie, enum ledger_outcome outcome, const char *sentence, struct span rwset,
		    struct span endorsement, struct span result)
{
	Voltgate__V1__EndorseResponse response = VOLTGATE__V1__ENDORSE_RESPONSE__INIT;
	struct endorsing *endorsing = cookie;
	struct grpc_call *call = endorsing->call;
	struct seat *seat = arg;

	*(outcome == LEDGER_VALID ? &seat->counts.endorsed : &seat->counts.endorsements_refused) += 1;
	if (call)
		grpc_call_set(call, NULL);
	else
		endorsing->endorsed(endorsing->arg, outcome, sentence, rwset, endorsement);
	free(endorsing);
	if (!call)
		return;
	if (outcome != LEDGER_VALID) {
		rpc_refuse(call, GRPC_FAILED_PRECONDITION, "%s: %s", ledger_outcome_word(outcome),
			   sentence && *sentence ? sentence : ledger_outcome_sentence(outcome));
		return;
	}
	response.rwset = rpc_data(rwset.bytes, rwset.len);
	response.endorsement = rpc_data(endorsement.bytes, endorsement.len);
	response.result = rpc_data(result.bytes, result.len);
	rpc_answer(call, &response.base);
}

static void endorse_unhold(struct endorsing *endorsing)
{
	struct endorsing **at = &endorsing->seat->held;

	while (*at != endorsing)
		at = &(*at)->next;
	*at = endorsing->next;
	endorsing->seat->held_count--;
	free(endorsing->kept);
	endorsing->kept = NULL;
}

static void endorse_gone(struct grpc_call *call)
{
	struct endorsing *endorsing = grpc_call_get(call);

	grpc_call_set(call, NULL);
	if (!endorsing)
		return;
	if (endorsing->kept)
		endorse_unhold(endorsing);
	else
		endorser_forget(endorsing->seat->endorser, endorsing);
	free(endorsing);
}

/* Is this node one of the channel's endorsers? */
static bool endorse_may(const struct seat *seat)
{
	const struct membership *membership = ledger_membership(seat->ledger);
	int self = membership_node_index(membership, identity_tls_self(seat->node->tls)->key);

	return self >= 0 && membership->nodes[self].roles & MEMBERSHIP_ENDORSER;
}

static void endorse_begin(struct endorsing *endorsing, const Voltgate__V1__EndorseRequest *message)
{
	struct endorser_request request = {
		.proposal = rpc_span(message->proposal),
		.client_signature = rpc_span(message->client_signature),
		.evidence = rpc_span(message->evidence),
		.private_arguments = rpc_span(message->private_arguments),
		.single = message->single,
		.height = message->height,
		.cookie = endorsing,
	};
	struct seat *seat = endorsing->seat;

	endorser_take(seat->endorser, &request, node_clock(seat->node));
	node_due(seat->node);
}

static void endorse_hold(struct endorsing *endorsing, struct span bytes)
{
	struct seat *seat = endorsing->seat;

	if (endorsing->height - state_mark(ledger_state(seat->ledger))->number > ENDORSE_AHEAD_MOST) {
		rpc_refuse(endorsing->call, GRPC_UNAVAILABLE,
			   "This node is far behind the block that the request is for. Ask another.");
		return;
	}
	endorsing->kept = seat->held_count < ENDORSE_HELD_MOST ? malloc(bytes.len + 1) : NULL;
	if (!endorsing->kept) {
		rpc_refuse(endorsing->call, GRPC_RESOURCE_EXHAUSTED,
			   "This node lacks the block that the request is for, and too many wait for theirs.");
		return;
	}
	memcpy(endorsing->kept, bytes.bytes, bytes.len);
	endorsing->kept_len = bytes.len;
	endorsing->next = seat->held;
	seat->held = endorsing;
	seat->held_count++;
}

static void endorse_message(struct grpc_call *call, struct span bytes)
{
	Voltgate__V1__EndorseRequest *message;
	struct endorsing *endorsing;
	struct proposal proposal;
	struct seat *seat;

	if (grpc_call_get(call)) {
		rpc_refuse(call, GRPC_INVALID_ARGUMENT, "Endorse takes one message.");
		return;
	}
	message = rpc_request(call, &voltgate__v1__endorse_request__descriptor, bytes);
	if (!message)
		return;
	if (proposal_decode(message->proposal.data, message->proposal.len, &proposal)) {
		rpc_refuse(call, GRPC_INVALID_ARGUMENT, "These bytes are no proposal (ledger/transaction.h).");
		return;
	}
	seat = rpc_seat(call, rpc_data(proposal.channel, 32));
	if (!seat)
		return;
	if (!endorse_may(seat)) {
		rpc_refuse(call, GRPC_FAILED_PRECONDITION, "This node is no endorser of the channel. Ask one that is.");
		return;
	}
	endorsing = calloc(1, sizeof(*endorsing));
	if (!endorsing) {
		rpc_refuse(call, GRPC_RESOURCE_EXHAUSTED, "There is no memory for this proposal.");
		return;
	}
	*endorsing = (struct endorsing){ .owner = { endorse_gone }, .seat = seat, .call = call };
	grpc_call_set(call, endorsing);
	endorsing->height = message->height;
	if (message->height <= state_mark(ledger_state(seat->ledger))->number)
		endorse_begin(endorsing, message);
	else
		endorse_hold(endorsing, bytes);
}

void endorse_held(struct seat *seat)
{
	u64 height = state_mark(ledger_state(seat->ledger))->number;
	Voltgate__V1__EndorseRequest *message;
	struct endorsing *endorsing, *next;
	u8 *bytes;
	size_t len;

	for (endorsing = seat->held; endorsing; endorsing = next) {
		next = endorsing->next;
		if (endorsing->height > height)
			continue;
		bytes = endorsing->kept;
		len = endorsing->kept_len;
		endorsing->kept = NULL;
		endorse_unhold(endorsing);
		message = rpc_decode(&voltgate__v1__endorse_request__descriptor, (struct span){ bytes, len });
		if (message)
			endorse_begin(endorsing, message);
		else
			rpc_refuse(endorsing->call, GRPC_RESOURCE_EXHAUSTED, "There is no memory for this proposal.");
		free(bytes);
	}
}

void endorse_end(struct seat *seat)
{
	while (seat->held)
		rpc_refuse(seat->held->call, GRPC_UNAVAILABLE, "This node is stopping. Ask another.");
}

int endorse_operator(struct seat *seat, const struct endorser_request *request, node_endorsed_fn *endorsed, void *arg)
{
	struct endorser_request own = *request;
	struct endorsing *endorsing = endorse_may(seat) ? malloc(sizeof(*endorsing)) : NULL;

	if (!endorsing)
		return endorse_may(seat) ? -ENOMEM : -ENOENT;
	*endorsing = (struct endorsing){ .seat = seat, .endorsed = endorsed, .arg = arg };
	own.cookie = endorsing;
	endorser_take(seat->endorser, &own, node_clock(seat->node));
	node_due(seat->node);
	return 0;
}

static void endorse_half_closed(struct grpc_call *call)
{
	if (!grpc_call_get(call))
		rpc_nothing(call);
}

static void query_answer(struct grpc_call *call, struct seat *seat, const struct proposal *proposal)
{
	Voltgate__V1__QueryResponse response = VOLTGATE__V1__QUERY_RESPONSE__INIT;
	const struct membership *membership = ledger_membership(seat->ledger);
	int organisation = membership_organisation_index(membership, grpc_call_peer(call)->organisation);
	struct contract_input input = {
		.state = ledger_state(seat->ledger),
		.membership = membership,
		.organisations = organisation >= 0 ? 1U << organisation : 0,
		.proposal = proposal,
		.time = ledger_head(seat->ledger)->time,
		.verifier = ledger_verifier(seat->ledger),
		.private_get = dissemination_get,
		.arg = seat,
	};
	struct contract_output output = { .refusal = "" };
	int err = contract_simulate(&input, &output);

	seat->counts.queries++;
	if (err) {
		rpc_refuse(call, err == -EIO ? GRPC_INTERNAL : GRPC_FAILED_PRECONDITION, "%s",
			   *output.refusal ? output.refusal : strerror(-err));
	} else {
		response.result = rpc_data(output.result.bytes, output.result.len);
		response.height = ledger_head(seat->ledger)->number;
		rpc_answer(call, &response.base);
	}
	contract_output_free(&output);
}

static void query_message(struct grpc_call *call, struct span bytes)
{
	Voltgate__V1__QueryRequest *request = rpc_request(call, &voltgate__v1__query_request__descriptor, bytes);
	struct seat *seat = request ? rpc_seat(call, request->channel) : NULL;
	static const u8 nothing[32];
	struct proposal proposal = { .private_hash = nothing };
	size_t i;

	if (!seat)
		return;
	if (request->n_arguments > TRANSACTION_ARGUMENTS_MAX) {
		rpc_refuse(call, GRPC_INVALID_ARGUMENT, "A contract takes at most %d arguments.",
			   TRANSACTION_ARGUMENTS_MAX);
		return;
	}
	proposal.channel = seat->id;
	proposal.client = grpc_call_peer(call)->key;
	proposal.contract = (struct span){ (const u8 *)request->contract, strlen(request->contract) };
	proposal.function = (struct span){ (const u8 *)request->function, strlen(request->function) };
	proposal.argument_count = (u32)request->n_arguments;
	for (i = 0; i < request->n_arguments; i++)
		proposal.arguments[i] = rpc_span(request->arguments[i]);
	query_answer(call, seat, &proposal);
}

const struct grpc_method service_endorse = {
	.path = "/voltgate.v1.Ledger/Endorse",
	.message = endorse_message,
	.half_closed = endorse_half_closed,
	.gone = endorse_gone,
};

const struct grpc_method service_query = {
	.path = "/voltgate.v1.Ledger/Query",
	.message = query_message,
	.half_closed = rpc_nothing,
};
