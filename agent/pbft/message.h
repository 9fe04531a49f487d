/* SPDX-License-Identifier: GPL-2.0 */
/*
 * message.h - what replicas say to each other, and its bytes. Pure.
 *
 * message      = kind u8, epoch u64, sender u16, then by kind, then signature 64
 * pre-prepare  = view u64, block
 * prepare, commit, checkpoint = view u64, number u64, hash 32
 * view-change  = view u64, base u64, base hash 32, commits, prepared count u16, each: view u64, block, signatures
 * new-view     = view u64, count u16, each: view-change's length u32, view-change message with its signature
 * status       = view u64, committed u64, stable u64, committed hash 32, flags u8 (1 changing, 2 wants)
 * block        = number u64, time u64, previous 32, header 32, requests u32, bytes u32, last u8
 * commits      = view u64, signatures
 * signatures   = count u16, each: replica u16 (ascending), signature 64
 *
 * Votes are signed over block_vote_hash(), so that the same signature stands in a certificate; the others over
 * hash(MESSAGE: channel, the bytes before the signature). Commits and checkpoints are votes for a header hash, as the
 * ledger keeps them. Pre-prepares and prepares are votes for pbft_block_hash(), which binds what else consensus knows
 * of the block: a view change that could lie about a prepared block's `previous` or time could cut off a committed one
 * (PROTOCOL.md C2). Bodies are not part of a message: the shell carries them beside a pre-prepare and checks them
 * against the header by carrying them out.
 */
#ifndef VOLTGATE_PBFT_MESSAGE_H
#define VOLTGATE_PBFT_MESSAGE_H

#include "agent/pbft/pbft.h"

#define PBFT_WINDOW_MAX 256

enum pbft_kind {
	PBFT_PREPREPARE = 1,
	PBFT_PREPARE = 2,
	PBFT_COMMITTED_VOTE = 3, /* commit */
	PBFT_CHECKPOINT = 4,
	PBFT_VIEW_CHANGE = 5,
	PBFT_NEW_VIEW = 6,
	PBFT_STATUS = 7, /* anti-entropy: where the sender is; answered with what it lacks */
};

/* A quorum's votes of one kind for one block. Prepared: the primary's pre-prepare and prepares of others. */
struct pbft_certificate {
	u64 view;
	struct pbft_block block;
	u32 count;
	struct block_signature *signatures; /* ascending by replica */
};

struct pbft_view_change {
	u64 view; /* wanted */
	u64 base; /* highest block committed at the sender */
	u8 base_hash[32];
	struct pbft_certificate commits; /* of base: its view and signatures only; count 0 if base is the epoch's */
	u32 prepared_count;		 /* certificates for base + 1, base + 2, ... each the sender's highest view */
	struct pbft_certificate *prepared;
};

struct pbft_message {
	enum pbft_kind kind;
	u64 epoch;
	u32 sender;
	u8 signature[64];
	union {
		struct {
			u64 view;
			struct pbft_block block;
		} preprepare;
		struct {
			u64 view, number;
			u8 hash[32]; /* prepare: pbft_block_hash(); commit, checkpoint: the header's */
		} vote;		     /* prepare, commit; checkpoint with view 0 */
		struct pbft_view_change view_change;
		struct {
			u64 view;
			u32 count; /* a quorum of view changes, ascending by sender, each with its own signature */
			struct pbft_message *view_changes;
		} new_view; /* what is proposed again follows from the view changes by rule C13 */
		struct {
			u64 view, committed, stable;
			u8 committed_hash[32];
			bool changing;
			bool wants; /* asks for what it lacks in this view */
		} status;
	};
};

/* What pre-prepares and prepares vote for: everything in @block. */
void pbft_block_hash(const struct pbft_block *block, u8 ret_hash[32]);

/* Greatest encoding for n replicas and a window. */
size_t pbft_message_size(u32 n, u32 window);
/* Bytes written; 0: @size too small. */
size_t pbft_message_encode(const struct pbft_message *message, void *ret_bytes, size_t size);
/*
 * Decodes into @ret_message, whose parts are taken from @room (pbft_message_room(n, window) bytes). Structure and
 * limits only. 0; -EBADMSG.
 */
size_t pbft_message_room(u32 n, u32 window);
int pbft_message_decode(struct span bytes, u32 n, u32 window, void *room, size_t room_size,
			struct pbft_message *ret_message);
/* Deep copy: the parts go into @room, of the size above. -ENOSPC. */
int pbft_message_copy(const struct pbft_message *message, void *room, size_t room_size,
		      struct pbft_message *ret_message);
/* What the sender signs. */
void pbft_message_digest(const struct pbft_message *message, const u8 channel[32], u8 ret_digest[32]);

#endif
