// SPDX-License-Identifier: GPL-2.0
/*
 * endorser.c - from a proposal to an endorsement: judged by the same code as in
 * a block, simulated on the head's state, signed alone or under a batch's root.
 *
 *   endorser_take(): refused -> answer | single -> sign, answer | waiting
 *   endorser_seal(): waiting -> leaving: one signature, then an answer each
 * An answer may call back: what it adds waits for the next batch, what it forgets is not answered.
 */
#include <errno.h>
#include <stdlib.h>

#include <sodium.h>

#include "agent/endorse/endorser.h"
#include "agent/endorse/endorser_tree.h"
#include "ledger/rwset_private.h"

#define BATCH_DEFAULT 256
#define BLOCKS 256 /* whose times are remembered */

struct pending {
	void *cookie;
	bool forgotten;
	u64 height;
	u8 leaf[LEDGER_HASH_LEN];
	struct contract_output output;
};

struct endorser_block {
	u64 number, time;
};

struct endorser {
	struct endorser_options options;
	u32 waiting_count, leaving_count;
	struct pending *waiting, *leaving; /* batch_most each */
	struct endorser_tree tree;
	struct endorser_block blocks[BLOCKS]; /* by number */
};

struct endorser *endorser_new(const struct endorser_options *options)
{
	struct endorser *endorser = calloc(1, sizeof(*endorser));

	if (!endorser)
		return NULL;
	endorser->options = *options;
	if (!options->batch_most || options->batch_most > ENDORSEMENT_BATCH_MAX)
		endorser->options.batch_most = options->batch_most ? ENDORSEMENT_BATCH_MAX : BATCH_DEFAULT;
	endorser->waiting = calloc(endorser->options.batch_most, sizeof(struct pending));
	endorser->leaving = calloc(endorser->options.batch_most, sizeof(struct pending));
	if (!endorser->waiting || !endorser->leaving) {
		endorser_free(endorser);
		return NULL;
	}
	return endorser;
}

void endorser_free(struct endorser *endorser)
{
	u32 i;

	for (i = 0; i < endorser->waiting_count; i++)
		contract_output_free(&endorser->waiting[i].output);
	free(endorser->waiting);
	free(endorser->leaving);
	free(endorser);
}

static void refuse(struct endorser *endorser, void *cookie, enum ledger_outcome outcome, const char *sentence)
{
	struct span none = { NULL, 0 };

	endorser->options.answer(endorser->options.arg, cookie, outcome, sentence, none, none, none);
}

/* Are the private arguments those that the client signed for? */
static bool privates_match(const struct proposal *proposal, struct span arguments)
{
	u8 hash[LEDGER_HASH_LEN] = { 0 };

	if (arguments.len && arguments.len < CONTRACT_PRIVATE_SECRET_LEN)
		return false;
	if (arguments.len)
		ledger_hash_bytes(LEDGER_DOMAIN_PRIVATE, arguments.bytes, arguments.len, hash);
	return !memcmp(hash, proposal->private_hash, sizeof(hash));
}

static struct execute_context context_of(struct endorser *endorser, u64 now)
{
	struct ledger *ledger = endorser->options.ledger;
	const struct block_header *head = ledger_head(ledger);

	return (struct execute_context){
		.channel = ledger_channel(ledger),
		.membership = ledger_membership(ledger),
		.verifier = ledger_verifier(ledger),
		.proven = ledger_proven(ledger),
		/* What a simulation reads: the head's state may follow it by a sync (ledger.h). */
		.number = state_mark(ledger_state(ledger))->number + 1,
		.time = now > head->time ? now : head->time + 1, /* no block of an earlier time will follow */
	};
}

static enum ledger_outcome judge(struct endorser *endorser, const struct endorser_request *request,
				 const struct execute_context *context, const struct proposal *proposal,
				 const char **ret_sentence)
{
	const u8 *signature = NULL;
	enum ledger_outcome outcome;

	if (request->client_signature.len) {
		if (request->client_signature.len != TRANSACTION_SIGNATURE_LEN) {
			*ret_sentence = "A client's signature has 64 bytes.";
			return LEDGER_BAD_SIGNATURE;
		}
		signature = request->client_signature.bytes;
	}
	if (execute_precheck_proposal(context, ledger_state(endorser->options.ledger), proposal, signature,
				      request->evidence, &outcome)) {
		*ret_sentence = "The state cannot be read; the node's log says why.";
		return LEDGER_NOT_ALLOWED;
	}
	*ret_sentence = ledger_outcome_sentence(outcome);
	if (outcome == LEDGER_VALID && !privates_match(proposal, request->private_arguments)) {
		*ret_sentence = "The private arguments are not those that the proposal names, or lack their 16 random "
				"bytes.";
		return LEDGER_NOT_ALLOWED;
	}
	return outcome;
}

/*
 * What a contract takes for the time (PROTOCOL.md E9): of the block that the client named, if it is not older than a
 * proposed time may be off; else of the head.
 */
static u64 time_at(const struct endorser *endorser, const struct execute_context *context, u64 height)
{
	const struct endorser_block *block = &endorser->blocks[height % BLOCKS];
	u64 head = ledger_head(endorser->options.ledger)->time;
	u64 most = context->membership->parameters[MEMBERSHIP_TIME_SKEW_MS] * 1000;

	return height && block->number == height && block->time <= head && head - block->time <= most ? block->time
												      : head;
}

void endorser_block(struct endorser *endorser, u64 number, u64 time)
{
	endorser->blocks[number % BLOCKS] = (struct endorser_block){ number, time };
}

/* Fills @pending with what the proposal would do. Why not: in pending->output.refusal. */
static int simulate(struct endorser *endorser, const struct endorser_request *request,
		    const struct execute_context *context, const struct proposal *proposal, struct pending *pending)
{
	const struct endorser_options *options = &endorser->options;
	int organisation = execute_organisation(context, ledger_state(options->ledger), proposal->client), result;
	u8 hash[LEDGER_HASH_LEN], rwset_hash[LEDGER_HASH_LEN];
	struct evidence evidence;
	struct contract_input input = {
		.state = ledger_state(options->ledger),
		.membership = context->membership,
		.proposal = proposal,
		.organisations = organisation >= 0 ? 1U << organisation : 0,
		.time = time_at(endorser, context, request->height),
		.private_arguments = request->private_arguments,
		.private_get = options->private_get,
		.arg = options->arg,
		.verifier = context->verifier,
		.evidence = request->client_signature.len ? NULL : &evidence,
	};

	/* judge() has read it. */
	if (input.evidence && evidence_decode(request->evidence, &evidence))
		return -EBADMSG;
	result = contract_simulate(&input, &pending->output);
	if (result)
		return result;
	proposal_hash(proposal, hash);
	if (options->privates && pending->output.private_count)
		options->privates(options->arg, hash, pending->output.privates, pending->output.private_count);
	ledger_hash_bytes(LEDGER_DOMAIN_RWSET, pending->output.rwset, pending->output.rwset_len, rwset_hash);
	pending->cookie = request->cookie;
	pending->forgotten = false;
	pending->height = context->number - 1;
	endorsement_leaf(context->channel, hash, rwset_hash, options->node_key, pending->height, pending->leaf);
	return 0;
}

/* @place: count, index and path are filled in; the rest is @pending's. */
static void answer(struct endorser *endorser, struct pending *pending, struct endorsement *place,
		   const u8 signature[TRANSACTION_SIGNATURE_LEN])
{
	u8 bytes[ENDORSEMENT_MAX];
	struct writer writer;

	place->endorser = endorser->options.node_key;
	place->height = pending->height;
	place->signature = signature;
	writer_init(&writer, bytes, sizeof(bytes));
	endorsement_encode(&writer, place);
	if (!pending->forgotten)
		endorser->options.answer(endorser->options.arg, pending->cookie, LEDGER_VALID,
					 ledger_outcome_sentence(LEDGER_VALID),
					 (struct span){ pending->output.rwset, pending->output.rwset_len },
					 (struct span){ bytes, writer_len(&writer) }, pending->output.result);
	contract_output_free(&pending->output);
}

static void sign(struct endorser *endorser, const u8 root[LEDGER_HASH_LEN], u32 count,
		 u8 ret_signature[TRANSACTION_SIGNATURE_LEN])
{
	u8 hash[LEDGER_HASH_LEN];

	endorsement_root_hash(ledger_channel(endorser->options.ledger), root, count, hash);
	endorser->options.sign(endorser->options.arg, hash, sizeof(hash), ret_signature);
}

static void answer_single(struct endorser *endorser, struct pending *pending)
{
	struct endorsement place = { .count = 1 };
	u8 signature[TRANSACTION_SIGNATURE_LEN];

	sign(endorser, pending->leaf, 1, signature);
	answer(endorser, pending, &place, signature);
}

/* Nothing that an answer calls back touches the tree: it only waits. */
static void answer_batch(struct endorser *endorser, struct pending *list, u32 count)
{
	u8 signature[TRANSACTION_SIGNATURE_LEN], path[ENDORSEMENT_PATH_MAX * LEDGER_HASH_LEN];
	struct endorsement place = { .count = count, .path = path };
	u32 i;

	for (i = 0; i < count; i++)
		memcpy(endorser->tree.nodes[i], list[i].leaf, LEDGER_HASH_LEN);
	endorser_tree_build(&endorser->tree, count);
	sign(endorser, endorser_tree_root(&endorser->tree), count, signature);
	for (i = 0; i < count; i++) {
		place.index = i;
		place.path_len = endorser_tree_path(&endorser->tree, i, path);
		answer(endorser, &list[i], &place, signature);
	}
}

/* False: from within an answer, with the next batch full already. */
static bool make_room(struct endorser *endorser)
{
	if (endorser->waiting_count == endorser->options.batch_most)
		endorser_seal(endorser);
	return endorser->waiting_count < endorser->options.batch_most;
}

void endorser_take(struct endorser *endorser, const struct endorser_request *request, u64 now)
{
	struct execute_context context = context_of(endorser, now);
	struct pending pending = { .cookie = request->cookie };
	const char *sentence = NULL;
	enum ledger_outcome outcome;
	struct proposal proposal;

	if (proposal_decode(request->proposal.bytes, request->proposal.len, &proposal)) {
		refuse(endorser, request->cookie, LEDGER_MALFORMED, "These bytes are no proposal by the format.");
		return;
	}
	outcome = judge(endorser, request, &context, &proposal, &sentence);
	if (outcome == LEDGER_VALID && !request->single && !make_room(endorser)) {
		outcome = LEDGER_NOT_ALLOWED;
		sentence = "A full batch waits for this node's signature; come again.";
	}
	if (outcome == LEDGER_VALID && simulate(endorser, request, &context, &proposal, &pending)) {
		outcome = LEDGER_NOT_ALLOWED;
		sentence = pending.output.refusal;
	}
	if (outcome != LEDGER_VALID)
		refuse(endorser, request->cookie, outcome, sentence);
	else if (request->single)
		answer_single(endorser, &pending);
	else
		endorser->waiting[endorser->waiting_count++] = pending;
}

void endorser_seal(struct endorser *endorser)
{
	struct pending *list = endorser->waiting;

	if (!endorser->waiting_count || endorser->leaving_count)
		return; /* nothing, or called from within an answer: that batch leaves first */
	endorser->waiting = endorser->leaving;
	endorser->leaving = list;
	endorser->leaving_count = endorser->waiting_count;
	endorser->waiting_count = 0;
	answer_batch(endorser, list, endorser->leaving_count);
	endorser->leaving_count = 0;
}

u32 endorser_waiting(const struct endorser *endorser)
{
	return endorser->waiting_count;
}

static void forget(struct pending *list, u32 count, const void *cookie)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (list[i].cookie == cookie)
			list[i].forgotten = true;
}

void endorser_forget(struct endorser *endorser, void *cookie)
{
	forget(endorser->waiting, endorser->waiting_count, cookie);
	forget(endorser->leaving, endorser->leaving_count, cookie);
}
