// SPDX-License-Identifier: GPL-2.0
/* model.c - the reference model's judgement, after execute.h's words. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "ledger/credential.h"
#include "ledger/endorsement.h"
#include "ledger/evidence.h"
#include "ledger/outcome.h"
#include "ledger/rating.h"
#include "tests/txn/model.h"

static u64 number_at(const u8 *bytes, u32 len)
{
	u64 number = 0;

	while (len--)
		number = number << 8 | *bytes++;
	return number;
}

static u64 parameter(const struct model *model, enum membership_parameter which)
{
	return model->membership.parameters[which];
}

/* What the state says of a key: fields of 'm' and 'r' by their place in the bytes. */
static struct model_pair *entry(struct model *model, char space, const u8 key[32])
{
	u8 state_key[33] = { space };

	memcpy(state_key + 1, key, 32);
	return model_get(model, state_key, 33);
}

static bool left(const struct model *model, u64 organisation)
{
	u8 zeros[32] = { 0 };

	return organisation >= model->membership.organisation_count ||
	       !memcmp(model->membership.organisations[organisation].authority, zeros, 32);
}

static bool verify(const u8 *key, const void *message, size_t len, const u8 *signature)
{
	return !crypto_sign_verify_detached(signature, message, len, key);
}

static bool expired(const struct model *model, const struct model_pair *member)
{
	u64 expires = number_at(member->value + 12, 8);

	return expires && expires < model->time;
}

/* PROTOCOL.md E1, P1: header and digest of the packet as the record has them. */
static bool packet_fits(const struct evidence *evidence)
{
	const u8 *vid = evidence->vid.bytes;
	u8 digest[32];

	if (evidence->vid.len < 80 || vid[0] != 1 || vid[1] < 17 || vid[1] > 20 || number_at(vid + 4, 4) ||
	    evidence->vid.len != 48 + number_at(vid + 2, 2) || !number_at(vid + 8, 8) || !number_at(vid + 16, 8))
		return false;
	evidence_digest(evidence->vid, digest);
	return !memcmp(vid + 8, &evidence->record.session, 8) && !memcmp(vid + 16, &evidence->record.sequence, 8) &&
	       vid[1] == evidence->record.type && !memcmp(digest, evidence->record.digest, 32);
}

/* hash(@domain: @pieces of bytes one after the other). */
static void hash_of(u8 domain, const void *one, size_t one_len, const void *other, size_t other_len, u8 ret_hash[32])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, &domain, 1);
	crypto_generichash_update(&state, one, one_len);
	crypto_generichash_update(&state, other, other_len);
	crypto_generichash_final(&state, ret_hash, 32);
}

/* Commitment, mandate and signatures (PROTOCOL.md E1, E4). */
static u8 judge_action(const struct model *model, const struct evidence *evidence, const struct proposal *proposal)
{
	u8 hash[32], scope[112], mandate[MANDATE_LEN];
	struct writer writer;

	hash_of(0x71, evidence->action_salt, 16, proposal->bytes.bytes, proposal->bytes.len, hash);
	if (memcmp(hash, evidence->vid.bytes + 32, 32))
		return LEDGER_OTHER_REQUEST;
	if (model->time > evidence->mandate.expires)
		return LEDGER_EXPIRED_MANDATE;
	if (!evidence_holds(evidence))
		return LEDGER_BAD_EVIDENCE;
	if (!verify(evidence->head.attestor, &evidence->head, 136, evidence->signature))
		return LEDGER_BAD_SIGNATURE;
	memcpy(scope, proposal->channel, 32);
	memcpy(scope + 32, proposal->client, 32);
	memcpy(scope + 64, evidence->head.attestor, 32);
	memcpy(scope + 96, &evidence->head.epoch, 8);
	memcpy(scope + 104, &evidence->record.session, 8);
	writer_init(&writer, mandate, sizeof(mandate));
	mandate_encode(&writer, &evidence->mandate);
	hash_of(0x70, scope, 112, mandate, sizeof(mandate), hash);
	return verify(proposal->client, hash, 32, evidence->mandate_signature) ? LEDGER_VALID : LEDGER_BAD_MANDATE;
}

static u8 judge_evidence(struct model *model, const struct transaction *transaction, u8 batch[73], u16 *index,
			 u64 *time)
{
	struct model_pair *member, *floor = model_get(model, "e", 1);
	struct evidence evidence;
	size_t i;

	if (evidence_decode(transaction->evidence, &evidence))
		return LEDGER_BAD_EVIDENCE;
	member = entry(model, 'm', evidence.head.attestor);
	if (!member || member->value[2] != CREDENTIAL_ATTESTOR || expired(model, member) ||
	    memcmp(member->value + 20, &evidence.head.epoch, 8))
		return LEDGER_UNKNOWN_ATTESTOR;
	if (entry(model, 'r', evidence.head.attestor) || left(model, number_at(member->value, 2)))
		return LEDGER_REVOKED;
	if (evidence.head.grade != member->value[3] ||
	    !(parameter(model, MEMBERSHIP_GRADES) & (evidence.head.grade == VG_GRADE_PLAIN ? 1 : 2)))
		return LEDGER_GRADE_REFUSED;
	*time = number_at((u8 *)&evidence.record.time, 8);
	if (*time + parameter(model, MEMBERSHIP_EVIDENCE_AGE_S) * 1000000 < model->time ||
	    *time > model->time + parameter(model, MEMBERSHIP_TIME_SKEW_MS) * 1000 ||
	    (floor && *time < number_at(floor->value, 8)))
		return LEDGER_STALE_EVIDENCE;
	memset(batch, 0, 73);
	batch[0] = 'e';
	memcpy(batch + 1, evidence.head.attestor, 48);
	*index = evidence.index;
	for (i = 0; i < model->use_count; i++)
		if (!memcmp(model->uses[i].batch, batch, 73) && model->uses[i].index == evidence.index)
			return LEDGER_USED_EVIDENCE;
	if (evidence.record.kind != VG_RECORD_ACTION || evidence.record.reason ||
	    evidence.record.grade != evidence.head.grade || evidence.record.flags & 1 || evidence.head.flags & 1 ||
	    !packet_fits(&evidence))
		return LEDGER_BAD_EVIDENCE;
	return judge_action(model, &evidence, &transaction->proposal);
}

static u8 judge_client(struct model *model, const struct transaction *transaction)
{
	const struct proposal *proposal = &transaction->proposal;
	u64 life = parameter(model, MEMBERSHIP_TRANSACTION_LIFE_S) * 1000000;
	struct model_pair *member;

	if (memcmp(proposal->channel, model->channel, 32))
		return LEDGER_WRONG_CHANNEL;
	if (transaction->authority == TRANSACTION_EVIDENCE && !parameter(model, MEMBERSHIP_EVIDENCE))
		return LEDGER_NOT_ALLOWED;
	if (proposal->expires < model->time || proposal->expires > model->time + life)
		return LEDGER_EXPIRED;
	member = entry(model, 'm', proposal->client);
	if (!member || (member->value[2] != CREDENTIAL_CLIENT && member->value[2] != CREDENTIAL_ADMINISTRATOR) ||
	    expired(model, member))
		return LEDGER_UNKNOWN_CLIENT;
	if (entry(model, 'r', proposal->client) || left(model, number_at(member->value, 2)))
		return LEDGER_REVOKED;
	return model_spent(model_client(model, proposal->client), proposal->nonce) ? LEDGER_DUPLICATE : LEDGER_VALID;
}

static bool allowed(const struct proposal *proposal, struct span key)
{
	u8 prefix[80] = { 'k' };

	if (key.bytes[0] == 'p')
		return key.len == 33;
	memcpy(prefix + 1, proposal->contract.bytes, proposal->contract.len);
	return key.len > proposal->contract.len + 2 && !memcmp(key.bytes, prefix, proposal->contract.len + 2);
}

static u8 judge_keys(const struct transaction *transaction)
{
	struct span reads = transaction->rwset.reads, writes = transaction->rwset.writes;
	struct rwset_write write;
	struct rwset_read read;

	while (rwset_next_read(&reads, &read))
		if (!allowed(&transaction->proposal, read.key) &&
		    !((read.key.bytes[0] == 'm' || read.key.bytes[0] == 'r') && read.key.len == 33))
			return LEDGER_NOT_ALLOWED;
	while (rwset_next_write(&writes, &write))
		if (!allowed(&transaction->proposal, write.key) ||
		    (write.key.bytes[0] == 'p' && write.operation != RWSET_DELETE &&
		     (write.operation != RWSET_PUT || write.value.len != 32)))
			return LEDGER_NOT_ALLOWED;
	return LEDGER_VALID;
}

static u8 judge_endorsements(struct model *model, const struct transaction *transaction, int *nodes)
{
	u8 proposal[32], rwset[32], leaf[32], hash[32];
	struct endorsement endorsement;
	u32 organisations = 0, i, j;
	int node;

	ledger_hash_bytes(LEDGER_DOMAIN_PROPOSAL, transaction->proposal.bytes.bytes, transaction->proposal.bytes.len,
			  proposal);
	ledger_hash_bytes(LEDGER_DOMAIN_RWSET, transaction->rwset.bytes.bytes, transaction->rwset.bytes.len, rwset);
	for (i = 0; i < transaction->endorsement_count; i++) {
		if (endorsement_decode(transaction->endorsements[i], &endorsement))
			return LEDGER_BAD_ENDORSEMENT;
		node = membership_node_index(&model->membership, endorsement.endorser);
		if (node < 0 || !(model->membership.nodes[node].roles & MEMBERSHIP_ENDORSER))
			return LEDGER_BAD_ENDORSEMENT;
		for (j = 0; j < i; j++)
			if (nodes[j] == node)
				return LEDGER_BAD_ENDORSEMENT;
		if (entry(model, 'r', endorsement.endorser))
			return LEDGER_REVOKED;
		endorsement_leaf(model->channel, proposal, rwset, endorsement.endorser, endorsement.height, leaf);
		if (!endorsement_signed_hash(&endorsement, model->channel, leaf, hash) ||
		    !verify(endorsement.endorser, hash, 32, endorsement.signature))
			return LEDGER_BAD_ENDORSEMENT;
		nodes[i] = node;
		organisations |= 1U << model->membership.nodes[node].organisation;
	}
	return (u64)__builtin_popcount(organisations) < parameter(model, MEMBERSHIP_ENDORSING_ORGANISATIONS)
		       ? LEDGER_POLICY_UNMET
		       : LEDGER_VALID;
}

static bool sum(struct model *model, const struct rwset_write *write, __int128 *ret_sum)
{
	struct model_pair *pair = model_get(model, write->key.bytes, write->key.len);

	if (pair && pair->value_len != 8)
		return false;
	*ret_sum = (pair ? (s64)number_at(pair->value, 8) : 0) + (__int128)write->amount;
	return *ret_sum >= write->least && *ret_sum <= write->most; /* the limits have 64 bits */
}

static u8 judge_state(struct model *model, const struct transaction *transaction)
{
	struct span reads = transaction->rwset.reads, writes = transaction->rwset.writes;
	struct rwset_write write;
	struct model_pair *pair;
	struct rwset_read read;
	__int128 total;

	while (rwset_next_read(&reads, &read)) {
		pair = model_get(model, read.key.bytes, read.key.len);
		if (read.number != (pair ? pair->number : 0) || read.index != (pair ? pair->index : 0))
			return LEDGER_CONFLICT;
	}
	while (rwset_next_write(&writes, &write)) {
		if (write.operation == RWSET_DELTA && !sum(model, &write, &total))
			return LEDGER_OUT_OF_RANGE;
		pair = model_get(model, write.key.bytes, write.key.len);
		if (write.operation == RWSET_RATE && pair &&
		    (pair->value_len != 8 || number_at(pair->value, 8) > (u64)RATING_MOST))
			return LEDGER_OUT_OF_RANGE;
	}
	return LEDGER_VALID;
}

/* M of eq. (1) from the counts that stand in the state; the formula of eq. (3) is tested by itself. */
static u64 rate(struct model *model, const struct rwset_write *write)
{
	struct model_pair *all = model_get(model, "M", 1), *own = entry(model, 'M', write->node),
			  *pair = model_get(model, write->key.bytes, write->key.len);
	struct rating_input input = { .score = write->score,
				      .credibility = write->credibility,
				      .alpha_milli = parameter(model, MEMBERSHIP_RATING_ALPHA_MILLI),
				      .scaled = parameter(model, MEMBERSHIP_RATING_SCALED) };

	if (all && own)
		input.experience = parameter(model, MEMBERSHIP_BETA_MILLI) * 1000 * number_at(own->value, 8) /
				   number_at(all->value, 8);
	return rating_next(pair ? (s64)number_at(pair->value, 8) : 0, &input);
}

static void write_all(struct model *model, const struct transaction *transaction)
{
	struct span writes = transaction->rwset.writes;
	struct rwset_write write;
	__int128 total;
	u8 bytes[8];
	u32 i;

	while (rwset_next_write(&writes, &write)) {
		if (write.operation == RWSET_DELETE)
			model_delete(model, write.key.bytes, write.key.len);
		if (write.operation == RWSET_PUT)
			model_put(model, write.key.bytes, write.key.len, write.value.bytes, write.value.len,
				  model->index);
		if (write.operation == RWSET_DELTA)
			sum(model, &write, &total);
		else if (write.operation == RWSET_RATE)
			total = rate(model, &write);
		else
			continue;
		for (i = 0; i < 8; i++)
			bytes[i] = (u64)total >> (56 - 8 * i);
		model_put(model, write.key.bytes, write.key.len, bytes, 8, model->index);
	}
}

static u8 judge_invoke(struct model *model, const struct transaction *transaction)
{
	u8 outcome = judge_client(model, transaction), batch[73], hash[32];
	int nodes[TRANSACTION_ENDORSEMENTS_MAX];
	u64 time = 0;
	u16 index = 0;
	u32 i;

	if (outcome != LEDGER_VALID)
		return outcome;
	proposal_signed_hash(&transaction->proposal, hash);
	if (transaction->authority == TRANSACTION_EVIDENCE)
		outcome = judge_evidence(model, transaction, batch, &index, &time);
	else if (!verify(transaction->client, hash, 32, transaction->signature))
		outcome = LEDGER_BAD_SIGNATURE;
	if (outcome != LEDGER_VALID)
		return outcome;
	model_spend(model_client(model, transaction->client), transaction->nonce, false);
	if (transaction->authority == TRANSACTION_EVIDENCE)
		model_use(model, batch, index, time);
	outcome = judge_keys(transaction);
	outcome = outcome ?: judge_endorsements(model, transaction, nodes);
	outcome = outcome ?: judge_state(model, transaction);
	if (outcome != LEDGER_VALID)
		return outcome;
	write_all(model, transaction);
	model->all++;
	for (i = 0; i < transaction->endorsement_count; i++)
		model->by_node[nodes[i]]++;
	return LEDGER_VALID;
}

static int node_owner(const struct model *model, const u8 key[32])
{
	u32 i;

	for (i = 0; i < model->membership.node_count; i++)
		if (!memcmp(model->membership.nodes[i].key, key, 32))
			return model->membership.nodes[i].organisation;
	return -1;
}

static u8 judge_credential(struct model *model, const struct transaction *transaction, bool enrol)
{
	const struct membership *membership = &model->membership;
	struct model_pair *member, *revoked;
	u8 hash[32], key[33], value[28];
	struct credential credential;
	bool authority, regulator = false;
	int owner;
	u32 i;

	if (credential_decode(transaction->credential, &credential))
		return LEDGER_MALFORMED;
	if (memcmp(credential.channel, model->channel, 32))
		return LEDGER_WRONG_CHANNEL;
	member = entry(model, 'm', credential.subject);
	revoked = entry(model, 'r', credential.subject);
	owner = node_owner(model, credential.subject);
	if (enrol && left(model, credential.organisation))
		return LEDGER_NOT_ALLOWED;
	if (enrol && credential.expires && credential.expires < model->time)
		return LEDGER_EXPIRED;
	if ((member && credential.serial <= number_at(member->value + 4, 8)) ||
	    (revoked && credential.serial <= number_at(revoked->value + 2, 8)))
		return LEDGER_DUPLICATE;
	if (enrol && revoked && number_at(revoked->value, 2) == 0xffff)
		return LEDGER_REVOKED;
	if (enrol && ((member && number_at(member->value, 2) != credential.organisation) ||
		      (revoked && number_at(revoked->value, 2) != credential.organisation) ||
		      (owner >= 0 && owner != credential.organisation)))
		return LEDGER_NOT_ALLOWED;
	credential_signed_hash(transaction->kind, transaction->credential, hash);
	authority =
		!left(model, credential.organisation) &&
		verify(membership->organisations[credential.organisation].authority, hash, 32, transaction->signature);
	for (i = 0; !enrol && i < membership->regulator_count; i++)
		regulator |= verify(membership->regulators[i], hash, 32, transaction->signature);
	if (!authority && !regulator)
		return LEDGER_BAD_SIGNATURE;
	if (!enrol && authority && revoked && number_at(revoked->value, 2) != credential.organisation)
		return LEDGER_REVOKED;
	if (!enrol && authority && !(member && number_at(member->value, 2) == credential.organisation) &&
	    owner != credential.organisation)
		return LEDGER_UNKNOWN_CLIENT;
	memcpy(key + 1, credential.subject, 32);
	key[0] = 'r';
	if (enrol) { /* organisation, role, grade, serial, expires, epoch: gathered from the credential's own bytes */
		const u8 *from = transaction->credential.bytes;

		model_delete(model, key, 33);
		memcpy(value, from + 32, 2);
		value[2] = from[66];
		value[3] = from[91];
		memcpy(value + 4, from + 67, 24);
		key[0] = 'm';
		model_put(model, key, 33, value, 28, model->index);
	} else {
		memcpy(value, transaction->credential.bytes + 32, 2);
		if (!authority)
			memset(value, 0xff, 2);
		memcpy(value + 2, transaction->credential.bytes + 67, 8);
		model_put(model, key, 33, value, 10, model->index);
	}
	return LEDGER_VALID;
}

static void raise_floor(struct model *model)
{
	u64 before = parameter(model, MEMBERSHIP_EVIDENCE_AGE_S) * 1000000, floor = model->time - before;
	struct model_pair *old = model_get(model, "e", 1);
	u8 bytes[8];
	u32 i;

	if (model->next.parameters[MEMBERSHIP_EVIDENCE_AGE_S] * 1000000 <= before ||
	    (old && number_at(old->value, 8) >= floor))
		return;
	for (i = 0; i < 8; i++)
		bytes[i] = floor >> (56 - 8 * i);
	model_put(model, "e", 1, bytes, 8, model->index);
}

static u8 judge_config(struct model *model, const struct transaction *transaction)
{
	static struct membership next;
	const u8 *at = transaction->signatures.bytes;
	struct membership_error error;
	u32 previous, signers = 0;
	u8 hash[32];

	if (model->configured || membership_update_decode(transaction->update, &previous, &next) ||
	    previous != model->membership.sequence || membership_follows(&model->membership, &next, &error))
		return LEDGER_BAD_CONFIG;
	membership_update_hash(model->channel, transaction->update, hash);
	for (; at < transaction->signatures.bytes + transaction->signatures.len; at += 65, signers++)
		if (*at >= model->membership.regulator_count ||
		    !verify(model->membership.regulators[*at], hash, 32, at + 1))
			return LEDGER_BAD_SIGNATURE;
	if (signers < model->membership.regulators_needed)
		return LEDGER_POLICY_UNMET;
	model->next = next;
	model->configured = true;
	model_put(model, "c", 1, transaction->update.bytes + 4, transaction->update.len - 4, model->index);
	raise_floor(model);
	return LEDGER_VALID;
}

static u8 judge(struct model *model, struct span bytes)
{
	struct transaction transaction;
	struct model_client *client;

	if (transaction_decode(bytes.bytes, bytes.len, &transaction))
		return LEDGER_MALFORMED;
	switch (transaction.kind) {
	case TRANSACTION_OPEN:
		if (!parameter(model, MEMBERSHIP_OPEN_REQUESTS))
			return LEDGER_NOT_ALLOWED;
		client = model_client(model, transaction.client);
		if (model_spent(client, transaction.nonce))
			return LEDGER_DUPLICATE;
		model_spend(client, transaction.nonce, true);
		return LEDGER_VALID;
	case TRANSACTION_INVOKE:
		return judge_invoke(model, &transaction);
	case TRANSACTION_ENROL:
	case TRANSACTION_REVOKE:
		return judge_credential(model, &transaction, transaction.kind == TRANSACTION_ENROL);
	default:
		return judge_config(model, &transaction);
	}
}

void model_init(struct model *model, const struct membership *genesis)
{
	u8 bytes[MEMBERSHIP_BYTES_MAX];
	struct writer writer;

	memset(model, 0, sizeof(*model));
	model->membership = *genesis;
	membership_channel_id(genesis, model->channel);
	writer_init(&writer, bytes, sizeof(bytes));
	membership_encode(&writer, genesis);
	model_put(model, "c", 1, bytes, writer_len(&writer), 0);
}

void model_done(struct model *model)
{
	size_t i;

	for (i = 0; i < model->pair_count; i++) {
		free(model->pairs[i].key);
		free(model->pairs[i].value);
	}
	for (i = 0; i < model->client_count; i++)
		free(model->clients[i].nonces);
	free(model->pairs);
	free(model->clients);
	free(model->uses);
	free(model->dues);
}

void model_block(struct model *model, u64 time, const struct span *transactions, u32 count, u8 *ret_outcomes)
{
	model->number++;
	model->time = time;
	model->configured = false;
	model->all = 0;
	memset(model->by_node, 0, sizeof(model->by_node));
	for (model->index = 0; model->index < count; model->index++)
		ret_outcomes[model->index] = judge(model, transactions[model->index]);
	model_end(model, count);
	if (model->configured)
		model->membership = model->next;
}
