// SPDX-License-Identifier: GPL-2.0
/*
 * message_decode.c - a message from its bytes, and deep copies. Everything that
 * has no fixed size lies in a room that the caller made for n and the window.
 */
#include "agent/pbft/message.h"
#include "agent/pbft/room.h"

#include <errno.h>

struct decoder {
	struct reader reader;
	struct room room;
	u32 n, window;
};

size_t pbft_message_room(u32 n, u32 window)
{
	size_t change = ROOM_ALIGNED(window * sizeof(struct pbft_certificate)) +
			(window + 1) * ROOM_ALIGNED(n * sizeof(struct block_signature));

	return ROOM_ALIGNED(n * sizeof(struct pbft_message)) + n * change;
}

static void get_block(struct reader *reader, struct pbft_block *ret_block)
{
	u8 last;

	ret_block->number = reader_u64(reader);
	ret_block->time = reader_u64(reader);
	reader_copy(reader, ret_block->previous, 32);
	reader_copy(reader, ret_block->header, 32);
	ret_block->requests = reader_u32(reader);
	ret_block->bytes = reader_u32(reader);
	last = reader_u8(reader);
	if (last > 1)
		reader->bad = true;
	ret_block->last = last == 1;
}

static void get_signatures(struct decoder *decoder, struct pbft_certificate *ret_certificate)
{
	struct reader *reader = &decoder->reader;
	u32 i, count = reader_u16(reader);
	struct block_signature *signatures;

	ret_certificate->count = 0;
	ret_certificate->signatures = NULL;
	if (count > decoder->n) {
		reader->bad = true;
		return;
	}
	signatures = room_take(&decoder->room, count * sizeof(*signatures));
	if (!signatures)
		return;
	for (i = 0; i < count; i++) {
		signatures[i].replica = reader_u16(reader);
		reader_copy(reader, signatures[i].bytes, BLOCK_SIGNATURE_LEN);
		if (signatures[i].replica >= decoder->n || (i && signatures[i].replica <= signatures[i - 1].replica))
			reader->bad = true;
	}
	ret_certificate->count = count;
	ret_certificate->signatures = signatures;
}

static void get_view_change(struct decoder *decoder, struct pbft_view_change *ret_change)
{
	struct reader *reader = &decoder->reader;
	u32 i, count;

	ret_change->view = reader_u64(reader);
	ret_change->base = reader_u64(reader);
	reader_copy(reader, ret_change->base_hash, 32);
	memset(&ret_change->commits, 0, sizeof(ret_change->commits));
	ret_change->commits.view = reader_u64(reader);
	get_signatures(decoder, &ret_change->commits);
	count = reader_u16(reader);
	ret_change->prepared_count = 0;
	ret_change->prepared = NULL;
	if (reader->bad || count > decoder->window) {
		reader->bad = true;
		return;
	}
	ret_change->prepared = room_take(&decoder->room, count * sizeof(*ret_change->prepared));
	if (!ret_change->prepared)
		return;
	for (i = 0; i < count; i++) {
		ret_change->prepared[i].view = reader_u64(reader);
		get_block(reader, &ret_change->prepared[i].block);
		get_signatures(decoder, &ret_change->prepared[i]);
	}
	ret_change->prepared_count = count;
}

static void get_head(struct decoder *decoder, struct pbft_message *ret_message)
{
	ret_message->kind = reader_u8(&decoder->reader);
	ret_message->epoch = reader_u64(&decoder->reader);
	ret_message->sender = reader_u16(&decoder->reader);
	if (ret_message->sender >= decoder->n)
		decoder->reader.bad = true;
}

static void get_new_view(struct decoder *decoder, struct pbft_message *ret_message)
{
	struct reader *reader = &decoder->reader;
	u32 i, count;

	ret_message->new_view.view = reader_u64(reader);
	count = reader_u16(reader);
	ret_message->new_view.count = 0;
	ret_message->new_view.view_changes = NULL;
	if (reader->bad || count > decoder->n) {
		reader->bad = true;
		return;
	}
	ret_message->new_view.view_changes = room_take(&decoder->room, count * sizeof(*ret_message));
	if (!ret_message->new_view.view_changes)
		return;
	for (i = 0; i < count && !reader->bad; i++) {
		struct pbft_message *change = &ret_message->new_view.view_changes[i];
		u32 len = reader_u32(reader);
		size_t left = reader_left(reader);

		memset(change, 0, sizeof(*change));
		get_head(decoder, change);
		if (change->kind != PBFT_VIEW_CHANGE)
			reader->bad = true;
		else
			get_view_change(decoder, &change->view_change);
		reader_copy(reader, change->signature, BLOCK_SIGNATURE_LEN);
		if (left - reader_left(reader) != len || (i && change->sender <= change[-1].sender))
			reader->bad = true;
	}
	ret_message->new_view.count = count;
}

static void get_status(struct reader *reader, struct pbft_message *ret_message)
{
	u8 flags;

	ret_message->status.view = reader_u64(reader);
	ret_message->status.committed = reader_u64(reader);
	ret_message->status.stable = reader_u64(reader);
	reader_copy(reader, ret_message->status.committed_hash, 32);
	flags = reader_u8(reader);
	if (flags & ~3)
		reader->bad = true;
	ret_message->status.changing = flags & 1;
	ret_message->status.wants = flags >> 1 & 1;
}

int pbft_message_decode(struct span bytes, u32 n, u32 window, void *room, size_t room_size,
			struct pbft_message *ret_message)
{
	struct decoder decoder = { .n = n, .window = window };
	struct reader *reader = &decoder.reader;

	reader_init(reader, bytes.bytes, bytes.len);
	room_init(&decoder.room, room, room_size);
	memset(ret_message, 0, sizeof(*ret_message));
	get_head(&decoder, ret_message);
	switch (ret_message->kind) {
	case PBFT_PREPREPARE:
		ret_message->preprepare.view = reader_u64(reader);
		get_block(reader, &ret_message->preprepare.block);
		break;
	case PBFT_PREPARE:
	case PBFT_COMMITTED_VOTE:
	case PBFT_CHECKPOINT:
		ret_message->vote.view = reader_u64(reader);
		ret_message->vote.number = reader_u64(reader);
		reader_copy(reader, ret_message->vote.hash, 32);
		break;
	case PBFT_VIEW_CHANGE:
		get_view_change(&decoder, &ret_message->view_change);
		break;
	case PBFT_NEW_VIEW:
		get_new_view(&decoder, ret_message);
		break;
	case PBFT_STATUS:
		get_status(reader, ret_message);
		break;
	default:
		return -EBADMSG;
	}
	reader_copy(reader, ret_message->signature, BLOCK_SIGNATURE_LEN);
	return reader_done(reader) && !decoder.room.full ? 0 : -EBADMSG;
}

static void copy_signatures(struct room *room, struct pbft_certificate *certificate)
{
	size_t len = certificate->count * sizeof(*certificate->signatures);
	struct block_signature *copy = room_take(room, len);

	if (copy && len)
		memcpy(copy, certificate->signatures, len);
	certificate->signatures = copy;
}

static void copy_view_change(struct room *room, struct pbft_view_change *change)
{
	size_t len = change->prepared_count * sizeof(*change->prepared);
	struct pbft_certificate *copy;
	u32 i;

	copy_signatures(room, &change->commits);
	copy = room_take(room, len);
	if (copy && len)
		memcpy(copy, change->prepared, len);
	change->prepared = copy;
	for (i = 0; copy && i < change->prepared_count; i++)
		copy_signatures(room, &copy[i]);
}

int pbft_message_copy(const struct pbft_message *message, void *room, size_t room_size,
		      struct pbft_message *ret_message)
{
	struct pbft_message *changes;
	struct room parts;
	u32 i;

	room_init(&parts, room, room_size);
	*ret_message = *message;
	if (message->kind == PBFT_VIEW_CHANGE) {
		copy_view_change(&parts, &ret_message->view_change);
	} else if (message->kind == PBFT_NEW_VIEW) {
		changes = room_take(&parts, message->new_view.count * sizeof(*changes));
		for (i = 0; changes && i < message->new_view.count; i++) {
			changes[i] = message->new_view.view_changes[i];
			copy_view_change(&parts, &changes[i].view_change);
		}
		ret_message->new_view.view_changes = changes;
	}
	return parts.full ? -ENOSPC : 0;
}
