// SPDX-License-Identifier: GPL-2.0
/*
 * request.c - one action of a vehicle: opened, given its evidence, carried to
 * the ledger, answered (PROTOCOL.md E6): see charge.h.
 *
 * Whatever is wrong with what a vehicle sent is counted and either answered (the vehicle can mend it) or left alone
 * (nobody can say whose it is). What the gateway has no room for is left alone too: the vehicle's patience grows with
 * each try, so silence is what slows it down.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "agent/charge/charge_room.h"
#include "agent/contract/charging.h"
#include "agent/greet.h"

#define REQUEST_PATIENCE_US 300000 /* what is not committed by then is told to be endorsed */

struct request { /* an action as it was opened */
	const struct greeted *greeted;
	u64 sequence;
	struct action_request action;
	struct proposal proposal;
	u8 hash[LEDGER_HASH_LEN];
};

static u64 request_sequence(const u8 *vid)
{
	return vg_be64(((const struct vg_vid *)vid)->sequence);
}

/* Tells the vehicle at once, without an errand. */
static void request_refuse(struct charge *charge, const struct request *request, const char *sentence)
{
	struct answer answer = {
		.sequence = request->sequence,
		.stage = ANSWER_REFUSED,
		.outcome = LEDGER_NOT_ALLOWED,
		.text = { (const u8 *)sentence, strlen(sentence) },
	};

	greet_answer(charge->agent, request->greeted->session, &answer);
}

static void request_tell(struct charge *charge, const struct errand *errand)
{
	if (errand->answer.stage)
		greet_answer(charge->agent, errand->session, &errand->answer);
}

/* The same proposal in another packet: what is known is told again. */
static void request_again(struct charge *charge, struct errand *errand, const struct request *request)
{
	charge->counts.repeated++;
	errand->session = request->greeted->session;
	errand->answer.sequence = request->sequence;
	request_tell(charge, errand);
}

/* Is it for this gateway to carry? A sentence if not; the ledger judges the rest. */
static const char *request_foreign(const struct charge *charge, const struct request *request)
{
	const struct proposal *proposal = &request->proposal;

	if (!charge->consortium)
		return "This gateway has no ledger now. Come again.";
	if (memcmp(proposal->channel, charge->channel, sizeof(charge->channel)) ||
	    memcmp(request->greeted->channel, charge->channel, sizeof(charge->channel)))
		return "The proposal is for another channel than this gateway's.";
	if (memcmp(proposal->client, request->greeted->wallet, 32))
		return "The proposal is another wallet's than the session's.";
	if (proposal->contract.len != strlen(CHARGING_NAME) ||
	    memcmp(proposal->contract.bytes, CHARGING_NAME, proposal->contract.len))
		return "A gateway carries requests to the contract \"" CHARGING_NAME "\" only.";
	return NULL;
}

static size_t request_evidence(const struct request *request, const struct proof *proof, u32 index,
			       const struct vg_record *record, struct span vid, u8 *ret_bytes, size_t size)
{
	struct evidence evidence;
	struct writer writer;

	proof_evidence(proof, index, record, &evidence);
	evidence.vid = vid;
	evidence.mandate = request->action.mandate;
	memcpy(evidence.action_salt, request->action.salt, sizeof(evidence.action_salt));
	memcpy(evidence.mandate_signature, request->action.mandate_signature, sizeof(evidence.mandate_signature));
	writer_init(&writer, ret_bytes, size);
	evidence_encode(&writer, &evidence);
	return writer_len(&writer);
}

static void request_begin(struct charge *charge, const struct request *request, struct span evidence)
{
	struct errand *errand = errands_add(charge->errands, request->hash, request->greeted->session, agent_now_us());
	struct invoker_call call = { .proposal = request->action.proposal, .evidence = evidence };

	if (!errand) {
		charge->counts.busy++;
		return;
	}
	errand->answer.sequence = request->sequence;
	call.number = (u64)(uintptr_t)errand;
	if (!invoker_start(charge->invoker, &call))
		return;
	charge->counts.busy++;
	errands_remove(charge->errands, errand);
}

/* Opened: is it known, is it ours, and then it goes. */
static void request_take(struct charge *charge, struct request *request, const struct proof *proof, u32 index,
			 const struct vg_record *record, struct span vid)
{
	u8 bytes[EVIDENCE_MAX];
	struct errand *errand;
	const char *foreign;
	size_t len;

	if (proposal_decode(request->action.proposal.bytes, request->action.proposal.len, &request->proposal)) {
		charge->counts.unopened++;
		request_refuse(charge, request, "The action holds no proposal by the format.");
		return;
	}
	foreign = request_foreign(charge, request);
	if (foreign) {
		charge->counts.foreign++;
		request_refuse(charge, request, foreign);
		return;
	}
	proposal_hash(&request->proposal, request->hash);
	errand = errands_find(charge->errands, request->hash);
	if (errand) {
		request_again(charge, errand, request);
		return;
	}
	len = request_evidence(request, proof, index, record, vid, bytes, sizeof(bytes));
	if (len)
		request_begin(charge, request, (struct span){ bytes, len });
}

void charge_take(struct agent *agent, const struct greeted *greeted, const struct vg_batch_head *head, u32 index,
		 const struct vg_record *record, const u8 *vid, u32 vid_len)
{
	struct charge *charge = agent->charge;
	struct request request = { .greeted = greeted };
	u8 plain[VG_VID_PAYLOAD_MAX];
	struct proof proof;

	if (!charge)
		return;
	charge->counts.taken++;
	if (proofs_find(charge->proofs, head, index, &proof)) {
		charge->counts.unproved++;
		return;
	}
	if (action_open(&greeted->keys, vid, vid_len, plain, &request.action)) {
		charge->counts.unopened++;
	} else {
		request.sequence = request_sequence(vid);
		request_take(charge, &request, &proof, index, record, (struct span){ vid, vid_len });
	}
	sodium_memzero(plain, sizeof(plain));
}

void request_endorsed(struct charge *charge, u64 number, struct span text)
{
	struct errand *errand = (struct errand *)(uintptr_t)number;

	charge->counts.endorsed++;
	errand->answer.stage = ANSWER_ENDORSED;
	errand_say(errand, text.bytes, text.len);
}

void request_tick(struct charge *charge, u64 now_us)
{
	struct errand *errand = errands_oldest(charge->errands);

	for (; errand && now_us - errand->since_us >= REQUEST_PATIENCE_US; errand = errand->newer) {
		if (errand->answer.stage != ANSWER_ENDORSED || errand->told)
			continue;
		errand->told = true;
		request_tell(charge, errand);
	}
}

static void request_committed(struct charge *charge, struct errand *errand, const struct invoker_result *result)
{
	const char *sentence = ledger_outcome_sentence(result->outcome);

	errand->answer.stage = ANSWER_COMMITTED;
	errand->answer.outcome = result->outcome;
	errand->answer.block = result->block;
	errand->answer.index = result->index;
	if (result->outcome == LEDGER_VALID) {
		charge->counts.committed++;
		errand_say(errand, result->result.bytes, result->result.len);
	} else {
		charge->counts.invalid++;
		errand_say(errand, sentence, strlen(sentence));
	}
}

void request_done(struct charge *charge, const struct invoker_result *result)
{
	struct errand *errand = (struct errand *)(uintptr_t)result->number;

	if (result->committed) {
		request_committed(charge, errand, result);
	} else if (result->refused) {
		charge->counts.refused++;
		errand->answer.stage = ANSWER_REFUSED;
		errand->answer.outcome = result->outcome;
		errand_say(errand, result->trouble, strlen(result->trouble));
	} else {
		charge->counts.late++; /* it may still be committed: the vehicle asks again */
		errands_remove(charge->errands, errand);
		return;
	}
	request_tell(charge, errand);
	errands_answered(charge->errands, errand, agent_now_us());
}
