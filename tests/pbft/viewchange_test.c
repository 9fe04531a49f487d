// SPDX-License-Identifier: GPL-2.0
/*
 * viewchange_test.c - what one core believes of view changes and new views,
 * message by message; what a view selects, and what stays true after it.
 */
#include "tests/ktap.h"
#include "tests/pbft/hand.h"

static void commits_of_one_view(void)
{
	static struct pbft_message changes[3];
	struct pbft_message message = { .kind = PBFT_NEW_VIEW, .epoch = 3, .sender = 1 };
	struct pbft_block block;
	struct one one;
	u32 i;

	/* Replica 3 has candidate 1 in view 0 and votes to commit it; view 1 begins without it. */
	one_start(&one, 4, 3);
	block = one_block(&one, 1, 0);
	prepare(&one, 0, block);
	vote(&one, PBFT_PREPARE, 2, 0, block);
	vote(&one, PBFT_COMMITTED_VOTE, 0, 0, block);
	for (i = 0; i < 3; i++) {
		changes[i] = change(&one, i, 1, 0, 0, i);
		one_seal(&one, &changes[i]);
	}
	message.new_view.view = 1;
	message.new_view.count = 3;
	message.new_view.view_changes = changes;
	one_seal(&one, &message);
	one_receive(&one, 1, &message);
	ktap_ok(one.status.view == 1 && !one.status.changing && one_effect(&one, PBFT_DISCARD, 0, 0),
		"C13: a candidate that no view change shows prepared is discarded");
	prepare(&one, 1, block);
	vote(&one, PBFT_PREPARE, 0, 1, block);
	vote(&one, PBFT_COMMITTED_VOTE, 2, 0, block);
	ktap_ok(!one.status.committed, "C9: commit votes of two views do not count together");
	vote(&one, PBFT_COMMITTED_VOTE, 2, 1, block);
	vote(&one, PBFT_COMMITTED_VOTE, 1, 1, block);
	ktap_ok(one.status.committed == 1, "C9: those of one view do");
	one_done(&one);
}

static void selection(void)
{
	static struct pbft_message changes[3];
	static struct pbft_certificate proofs[8];
	struct one one;
	u32 i;

	/*
	 * 0 proves block 2 committed and block 3 of view 1 prepared; 1 stands at the base and has 1, 2 and 3 of view 2
	 * and 4 of view 2; 2 has nothing. The selection is 3 and 4 of view 2: from the whole set, not from those with
	 * the highest base.
	 */
	one_start(&one, 4, 3);
	changes[0] = change(&one, 0, 5, 2, 0, 0);
	proofs[0] = one_certificate(&one, PBFT_PREPARE, 1, one_block(&one, 3, 0), room[1]);
	changes[0].view_change.prepared = proofs;
	changes[0].view_change.prepared_count = 1;
	changes[1] = change(&one, 1, 5, 0, 0, 2);
	for (i = 0; i < 4; i++)
		proofs[1 + i] = one_certificate(&one, PBFT_PREPARE, 2, one_block(&one, 1 + i, 0), room[3 + i]);
	changes[1].view_change.prepared = proofs + 1;
	changes[1].view_change.prepared_count = 4;
	changes[2] = change(&one, 2, 5, 0, 0, 9);
	enter(&one, changes, 5);
	ktap_ok(one.status.view == 5 && one.status.proposed == 4, "C13: selected from the whole set (up to %llu)",
		(unsigned long long)one.status.proposed);
	ktap_ok(one.status.behind == 2, "C17: the base is certified, and asked for");
	one_done(&one);

	/* Another branch at 3, of a higher view: 4, which follows the other 3, is cut off. */
	one_start(&one, 4, 3);
	proofs[0] = one_certificate(&one, PBFT_PREPARE, 3, one_block(&one, 3, 7), room[1]);
	memset(proofs[0].block.previous, 2, 32);
	proofs[0].block.previous[0] = 0;
	proofs[0] = one_certificate(&one, PBFT_PREPARE, 3, proofs[0].block, room[1]);
	enter(&one, changes, 5);
	ktap_ok(one.status.view == 5 && one.status.proposed == 3,
		"C13: the selection ends where the chain breaks (%llu)", (unsigned long long)one.status.proposed);
	one_done(&one);
}

static void false_proofs(void)
{
	static struct pbft_message changes[3];
	static struct pbft_certificate proof;
	struct one one;
	u32 i;

	for (i = 0; i < 7; i++) {
		one_start(&one, 4, 3);
		changes[0] = change(&one, 0, 5, 2, 0, 0);
		changes[1] = change(&one, 1, 5, 0, 0, 1);
		changes[2] = change(&one, 2, 5, 0, 0, 2);
		proof = one_certificate(&one, PBFT_PREPARE, 1, one_block(&one, 3, 0), room[3]);
		changes[0].view_change.prepared = &proof;
		changes[0].view_change.prepared_count = 1;
		if (i == 1)
			proof.block.previous[5] ^= 1; /* and the base's hash the same, below */
		if (i == 2)
			proof.block.time++;
		if (i == 3)
			proof.count--;
		if (i == 4)
			proof.signatures[1].bytes[0] ^= 1;
		if (i == 5)
			changes[0].view_change.commits.signatures[2].bytes[9] ^= 1;
		if (i == 6)
			changes[2].view_change.view = 4;
		if (i == 1)
			memcpy(changes[0].view_change.base_hash, proof.block.previous, 32);
		enter(&one, changes, 5);
		ktap_ok((one.status.view == 5) == !i, "C12: %s",
			(const char *[]){ "a true view change is believed", "not one that lies about a block's place",
					  "nor about its time", "nor with too few prepares", "nor with a forged one",
					  "nor with a forged commit", "nor one for another view" }[i]);
		one_done(&one);
	}
}

static void left_for_ever(void)
{
	static struct pbft_message own;
	struct pbft_message message = { .kind = PBFT_STATUS, .epoch = 3, .sender = 1 };
	struct pbft_block block;
	struct one one;

	one_start(&one, 4, 1);
	block = one_block(&one, 1, 0);
	message = one_preprepare(&one, 0, block);
	one_receive(&one, 0, &message);
	one_executed(&one, 0, block, PBFT_REFUSED);
	ktap_ok(one.status.changing && one.status.view == 1, "C7: a refused block makes the replica leave");
	own = *one_effect(&one, PBFT_PERSIST, PBFT_VIEW_CHANGE, 0)->message;
	own.view_change.commits.signatures = NULL;
	one_done(&one);
	one_start(&one, 4, 1);
	pbft_restore(one.core, &own);
	prepare(&one, 0, block);
	ktap_ok(one.status.changing && !one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0),
		"C12: a view that was left is not voted in after a restart");
	one_done(&one);
	/* A status written at the last checkpoint says the same once the view change is gone. */
	one_start(&one, 4, 1);
	message = (struct pbft_message){ .kind = PBFT_STATUS, .epoch = 3, .sender = 1 };
	message.status.view = 1;
	message.status.changing = true;
	pbft_restore(one.core, &message);
	prepare(&one, 0, block);
	ktap_ok(one.status.changing && one.status.view == 1 && !one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0),
		"C10: nor when only a status is left of the log");
	one_done(&one);
}

static void offers_of_coming_views(void)
{
	static struct pbft_message changes[3];
	struct pbft_message message;
	struct pbft_block block;
	struct one one;
	u32 i;

	one_start(&one, 4, 3);
	block = one_block(&one, 1, 0);
	message = one_preprepare(&one, 1, block);
	one_receive(&one, 1, &message);
	ktap_ok(!one_effect(&one, PBFT_EXECUTE, 0, 0), "a proposal of a view to come waits");
	for (i = 0; i < 3; i++)
		changes[i] = change(&one, i, 1, 0, 0, i);
	enter(&one, changes, 1);
	ktap_ok(one_effect(&one, PBFT_EXECUTE, 0, 0), "and is taken when the view has come");
	one_done(&one);
}

static void votes_in_order(void)
{
	static struct pbft_message changes[3];
	static struct pbft_certificate proofs[2];
	struct pbft_block first, second;
	struct pbft_message message;
	struct one one;
	u32 i;

	/* Both are selected by a new view and carried out; the proposal of the second comes first. */
	one_start(&one, 4, 3);
	first = one_block(&one, 1, 0);
	second = one_block(&one, 2, 0);
	for (i = 0; i < 3; i++)
		changes[i] = change(&one, i, 1, 0, 0, i);
	proofs[0] = one_certificate(&one, PBFT_PREPARE, 0, first, room[4]);
	proofs[1] = one_certificate(&one, PBFT_PREPARE, 0, second, room[5]);
	changes[1].view_change.prepared = proofs;
	changes[1].view_change.prepared_count = 2;
	enter(&one, changes, 1);
	one_executed(&one, 1, first, PBFT_ACCEPTED);
	one_executed(&one, 1, second, PBFT_ACCEPTED);
	message = one_preprepare(&one, 1, second);
	one_receive(&one, 1, &message);
	ktap_ok(!one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0), "C7: no prepare before that of the number below");
	message = one_preprepare(&one, 1, first);
	one_receive(&one, 1, &message);
	ktap_ok(one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0) && one_effect(&one, PBFT_SEND, PBFT_PREPARE, 1) &&
			one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0)->message->vote.number == 1,
		"C7: then both, in order");
	one_done(&one);
	/* Another block than the selected one. */
	one_start(&one, 4, 3);
	enter(&one, changes, 1);
	first.header[7] ^= 1;
	message = one_preprepare(&one, 1, first);
	one_receive(&one, 1, &message);
	ktap_ok(one.status.changing && one_effect(&one, PBFT_MISBEHAVED, 0, 0),
		"C13: another block than the selected one convicts the primary");
	one_done(&one);
}

static void few_view_changes(void)
{
	static struct pbft_message changes[3];
	struct pbft_message message = { .kind = PBFT_NEW_VIEW, .epoch = 3, .sender = 1 };
	struct one one;
	u32 i;

	one_start(&one, 4, 3);
	for (i = 0; i < 3; i++) {
		changes[i] = change(&one, i, 1, 0, 0, i);
		one_seal(&one, &changes[i]);
	}
	message.new_view.view = 1;
	message.new_view.count = 2;
	message.new_view.view_changes = changes;
	one_seal(&one, &message);
	one_receive(&one, 1, &message);
	ktap_ok(!one.status.view, "C13: a new view of two of four is refused");
	one_receive(&one, 0, &changes[0]);
	ktap_ok(!one.status.changing, "C15: one view change moves nobody");
	one_receive(&one, 2, &changes[2]);
	ktap_ok(one.status.changing && one.status.view == 1, "C15: f + 1 do");
	one_done(&one);
	/* The primary of view 1 itself. */
	one_start(&one, 4, 1);
	one_receive(&one, 0, &changes[0]);
	changes[2].view_change.base_hash[0] ^= 1;
	one_seal(&one, &changes[2]);
	one_receive(&one, 2, &changes[2]);
	ktap_ok(one.status.changing && one_effect(&one, PBFT_MISBEHAVED, 0, 0) &&
			one_effect(&one, PBFT_MISBEHAVED, 0, 0)->replica == 2,
		"C12: a view change that proves nothing does not count for the primary either");
	changes[2].sender = 3;
	changes[2].view_change.base_hash[0] ^= 1;
	one_seal(&one, &changes[2]);
	one_receive(&one, 3, &changes[2]);
	ktap_ok(!one.status.changing && one.status.view == 1 && one_effect(&one, PBFT_SEND, PBFT_NEW_VIEW, 0),
		"C13: with a quorum it begins the view");
	one_done(&one);
}

/* Block 1 is committed here; a quorum that shows nothing of it speaks of a time before. */
static void older_new_view(void)
{
	static struct pbft_message changes[3];
	struct pbft_block block;
	struct one one;
	u32 i;

	one_start(&one, 4, 3);
	block = one_block(&one, 1, 0);
	prepare(&one, 0, block);
	vote(&one, PBFT_PREPARE, 1, 0, block);
	vote(&one, PBFT_COMMITTED_VOTE, 0, 0, block);
	vote(&one, PBFT_COMMITTED_VOTE, 1, 0, block);
	for (i = 0; i < 3; i++)
		changes[i] = change(&one, i, 1, 0, 0, i);
	enter(&one, changes, 1);
	ktap_ok(one.status.committed == 1 && !one.status.view,
		"C13: a new view that selects less than is committed here is ignored");
	one_done(&one);
}

/* This core's ledger knows where the epoch began: nobody can stand below that, or within the epoch without votes. */
static void base_below(void)
{
	static struct pbft_message changes[3];
	struct one one;
	u32 i;

	for (i = 0; i < 3; i++) {
		one_defaults(&one, 4, 3);
		one.config.base = 10;
		one_init(&one);
		changes[0] = change(&one, 0, 5, 10, 0, 0);
		changes[1] = change(&one, 1, 5, i == 1 ? 4 : 10, 0, 1);
		changes[2] = change(&one, 2, 5, i == 2 ? 12 : 10, 0, 2);
		if (i == 2)
			changes[2].view_change.commits.count = 0;
		enter(&one, changes, 5);
		ktap_ok((one.status.view == 5) == !i, "C12: %s",
			(const char *[]){ "view changes from the epoch's base are believed", "not one from below it",
					  "nor one from above it without a certificate" }[i]);
		one_done(&one);
	}
}

static void forged_change(void)
{
	struct pbft_message message;
	struct one one;
	u32 i;

	one_start(&one, 4, 3);
	for (i = 0; i < 3; i++) {
		message = change(&one, i, 1, 0, 0, i);
		one_seal(&one, &message);
		message.signature[8] ^= 1;
		one_receive(&one, i == 1 ? 2 : 1, &message);
	}
	ktap_ok(!one.status.changing, "C12: forged view changes move nobody");
	one_done(&one);
}

/* A primary whose ledger lags: of what its view selects, 17 to 20 lie beyond the window until it has caught up. */
static void beyond_the_window(void)
{
	static struct pbft_message changes[3];
	static struct pbft_certificate proofs[16];
	struct pbft_event synced = { .type = PBFT_SYNCED };
	struct pbft_block block;
	struct one one;
	u32 i;

	one_start(&one, 4, 3);
	for (i = 0; i < 3; i++)
		changes[i] = change(&one, i, 3, i ? 0 : 4, 0, i);
	for (i = 0; i < 16; i++)
		proofs[i] = one_certificate(&one, PBFT_PREPARE, 0, one_block(&one, 5 + i, 0), room[3 + i]);
	changes[0].view_change.prepared = proofs;
	changes[0].view_change.prepared_count = 16;
	for (i = 0; i < 2; i++) {
		one_seal(&one, &changes[i]);
		one_receive(&one, i, &changes[i]);
	}
	synced.synced.block = one_block(&one, 8, 0);
	one_step(&one, &synced);
	for (i = 9; i <= 20; i++)
		one_executed(&one, 3, one_block(&one, i, 0), PBFT_ACCEPTED);
	ktap_ok(one.status.view == 3 && one_effect(&one, PBFT_SEND, PBFT_PREPREPARE, 0) &&
			one_effect(&one, PBFT_SEND, PBFT_PREPREPARE, 0)->message->preprepare.block.number == 20,
		"C13: what the view selects beyond the window is proposed when the window has come");
	for (i = 0; i < 3; i++)
		changes[i] = change(&one, i, 4, 8, 0, i);
	enter(&one, changes, 4);
	for (i = 9; i <= 17; i++) {
		block = one_block(&one, i, i == 9 ? 0 : 7);
		block.header[0] = 7;
		prepare(&one, 4, block);
	}
	ktap_ok(one.status.view == 4 && !one.status.changing && !one_effect(&one, PBFT_MISBEHAVED, 0, 0) &&
			one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0),
		"C24: what was proposed there in the view before contradicts nothing in the next");
	one_done(&one);
}

/* Blocks 5 and 6 came as blocks; the next view proposes them again, and is not measured by what stood there before. */
static void below_the_transfer(void)
{
	static struct pbft_message changes[3];
	static struct pbft_certificate proofs[2];
	struct pbft_event synced = { .type = PBFT_SYNCED };
	struct pbft_message message;
	struct one one;
	bool accused = false;
	u32 i;

	one_start(&one, 4, 3);
	for (i = 1; i <= 6; i++)
		prepare(&one, 0, one_block(&one, i, 0));
	synced.synced.block = one_block(&one, 6, 1);
	one_step(&one, &synced);
	for (i = 0; i < 3; i++)
		changes[i] = change(&one, i, 2, 4, 1, i);
	for (i = 0; i < 2; i++)
		proofs[i] = one_certificate(&one, PBFT_PREPARE, 1, one_block(&one, 5 + i, 1), room[3 + i]);
	changes[1].view_change.prepared = proofs;
	changes[1].view_change.prepared_count = 2;
	enter(&one, changes, 2);
	for (i = 5; i <= 6; i++) {
		message = one_preprepare(&one, 2, one_block(&one, i, 1));
		one_receive(&one, 2, &message);
		accused |= one_effect(&one, PBFT_MISBEHAVED, 0, 0) != NULL;
	}
	ktap_ok(one.status.view == 2 && !one.status.changing && !accused,
		"C24: nor what stood below a transfer in a view that lost");
	prepare(&one, 2, one_block(&one, 7, 1));
	ktap_ok(one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0), "and the next proposal is taken");
	one_done(&one);
}

int main(void)
{
	ktap_plan(0);
	commits_of_one_view();
	selection();
	false_proofs();
	left_for_ever();
	offers_of_coming_views();
	votes_in_order();
	few_view_changes();
	older_new_view();
	base_below();
	forged_change();
	beyond_the_window();
	below_the_transfer();
	return ktap_exit();
}
