// SPDX-License-Identifier: GPL-2.0
/*
 * admission.c - may a wallet have a session: see admission.h. Reads committed
 * state as it lies there (ledger/execute.h 'm' and 'r'; agent/contract/charging.h 'a', 'j', 'c'), no contract is run.
 */
#include "agent/admission.h"

#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/contract/account.h"
#include "agent/contract/charging.h"
#include "agent/node/node.h"

#define ADMISSION_MEMBER_LEN 28 /* of the value of 'm' */

struct admission_view { /* of a channel */
	struct state *state;
	const struct membership *membership;
	struct verifier *verifier;
};

static const struct {
	const char *word, *sentence;
} admission_texts[ADMISSION_REASON_COUNT] = {
#define ADMISSION_TEXT(name, word, sentence) { word, sentence },
	ADMISSION_REASONS(ADMISSION_TEXT)
#undef ADMISSION_TEXT
};

const char *admission_word(enum admission_reason reason)
{
	return reason < ADMISSION_REASON_COUNT ? admission_texts[reason].word : "?";
}

const char *admission_sentence(enum admission_reason reason)
{
	return reason < ADMISSION_REASON_COUNT ? admission_texts[reason].sentence : "?";
}

void admission_count(struct agent *agent, enum admission_reason reason)
{
	if (reason < ADMISSION_REASON_COUNT)
		agent->admissions.reasons[reason]++;
}

const struct admission_counts *admission_counted(const struct agent *agent)
{
	return &agent->admissions;
}

/* False: this machine has no open ledger of that channel. */
static bool admission_look(const struct agent *agent, const u8 channel[32], struct admission_view *ret_view,
			   bool *ret_member)
{
	struct ledger *ledger;
	u32 i;

	*ret_member = false;
	for (i = 0; agent->node && i < node_channels(agent->node); i++) {
		struct channel *at = node_channel(agent->node, i);

		ledger = at ? channel_ledger(at) : NULL;
		if (!ledger) {
			*ret_member = true; /* it may be this one */
			continue;
		}
		if (memcmp(ledger_channel(ledger), channel, 32))
			continue;
		*ret_view = (struct admission_view){ ledger_state(ledger), ledger_membership(ledger),
						     ledger_verifier(ledger) };
		return true;
	}
	return false;
}

/* The value of @space and @key in the ledger's own keys. */
static int admission_get(const struct admission_view *view, char space, const u8 key[32], struct span *ret_value)
{
	u8 bytes[33] = { (u8)space };
	struct state_value value;
	int err;

	memcpy(bytes + 1, key, 32);
	err = state_get(view->state, (struct span){ bytes, sizeof(bytes) }, &value);
	if (!err)
		*ret_value = value.bytes;
	return err;
}

/* The same of the charging contract's keys. */
static int admission_get_charging(const struct admission_view *view, char space, const u8 wallet[32],
				  struct span *ret_value)
{
	u8 bytes[sizeof("k" CHARGING_NAME) + 33];
	struct state_value value;
	size_t len = sizeof("k" CHARGING_NAME); /* its end is the 0 behind the name */
	int err;

	memcpy(bytes, "k" CHARGING_NAME, len);
	bytes[len] = (u8)space;
	memcpy(bytes + len + 1, wallet, 32);
	err = state_get(view->state, (struct span){ bytes, sizeof(bytes) }, &value);
	if (!err)
		*ret_value = value.bytes;
	return err;
}

/* Enrolment: who the key is by committed state, whatever credential it shows. */
static enum admission_reason admission_enrolled(const struct admission_view *view, const u8 wallet[32], u64 now,
						u16 *ret_organisation, u64 *ret_expires)
{
	struct reader reader;
	struct span value;
	int err = admission_get(view, 'r', wallet, &value);

	if (!err)
		return ADMISSION_REVOKED;
	if (err == -ENOENT)
		err = admission_get(view, 'm', wallet, &value);
	if (err == -ENOENT)
		return ADMISSION_NOT_ENROLLED;
	if (err || value.len != ADMISSION_MEMBER_LEN)
		return ADMISSION_NO_LEDGER;
	reader_init(&reader, value.bytes, value.len);
	*ret_organisation = reader_u16(&reader);
	if (reader_u8(&reader) != CREDENTIAL_CLIENT)
		return ADMISSION_NOT_ENROLLED;
	reader_u8(&reader);
	reader_u64(&reader);
	*ret_expires = reader_u64(&reader);
	if (*ret_organisation >= view->membership->organisation_count ||
	    membership_organisation_left(view->membership, *ret_organisation))
		return ADMISSION_REVOKED;
	return *ret_expires && *ret_expires < now ? ADMISSION_EXPIRED : ADMISSION_ADMITTED;
}

static enum admission_reason admission_account(const struct admission_view *view, const u8 wallet[32])
{
	struct account account;
	struct span value;
	int err = admission_get_charging(view, 'a', wallet, &value);

	if (err == -ENOENT)
		return ADMISSION_NO_ACCOUNT;
	if (err || account_decode(value, &account))
		return ADMISSION_NO_LEDGER;
	return account.state == ACCOUNT_ACTIVE ? ADMISSION_ADMITTED : ADMISSION_SUSPENDED;
}

/* A counter as deltas leave it; 0 where there is none. */
static s64 admission_counter(const struct admission_view *view, char space, const u8 wallet[32])
{
	struct reader reader;
	struct span value;

	if (admission_get_charging(view, space, wallet, &value) || value.len != 8)
		return 0;
	reader_init(&reader, value.bytes, value.len);
	return (s64)reader_u64(&reader);
}

/* R_v of paper eq. (2), the sum of points over the jobs, 0 without any, against the channel's threshold. */
static enum admission_reason admission_credit(const struct admission_view *view, const u8 wallet[32])
{
	s64 jobs = admission_counter(view, 'j', wallet), points = admission_counter(view, 'c', wallet);
	s64 threshold_milli = (s64)view->membership->parameters[MEMBERSHIP_CREDIT_THRESHOLD_MILLI] - 1000;

	if (jobs <= 0)
		return threshold_milli <= 0 ? ADMISSION_ADMITTED : ADMISSION_LOW_CREDIT;
	return points * 1000 >= threshold_milli * jobs ? ADMISSION_ADMITTED : ADMISSION_LOW_CREDIT;
}

static enum admission_reason admission_credential(const struct admission_view *view,
						  const struct credential *credential, struct span bytes,
						  const u8 signature[64], u64 now)
{
	const struct membership *membership = view->membership;
	u8 digest[32];

	if (credential->organisation >= membership->organisation_count ||
	    membership_organisation_left(membership, credential->organisation))
		return ADMISSION_BAD_SIGNATURE;
	credential_signed_hash(TRANSACTION_ENROL, bytes, digest);
	if (!verifier_check(view->verifier, membership->organisations[credential->organisation].authority, digest,
			    sizeof(digest), signature))
		return ADMISSION_BAD_SIGNATURE;
	return credential->expires && credential->expires < now ? ADMISSION_EXPIRED : ADMISSION_ADMITTED;
}

static enum admission_reason admission_decide(const struct admission_view *view, const struct credential *credential,
					      struct span bytes, const u8 signature[64], u64 now,
					      struct admission *ret_admission)
{
	enum admission_reason reason = admission_credential(view, credential, bytes, signature, now);
	u64 expires = 0;

	if (!reason)
		reason = admission_enrolled(view, credential->subject, now, &ret_admission->organisation, &expires);
	if (!reason && ret_admission->organisation != credential->organisation)
		reason = ADMISSION_NOT_ENROLLED;
	if (!reason)
		reason = admission_account(view, credential->subject);
	if (!reason)
		reason = admission_credit(view, credential->subject);
	ret_admission->expires =
		!expires || (credential->expires && credential->expires < expires) ? credential->expires : expires;
	return reason;
}

int admission_judge(struct agent *agent, const u8 bytes[CREDENTIAL_LEN], const u8 signature[64], u64 now,
		    struct admission *ret_admission)
{
	struct span span = { bytes, CREDENTIAL_LEN };
	struct credential credential;
	struct admission_view view;
	bool unsure;

	memset(ret_admission, 0, sizeof(*ret_admission));
	if (credential_decode(span, &credential) || credential.role != CREDENTIAL_CLIENT) {
		ret_admission->reason = ADMISSION_MALFORMED;
		return -EACCES;
	}
	memcpy(ret_admission->channel, credential.channel, 32);
	memcpy(ret_admission->wallet, credential.subject, 32);
	if (!admission_look(agent, credential.channel, &view, &unsure))
		ret_admission->reason = unsure ? ADMISSION_NO_LEDGER : ADMISSION_OTHER_CHANNEL;
	else
		ret_admission->reason = admission_decide(&view, &credential, span, signature, now, ret_admission);
	if (ret_admission->reason == ADMISSION_NO_LEDGER)
		return -EAGAIN;
	return ret_admission->reason == ADMISSION_ADMITTED ? 0 : -EACCES;
}

enum admission_reason admission_holds(struct agent *agent, const u8 channel[32], const u8 wallet[32], u64 now)
{
	struct admission_view view;
	enum admission_reason reason;
	u16 organisation;
	u64 expires;
	bool unsure;

	if (!admission_look(agent, channel, &view, &unsure))
		return unsure ? ADMISSION_NO_LEDGER : ADMISSION_OTHER_CHANNEL;
	reason = admission_enrolled(&view, wallet, now, &organisation, &expires);
	return reason ? reason : admission_account(&view, wallet);
}
