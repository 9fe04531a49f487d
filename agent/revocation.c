// SPDX-License-Identifier: GPL-2.0
/*
 * revocation.c - committed blocks that end sessions (PROTOCOL.md E8): see revocation.h.
 *
 * A block names the wallets to look at (keys revoked, accounts written); whether a session of theirs may go on is then
 * asked of the committed state, so that what a later transaction of the same block put right stays.
 */
#include "agent/revocation.h"

#include <sodium.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/contract/charging.h"
#include "agent/greet.h"
#include "agent/say.h"

#define REVOCATION_SWEEP 512				/* wallets a second */
#define REVOCATION_PREFIX_LEN sizeof("k" CHARGING_NAME) /* with the 0 behind the name */

static void revocation_judge(struct agent *agent, const u8 channel[32], const u8 wallet[32])
{
	enum admission_reason reason = admission_holds(agent, channel, wallet, ingress_now(agent->ingress));
	char hex[17];
	u32 ended;

	if (reason == ADMISSION_ADMITTED || reason == ADMISSION_NO_LEDGER)
		return;
	ended = greet_revoke(agent, wallet);
	agent->revocations += ended;
	sodium_bin2hex(hex, sizeof(hex), wallet, 8);
	if (ended)
		say_info("%u session%s of wallet %s... ended at the gate: %s", ended, ended == 1 ? "" : "s", hex,
			 admission_sentence(reason));
}

/* The wallet whose account @write changes, or NULL. */
static const u8 *revocation_account(const struct rwset_write *write)
{
	if (write->key.len != REVOCATION_PREFIX_LEN + 1 + 32 ||
	    memcmp(write->key.bytes, "k" CHARGING_NAME, REVOCATION_PREFIX_LEN) ||
	    write->key.bytes[REVOCATION_PREFIX_LEN] != 'a')
		return NULL;
	return write->key.bytes + REVOCATION_PREFIX_LEN + 1;
}

static void revocation_invoke(struct agent *agent, const u8 channel[32], const struct transaction *transaction)
{
	struct span rest = transaction->rwset.writes;
	struct rwset_write write;
	const u8 *wallet;

	while (rwset_next_write(&rest, &write)) {
		wallet = revocation_account(&write);
		if (wallet)
			revocation_judge(agent, channel, wallet);
	}
}

static void revocation_take(struct agent *agent, const u8 channel[32], struct span bytes)
{
	struct transaction transaction;
	struct credential credential;

	if (transaction_decode(bytes.bytes, bytes.len, &transaction))
		return;
	if (transaction.kind == TRANSACTION_INVOKE)
		revocation_invoke(agent, channel, &transaction);
	else if (transaction.kind == TRANSACTION_REVOKE && !credential_decode(transaction.credential, &credential))
		revocation_judge(agent, channel, credential.subject);
}

void revocation_committed(struct agent *agent, struct channel *channel, const struct block *block)
{
	const u8 *id = ledger_channel(channel_ledger(channel));
	struct reader body;
	struct span bytes;
	u32 index = 0;

	if (!agent->config.gate || block_body_open(block->body, &body) < 0)
		return;
	for (; block_body_next(&body, &bytes) && index < block->header.count; index++)
		if (block->outcomes[index] == LEDGER_VALID)
			revocation_take(agent, id, bytes);
}

void revocation_sweep(struct agent *agent)
{
	u8 channel[32], wallet[32];
	const struct greeted *greeted;
	u32 i;

	for (i = 0; i < REVOCATION_SWEEP; i++) {
		greeted = greet_next(agent, &agent->revocation_at);
		if (!greeted) {
			agent->revocation_at = 0;
			return;
		}
		memcpy(channel, greeted->channel, sizeof(channel));
		memcpy(wallet, greeted->wallet, sizeof(wallet));
		revocation_judge(agent, channel, wallet);
	}
}
