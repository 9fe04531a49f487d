// SPDX-License-Identifier: GPL-2.0
/*
 * sign.c - signatures made and checked. What held once is remembered in a table
 * of fixed size, since the same votes come again in the certificates of view changes.
 */
#include "agent/pbft/core.h"

void sign_message(struct pbft *core, struct pbft_message *message)
{
	u8 digest[32];

	pbft_message_digest(message, core->config.channel, digest);
	core->config.crypto.sign(core->config.crypto.arg, digest, message->signature);
}

bool sign_check(struct pbft *core, u32 replica, const u8 digest[32], const u8 signature[64])
{
	struct remembered *known = &core->remembered[(vg_load64(digest) + replica) & core->remembered_mask];

	if (known->there && known->replica == replica && !memcmp(known->digest, digest, 32) &&
	    !memcmp(known->signature, signature, 64)) {
		core->counters[PBFT_COUNTER_REMEMBERED]++;
		return true;
	}
	core->counters[PBFT_COUNTER_VERIFIED]++;
	if (!RULE_PART(core, 2, 1, core->config.crypto.verify(core->config.crypto.arg, replica, digest, signature))) {
		core->counters[PBFT_COUNTER_FORGED]++;
		return false;
	}
	known->there = true;
	known->replica = replica;
	memcpy(known->digest, digest, 32);
	memcpy(known->signature, signature, 64);
	return true;
}

bool sign_check_message(struct pbft *core, const struct pbft_message *message)
{
	u8 digest[32];

	pbft_message_digest(message, core->config.channel, digest);
	return sign_check(core, message->sender, digest, message->signature);
}

bool sign_check_vote(struct pbft *core, enum block_vote kind, u32 replica, u64 view, u64 number, const u8 hash[32],
		     const u8 signature[64])
{
	u8 digest[32];

	block_vote_hash(kind, core->config.channel, core->config.epoch, view, number, hash, digest);
	return sign_check(core, replica, digest, signature);
}
