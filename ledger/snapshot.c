// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot.c - the state at the head in pieces: ledger.h has their form.
 *
 * The head is brought to the disk first; from then on a walk of the store sees the state as it was, whatever is
 * committed after it. First the head, then the chain of configurations, then the pairs, then the end.
 */
#include <errno.h>
#include <stdlib.h>

#include "ledger/snapshot_parts.h"
#include "ledger/state_parts.h"

struct snapshot_export {
	struct store *store;
	struct store_walk *links, *pairs;
	u64 head;
	u8 *first; /* the head's piece, until it is given */
	size_t first_len;
	u32 number;
	size_t piece_bytes;
	struct span key, value; /* of the walk over the buckets */
	bool more, ended;
	u32 bucket; /* being given */
	u8 *entries;
	struct reader rest;	   /* of them */
	struct bucket_entry entry; /* the next pair */
	bool held;
	u64 keys;
};

static void piece_begin(struct writer *writer, void *bytes, size_t size, enum snapshot_kind kind, u32 number)
{
	writer_init(writer, bytes, size);
	writer_u8(writer, (u8)kind);
	writer_u32(writer, number);
}

/* Header and certificate of the head, and the configuration after it. */
static int head_link(struct ledger *ledger, struct chain_link *ret_link)
{
	chain_replicas(&ledger->member->membership, &ret_link->after);
	return ledger_header(ledger, ledger->head.number, &ret_link->header, NULL, &ret_link->certificate, NULL);
}

static int head_piece(struct ledger *ledger, struct snapshot_export *self)
{
	size_t size = CHAIN_MAX + MEMBERSHIP_BYTES_MAX + 64;
	struct chain_link *link = malloc(sizeof(*link));
	struct membership *genesis = malloc(sizeof(*genesis));
	u8 *bytes = malloc(MEMBERSHIP_BYTES_MAX);
	struct writer writer, inner;
	int error = -ENOMEM;

	self->first = malloc(size);
	if (!link || !genesis || !bytes || !self->first)
		goto out;
	error = head_link(ledger, link);
	if (!error)
		error = chain_genesis(ledger->store, genesis);
	if (error)
		goto out;
	piece_begin(&writer, self->first, size, SNAPSHOT_HEAD, 0);
	writer_bytes(&writer, SNAPSHOT_MAGIC, 8);
	writer_init(&inner, bytes, MEMBERSHIP_BYTES_MAX);
	chain_encode(&inner, link);
	writer_span32(&writer, state_span(bytes, writer_len(&inner)));
	writer_init(&inner, bytes, MEMBERSHIP_BYTES_MAX);
	membership_encode(&inner, genesis);
	writer_span32(&writer, state_span(bytes, writer_len(&inner)));
	self->first_len = writer_len(&writer);
out:
	free(link);
	free(genesis);
	free(bytes);
	return error;
}

/* The next record of the walk over the buckets. */
static int next_record(struct snapshot_export *self)
{
	int error = 0;

	self->more = self->store->ops->walk_next(self->pairs, &self->key, &self->value, &error) && self->key.len >= 5 &&
		     self->key.bytes[0] == 'b';
	return error;
}

int snapshot_export_open(struct ledger *ledger, size_t piece_bytes, struct snapshot_export **ret_export)
{
	struct snapshot_export *self;
	u8 name[9];
	int error = ledger_sync(ledger, NULL);

	if (!error && !ledger->head.number)
		error = -ENOENT;
	if (error)
		return error;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->store = ledger->store;
	self->head = ledger->head.number;
	self->piece_bytes = piece_bytes > SNAPSHOT_PIECE_MIN ? piece_bytes : SNAPSHOT_PIECE_MIN;
	error = head_piece(ledger, self);
	if (!error) {
		chain_name(name, 1);
		self->links = self->store->ops->walk(self->store, state_span(name, sizeof(name)));
		self->pairs = self->store->ops->walk(self->store, state_span("b", 1));
		error = self->links && self->pairs ? next_record(self) : -ENOMEM;
	}
	if (error) {
		snapshot_export_close(self);
		return error;
	}
	*ret_export = self;
	return 0;
}

/* The next configuration block, if there is one left. 1, 0, or -errno. */
static int next_link(struct snapshot_export *self, u8 **ret_piece, size_t *ret_len)
{
	struct span key, value;
	struct writer writer;
	int error = 0;

	if (!self->links)
		return 0;
	if (!self->store->ops->walk_next(self->links, &key, &value, &error) || key.len != 9 || key.bytes[0] != 'C') {
		self->store->ops->walk_free(self->links);
		self->links = NULL;
		return error;
	}
	*ret_piece = malloc(value.len + 16);
	if (!*ret_piece)
		return -ENOMEM;
	piece_begin(&writer, *ret_piece, value.len + 16, SNAPSHOT_LINK, self->number);
	writer_span32(&writer, value);
	*ret_len = writer_len(&writer);
	return 1;
}

/* The bucket that the walk stands on, copied: its long values follow it in the walk. */
static int next_bucket(struct snapshot_export *self)
{
	free(self->entries);
	self->entries = malloc(self->value.len + 1);
	if (!self->entries)
		return -ENOMEM;
	if (self->value.len)
		memcpy(self->entries, self->value.bytes, self->value.len);
	reader_init(&self->rest, self->entries, self->value.len);
	return next_record(self);
}

/* Brings a pair into @self->entry; false: no more, or *ret_error. */
static bool next_pair(struct snapshot_export *self, int *ret_error)
{
	if (self->held)
		return true;
	while (!*ret_error && !reader_left(&self->rest) && self->more)
		*ret_error = next_bucket(self);
	if (*ret_error || !bucket_entry(&self->rest, &self->entry)) {
		if (self->rest.bad)
			*ret_error = -EIO;
		return false;
	}
	if (!self->entry.value.bytes && (!self->more || self->value.len != self->entry.value.len)) {
		*ret_error = -EIO;
		return false;
	}
	return self->held = true;
}

static size_t pair_size(const struct snapshot_export *self)
{
	return 2 + self->entry.key.len + STATE_VERSION_LEN + 4 + self->entry.value.len;
}

static int pair_write(struct snapshot_export *self, struct writer *writer)
{
	bool aside = !self->entry.value.bytes;

	writer_span16(writer, self->entry.key);
	writer_bytes(writer, self->entry.version, STATE_VERSION_LEN);
	writer_span32(writer, aside ? self->value : self->entry.value);
	self->held = false;
	self->keys++;
	return aside ? next_record(self) : 0;
}

static int next_pairs(struct snapshot_export *self, u8 **ret_piece, size_t *ret_len)
{
	size_t size = self->piece_bytes;
	struct writer writer;
	u8 *piece;
	int error = 0;

	if (!next_pair(self, &error))
		return error;
	if (size < pair_size(self) + 8)
		size = pair_size(self) + 8;
	piece = malloc(size);
	if (!piece)
		return -ENOMEM;
	piece_begin(&writer, piece, size, SNAPSHOT_PAIRS, self->number);
	while (!error && next_pair(self, &error) && writer_len(&writer) + pair_size(self) <= size)
		error = pair_write(self, &writer);
	if (error) {
		free(piece);
		return error;
	}
	*ret_piece = piece;
	*ret_len = writer_len(&writer);
	return 1;
}

static int next_end(struct snapshot_export *self, u8 **ret_piece, size_t *ret_len)
{
	struct writer writer;

	if (self->ended)
		return 0;
	*ret_piece = malloc(16);
	if (!*ret_piece)
		return -ENOMEM;
	piece_begin(&writer, *ret_piece, 16, SNAPSHOT_END, self->number);
	writer_u64(&writer, self->keys);
	*ret_len = writer_len(&writer);
	self->ended = true;
	return 1;
}

int snapshot_export_next(struct snapshot_export *self, u8 **ret_piece, size_t *ret_len)
{
	int got;

	if (self->first) {
		*ret_piece = self->first;
		*ret_len = self->first_len;
		self->first = NULL;
		self->number++;
		return 1;
	}
	got = next_link(self, ret_piece, ret_len);
	if (!got && !self->ended)
		got = next_pairs(self, ret_piece, ret_len);
	if (!got)
		got = next_end(self, ret_piece, ret_len);
	if (got > 0)
		self->number++;
	return got;
}

void snapshot_export_close(struct snapshot_export *self)
{
	if (!self)
		return;
	self->store->ops->walk_free(self->links);
	self->store->ops->walk_free(self->pairs);
	free(self->first);
	free(self->entries);
	free(self);
}
