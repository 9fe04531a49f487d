// SPDX-License-Identifier: GPL-2.0
/* charging.c - mandates, proposals, actions and answers at the vehicle's end: voltgate-vehicle.h. */
#include <errno.h>
#include <sodium.h>

#include "agent/handshake/payload.h"
#include "ledger/transaction.h"
#include "tools/libvehicle/export.h"
#include "tools/libvehicle/voltgate-vehicle.h"

#define CHARGING_CONTRACT "charging"

_Static_assert(VOLTGATE_PROPOSAL_MAX == ACTION_PROPOSAL_MAX, "the public header repeats the core");
_Static_assert(VOLTGATE_ARGUMENTS_MAX <= TRANSACTION_ARGUMENTS_MAX, "the ledger takes so many");

EXPORT int voltgate_session_is_due(const struct voltgate_session *session, uint64_t now)
{
	uint64_t life = session->expires - session->began;

	return session->expires && now + life / 4 >= session->expires;
}

static bool charging_is_of_handshake(const struct voltgate_session *session)
{
	return session->expires && !sodium_is_zero(session->action_key, sizeof(session->action_key));
}

static void charging_mandate(const struct voltgate_mandate *from, struct mandate *ret_mandate)
{
	*ret_mandate = (struct mandate){
		.tariff = from->tariff,
		.price = from->price,
		.energy = from->energy,
		.nonce = from->nonce,
		.issued = from->issued,
		.expires = from->expires,
	};
	memcpy(ret_mandate->charging, from->charging, sizeof(ret_mandate->charging));
	memcpy(ret_mandate->station, from->station, sizeof(ret_mandate->station));
}

EXPORT int voltgate_mandate_sign(const struct voltgate_wallet *wallet, const struct voltgate_session *session,
				 struct voltgate_mandate *mandate, uint8_t ret_charging[32])
{
	const struct mandate_scope scope = { session->channel, wallet->key, session->attestor, session->epoch,
					     session->id };
	struct mandate encoded;
	u8 hash[LEDGER_HASH_LEN];

	if (!charging_is_of_handshake(session) || mandate->expires < mandate->issued)
		return -EINVAL;
	charging_mandate(mandate, &encoded);
	mandate_hash(&scope, &encoded, hash);
	crypto_sign_detached(mandate->signature, NULL, hash, sizeof(hash), wallet->secret);
	memcpy(ret_charging, sodium_is_zero(mandate->charging, 32) ? hash : mandate->charging, 32);
	return 0;
}

static struct span charging_span(const char *text)
{
	return (struct span){ (const u8 *)text, strlen(text) };
}

EXPORT int voltgate_proposal_make(const struct voltgate_wallet *wallet, const struct voltgate_session *session,
				  const struct voltgate_request *request, uint8_t ret_proposal[VOLTGATE_PROPOSAL_MAX])
{
	struct proposal proposal = {
		.channel = session->channel,
		.client = wallet->key,
		.nonce = request->nonce,
		.expires = request->expires,
		.contract = charging_span(CHARGING_CONTRACT),
		.function = charging_span(request->function),
		.argument_count = request->argument_count,
	};
	struct writer writer;
	u32 i;

	if (!request->nonce || request->argument_count > VOLTGATE_ARGUMENTS_MAX ||
	    proposal.function.len > TRANSACTION_NAME_MAX)
		return -EINVAL;
	for (i = 0; i < request->argument_count; i++)
		proposal.arguments[i] = charging_span(request->arguments[i]);
	writer_init(&writer, ret_proposal, VOLTGATE_PROPOSAL_MAX);
	proposal_encode(&writer, &proposal);
	return writer.full ? -EMSGSIZE : (int)writer_len(&writer);
}

static void charging_keys(const struct voltgate_session *session, struct session_keys *ret_keys)
{
	memcpy(ret_keys->vid, session->key, sizeof(ret_keys->vid));
	memcpy(ret_keys->action, session->action_key, sizeof(ret_keys->action));
	memcpy(ret_keys->answer, session->answer_key, sizeof(ret_keys->answer));
}

EXPORT int voltgate_action_make(struct voltgate_session *session, enum voltgate_type type, uint64_t generated,
				const struct voltgate_mandate *mandate, const uint8_t *proposal, size_t proposal_len,
				const uint8_t random[16], uint8_t *ret_packet, size_t capacity, uint64_t *ret_sequence)
{
	struct vg_vid_fields fields = {
		.session = session->id, .sequence = session->next_sequence, .generated = generated, .type = type
	};
	struct action_request request = { .proposal = { proposal, proposal_len } };
	struct session_keys keys;
	u8 packet[VG_VID_MAX];
	int len;

	if (!charging_is_of_handshake(session))
		return -EINVAL;
	if (!session->next_sequence)
		return -EOVERFLOW;
	memcpy(request.salt, random, sizeof(request.salt));
	charging_mandate(mandate, &request.mandate);
	memcpy(request.mandate_signature, mandate->signature, sizeof(request.mandate_signature));
	charging_keys(session, &keys);
	len = action_seal(&keys, &fields, &request, packet);
	session_keys_wipe(&keys);
	if (len > 0 && (size_t)len > capacity)
		len = -ENOBUFS;
	if (len < 0)
		return len;
	memcpy(ret_packet, packet, (size_t)len);
	*ret_sequence = session->next_sequence++;
	return len;
}

/* Each count once, up to 63 behind the highest. False: seen, or too far behind to tell. */
static bool charging_is_new(struct voltgate_session *session, u64 count)
{
	u64 behind;

	if (count > session->answered) {
		behind = count - session->answered;
		session->answers = (behind > 63 ? 0 : session->answers << behind) | 1;
		session->answered = count;
		return true;
	}
	behind = session->answered - count;
	if (!count || behind > 63 || session->answers >> behind & 1)
		return false;
	session->answers |= 1ULL << behind;
	return true;
}

EXPORT int voltgate_answer_read(struct voltgate_session *session, const void *packet, size_t len,
				struct voltgate_answer *ret_answer)
{
	u8 plain[VG_VID_PAYLOAD_MAX];
	struct session_keys keys;
	struct answer answer;
	u64 count;
	int err;

	if (!charging_is_of_handshake(session))
		return -EBADMSG;
	charging_keys(session, &keys);
	err = answer_open(&keys, packet, len, plain, &count, &answer);
	session_keys_wipe(&keys);
	if (!err && !charging_is_new(session, count))
		err = -EALREADY;
	if (err)
		return err;
	*ret_answer = (struct voltgate_answer){ .sequence = answer.sequence,
						.stage = answer.stage,
						.outcome = answer.outcome,
						.block = answer.block,
						.index = answer.index };
	memcpy(ret_answer->text, answer.text.bytes, answer.text.len);
	sodium_memzero(plain, sizeof(plain));
	return 0;
}
