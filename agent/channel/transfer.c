// SPDX-License-Identifier: GPL-2.0
/*
 * transfer.c - snapshots, for a node that is far behind or lacks blocks which
 * nobody holds any more: piece by piece from one peer, checked against the chain's certificates by ledger/snapshot.c.
 *
 *   idle -> piece 0 asked -> pieces in order, each asked when the one before is in -> whole -> nothing waits for the
 *   disk: the ledger becomes the snapshot's, the epoch is looked at anew -> idle   (a false or silent peer: idle,
 * another)
 *
 * Memory: one piece here; at most two exports with two pieces each for others.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/channel/room.h"

#define PIECE_BYTES (1u << 20)
#define PIECE_US 3000000 /* patience with one piece */
#define PIECE_TRIES 4
#define AGAIN_US 1000000   /* between two attempts */
#define SHUN_US 30000000   /* a false snapshot's giver */
#define EXPORT_US 30000000 /* an export that nobody asks of ends */

/* --- taking one --- */

static void piece_ask(struct channel *channel)
{
	struct room_import *import = &channel->import;
	struct parcel parcel = { .kind = PARCEL_SNAPSHOT_WANTED, .piece = import->piece };
	struct writer writer;
	u8 bytes[16];

	writer_init(&writer, bytes, sizeof(bytes));
	parcel_encode(&writer, &parcel);
	import->deadline_us = channel->now_us + PIECE_US;
	channel_send_node(channel, import->peer, CHANNEL_VOTES, (struct span){ bytes, writer_len(&writer) });
}

void transfer_done(struct channel *channel)
{
	if (channel->import.import)
		snapshot_import_close(channel->import.import);
	channel->import = (struct room_import){ .not_before_us = channel->import.not_before_us };
}

static void give_up(struct channel *channel, const char *why, u64 shun_us)
{
	channel_say(channel, true, "The snapshot from %s is given up: %s",
		    channel->membership->nodes[channel->import.peer].name, why);
	channel->peers[channel->import.peer].shunned_us = channel->now_us + shun_us;
	channel->import.not_before_us = channel->now_us + AGAIN_US;
	transfer_done(channel);
}

static int giver_find(const struct channel *channel)
{
	int best = -1;

	for (u32 i = 0; i < channel->membership->node_count; i++) {
		const struct room_peer *peer = &channel->peers[i];

		if (peer->known && peer->up && (int)i != channel->own_node && channel->now_us >= peer->shunned_us &&
		    peer->head > ledger_head(channel->ledger)->number &&
		    (best < 0 || peer->head > channel->peers[best].head))
			best = i;
	}
	return best;
}

bool transfer_run(struct channel *channel, bool needed)
{
	struct room_import *import = &channel->import;
	int giver;

	if (import->active) {
		if (import->whole)
			return true;
		if (channel->now_us >= import->deadline_us && ++import->tries < PIECE_TRIES)
			piece_ask(channel);
		else if (channel->now_us >= import->deadline_us)
			give_up(channel, "it does not answer.", AGAIN_US);
		return import->active;
	}
	if (!needed || channel->now_us < import->not_before_us)
		return false;
	giver = giver_find(channel);
	if (giver < 0)
		return false;
	*import = (struct room_import){ .active = true, .peer = giver };
	channel_say(channel, false, "From block %llu on it is a snapshot that is taken, from %s.",
		    (unsigned long long)ledger_head(channel->ledger)->number + 1,
		    channel->membership->nodes[giver].name);
	piece_ask(channel);
	return true;
}

void transfer_finish(struct channel *channel)
{
	struct snapshot_import *import = channel->import.import;
	struct ledger_error fault = { 0 };
	int error;

	if (!channel->import.whole)
		return;
	channel->import.whole = false;
	if (channel->import.height <= ledger_head(channel->ledger)->number) {
		transfer_done(channel); /* blocks were faster */
		return;
	}
	transfer_served(channel, true);
	epoch_replace(channel, NULL);
	channel->import.import = NULL;
	error = snapshot_import_finish(import, NULL, &fault);
	if (error == -EIO) {
		channel_break(channel, "The snapshot cannot take the ledger's place: %s", fault.text);
		return;
	}
	if (error) {
		give_up(channel, fault.text, error == -EBADMSG ? SHUN_US : AGAIN_US);
	} else {
		transfer_done(channel);
		channel->counters.snapshots++;
		channel->progress_us = channel->now_us;
	}
	epoch_replace(channel, channel->ledger);
}

void transfer_piece(struct channel *channel, u32 peer, const struct parcel *parcel)
{
	struct room_import *import = &channel->import;
	struct ledger_error fault = { 0 };
	int error = 0;

	if (!import->active || import->peer != peer || parcel->piece != import->piece ||
	    (import->piece && parcel->number != import->height) || import->whole || channel->stopped)
		return;
	if (!import->import) {
		error = snapshot_import_over(channel->ledger, &import->import, &fault);
		import->height = parcel->number;
	}
	if (!error)
		error = snapshot_import_piece(import->import, parcel->piece_bytes, &fault);
	if (error) {
		channel->counters.refused_blocks += error == -EBADMSG;
		give_up(channel, fault.text[0] ? fault.text : strerror(-error), error == -EBADMSG ? SHUN_US : AGAIN_US);
		return;
	}
	import->whole = parcel->last;
	if (parcel->last)
		return;
	import->piece++;
	import->tries = 0;
	piece_ask(channel);
}

u64 transfer_wake_us(const struct channel *channel)
{
	return channel->import.active && !channel->import.whole ? channel->import.deadline_us : CHANNEL_NEVER;
}

/* --- giving them --- */

static void export_end(struct room_export *export_)
{
	if (export_->export_)
		snapshot_export_close(export_->export_);
	free(export_->bytes);
	free(export_->ahead);
	*export_ = (struct room_export){ 0 };
}

void transfer_served(struct channel *channel, bool all)
{
	for (u32 i = 0; i < CHANNEL_EXPORTS; i++)
		if (channel->exports[i].export_ && (all || channel->now_us >= channel->exports[i].used_us + EXPORT_US))
			export_end(&channel->exports[i]);
}

static int export_step(struct room_export *export_)
{
	int more;

	free(export_->bytes);
	export_->bytes = export_->ahead;
	export_->len = export_->ahead_len;
	export_->ahead = NULL;
	more = export_->bytes ? snapshot_export_next(export_->export_, &export_->ahead, &export_->ahead_len) : -EIO;
	if (more <= 0)
		export_->ahead = NULL;
	return more < 0 ? more : 0;
}

static struct room_export *export_begin(struct channel *channel, u32 peer)
{
	struct room_export *place = NULL;

	for (u32 i = 0; i < CHANNEL_EXPORTS; i++) {
		struct room_export *export_ = &channel->exports[i];

		if (export_->export_ && !memcmp(export_->key, channel->peers[peer].key, 32))
			export_end(export_);
		if (!export_->export_)
			place = export_;
	}
	if (!place || channel->unsynced || snapshot_export_open(channel->ledger, PIECE_BYTES, &place->export_))
		return NULL;
	memcpy(place->key, channel->peers[peer].key, 32);
	place->height = ledger_durable(channel->ledger);
	if (snapshot_export_next(place->export_, &place->ahead, &place->ahead_len) != 1 || export_step(place)) {
		export_end(place);
		return NULL;
	}
	return place;
}

static struct room_export *export_find(struct channel *channel, u32 peer, u32 piece)
{
	for (u32 i = 0; i < CHANNEL_EXPORTS; i++) {
		struct room_export *export_ = &channel->exports[i];

		if (!export_->export_ || memcmp(export_->key, channel->peers[peer].key, 32))
			continue;
		if (piece == export_->piece)
			return export_;
		if (piece != export_->piece + 1 || !export_->ahead)
			return NULL;
		export_->piece++;
		if (!export_step(export_))
			return export_;
		export_end(export_);
		return NULL;
	}
	return NULL;
}

void transfer_wanted(struct channel *channel, u32 peer, const struct parcel *parcel)
{
	struct room_export *export_ =
		parcel->piece ? export_find(channel, peer, parcel->piece) : export_begin(channel, peer);
	struct parcel answer = { .kind = PARCEL_SNAPSHOT };
	struct writer writer;
	size_t size;
	u8 *bytes;

	if (!export_)
		return; /* it asks again, or another */
	export_->used_us = channel->now_us;
	answer.number = export_->height;
	answer.piece = export_->piece;
	answer.last = !export_->ahead;
	answer.piece_bytes = (struct span){ export_->bytes, export_->len };
	size = parcel_size(&answer);
	bytes = malloc(size);
	if (!bytes)
		return;
	writer_init(&writer, bytes, size);
	parcel_encode(&writer, &answer);
	channel_send_node(channel, peer, CHANNEL_BULK, (struct span){ bytes, writer_len(&writer) });
	free(bytes);
}
