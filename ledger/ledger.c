// SPDX-License-Identifier: GPL-2.0
/*
 * ledger.c - appending blocks, making them durable, taking them from others.
 *
 *   append: block file (not synced)      sync: block file synced -> overlay into the store -> index
 */
#include "ledger/ledger_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LEDGER_STATE_SYNC_BLOCKS 1024 /* so many blocks at most are carried out again after a power cut */

int ledger_fail(struct ledger_error *ret_error, int error, const char *file, u64 offset, const char *format, ...)
{
	va_list args;

	if (!ret_error)
		return error;
	snprintf(ret_error->file, sizeof(ret_error->file), "%s", file);
	ret_error->offset = offset;
	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return error;
}

int ledger_fail_store(struct ledger_error *ret_error, int error, const struct store *store)
{
	if (error == -ENOMEM)
		return ledger_fail(ret_error, error, "state", 0, "There is no memory left.");
	return ledger_fail(ret_error, error, "state", 0, "%.*s", 300,
			   *store->error ? store->error : "The state database failed without a word.");
}

int ledger_fail_files(struct ledger_error *ret_error, int error, const struct blockfile_error *fault)
{
	char file[80];

	snprintf(file, sizeof(file), "blocks/%s", fault->file);
	if (*fault->text)
		return ledger_fail(ret_error, error, file, fault->offset, "%s", fault->text);
	return ledger_fail(ret_error, error, "blocks", 0, "The block files cannot be read or written: %s.",
			   strerror(-error));
}

static int ledger_bytes_room(struct ledger *ledger, size_t room)
{
	u8 *bytes;

	if (room <= ledger->bytes_room)
		return 0;
	bytes = realloc(ledger->bytes, room);
	if (!bytes)
		return -ENOMEM;
	ledger->bytes = bytes;
	ledger->bytes_room = room;
	return 0;
}

int ledger_write(struct ledger *ledger, const struct candidate *candidate, const struct block_certificate *certificate)
{
	struct span body = candidate_body(candidate);
	size_t size = block_size(&candidate->header, body, certificate);
	struct writer writer;
	int error = ledger_bytes_room(ledger, size);

	if (error)
		return error;
	writer_init(&writer, ledger->bytes, size);
	block_encode(&writer, &candidate->header, candidate->outcomes, body, certificate);
	if (writer.full)
		return -EINVAL;
	return blockfile_append(ledger->files, candidate->header.number,
				(struct span){ ledger->bytes, writer_len(&writer) });
}

/* The candidate is written: it becomes the head. */
void ledger_advance(struct ledger *ledger, struct candidate *candidate)
{
	struct candidate **last = &ledger->unsynced;

	ledger->next = candidate->above;
	candidate->above = NULL;
	while (*last)
		last = &(*last)->above;
	*last = candidate;
	ledger->unsynced_count++;
	ledger->head = candidate->header;
	memcpy(ledger->head_hash, candidate->hash, LEDGER_HASH_LEN);
	ledger_member_put(ledger->member);
	ledger->member = candidate->after;
	ledger->member->refs++;
}

int ledger_append(struct ledger *ledger, struct candidate *candidate, const struct block_certificate *certificate,
		  struct ledger_error *ret_error)
{
	int error = 0;

	if (candidate != ledger->next)
		return ledger_fail(ret_error, -EINVAL, "blocks", 0, "Block %llu does not lie on the head.",
				   (unsigned long long)candidate->header.number);
	if (ledger->unsynced_count >= LEDGER_UNSYNCED_MAX)
		error = ledger_sync(ledger, ret_error);
	if (error)
		return error;
	if (candidate_reconfigures(candidate))
		error = chain_note(candidate->overlay, &candidate->header, certificate, &candidate->after->membership);
	if (!error)
		error = ledger_write(ledger, candidate, certificate);
	if (error)
		return ledger_fail(ret_error, error, "blocks", 0, "Block %llu cannot be written: %s.",
				   (unsigned long long)candidate->header.number, strerror(-error));
	ledger_advance(ledger, candidate);
	return 0;
}

/* The oldest unsynced candidate into the state. */
int ledger_settle(struct ledger *ledger, struct ledger_error *ret_error)
{
	struct candidate *candidate = ledger->unsynced;
	struct state_mark mark = { .number = candidate->header.number };
	bool sync = mark.number - ledger->state_synced_at >= LEDGER_STATE_SYNC_BLOCKS;
	int error;

	memcpy(mark.header, candidate->hash, LEDGER_HASH_LEN);
	memcpy(mark.root, candidate->header.state, LEDGER_HASH_LEN);
	error = state_commit(candidate->overlay, &mark, sync);
	if (error)
		return ledger_fail_store(ret_error, error, state_store(ledger->state));
	if (sync)
		ledger->state_synced_at = mark.number;
	ledger->durable = mark.number;
	ledger->unsynced = candidate->above;
	ledger->unsynced_count--;
	error = ledger_index_add(ledger, mark.number, candidate_body(candidate), candidate_digests(candidate));
	candidate_free(candidate);
	return error ? ledger_fail_store(ret_error, error, state_store(ledger->state)) : 0;
}

int ledger_sync(struct ledger *ledger, struct ledger_error *ret_error)
{
	int error = blockfile_sync(ledger->files);

	if (error)
		return ledger_fail(ret_error, error, "blocks", 0, "The block files cannot be brought to the disk: %s.",
				   strerror(-error));
	while (ledger->unsynced && !error)
		error = ledger_settle(ledger, ret_error);
	return error;
}

bool ledger_certified(struct verifier *verifier, const struct membership *membership, const struct block_header *header,
		      const struct block_certificate *certificate)
{
	struct chain_replicas replicas;

	chain_replicas(membership, &replicas);
	return chain_certified(verifier, &replicas, header, certificate);
}

/* Block @block was carried out as @candidate: is it the same? */
bool ledger_agrees(const struct candidate *candidate, const struct block *block)
{
	return !memcmp(candidate->hash, block->hash, LEDGER_HASH_LEN) &&
	       !memcmp(candidate->outcomes, block->outcomes, block->header.count);
}

static int ledger_take_decoded(struct ledger *ledger, const struct block *block, struct ledger_error *ret_error)
{
	unsigned long long number = block->header.number;
	struct candidate *candidate;
	int error;

	if (block->header.number != ledger->head.number + 1 ||
	    memcmp(block->header.previous, ledger->head_hash, LEDGER_HASH_LEN) ||
	    memcmp(block->header.channel, ledger->channel, LEDGER_HASH_LEN))
		return ledger_fail(ret_error, -EBADMSG, "", 0,
				   "Block %llu is not the one after block %llu of this chain.", number,
				   (unsigned long long)ledger->head.number);
	if (!ledger_certified(ledger->verifier, &ledger->member->membership, &block->header, &block->certificate))
		return ledger_fail(ret_error, -EBADMSG, "", 0,
				   "Block %llu has no certificate of this channel's replicas.", number);
	error = ledger_execute(ledger, NULL, block->header.time, block->body, &candidate);
	if (error == -EBADMSG)
		return ledger_fail(ret_error, error, "", 0, "Block %llu's body cannot be carried out.", number);
	if (error == -EBUSY)
		return ledger_fail(ret_error, error, "", 0, "Block %llu cannot be taken while a candidate lies there.",
				   number);
	if (error)
		return ledger_fail_store(ret_error, error, state_store(ledger->state));
	if (!ledger_agrees(candidate, block))
		error = ledger_fail(ret_error, -EBADMSG, "", 0, "Block %llu carried out here gives another header.",
				    number);
	else
		error = ledger_append(ledger, candidate, &block->certificate, ret_error);
	if (error)
		candidate_drop(candidate);
	return error;
}

int ledger_take(struct ledger *ledger, struct span bytes, struct ledger_error *ret_error)
{
	struct block *block = malloc(sizeof(*block));
	int error = -ENOMEM;

	if (block && block_decode(bytes, block))
		error = ledger_fail(ret_error, -EBADMSG, "", 0, "These bytes are no block.");
	else if (block)
		error = ledger_take_decoded(ledger, block, ret_error);
	free(block);
	return error;
}

int ledger_block(struct ledger *ledger, u64 number, u8 **ret_bytes, size_t *ret_len, struct ledger_error *ret_error)
{
	struct blockfile_error fault = { .text = "" };
	int error;

	if (number < blockfile_first(ledger->files) || number >= blockfile_next(ledger->files))
		return -ENOENT;
	error = blockfile_read(ledger->files, number, ret_bytes, ret_len, &fault);
	return error && error != -ENOENT ? ledger_fail_files(ret_error, error, &fault) : error;
}

/* The block that a snapshot brought. */
static int base_link(struct ledger *ledger, u64 number, struct chain_link *ret_link, struct ledger_error *ret_error)
{
	int error = chain_base(ledger->store, ret_link);

	if (error && error != -ENOENT)
		return ledger_fail_store(ret_error, error, ledger->store);
	return error ? error : ret_link->header.number == number ? 0 : -ENOENT;
}

int ledger_header(struct ledger *ledger, u64 number, struct block_header *ret_header, u8 ret_hash[32],
		  struct block_certificate *ret_certificate, struct ledger_error *ret_error)
{
	struct {
		struct chain_link link;
		struct block block;
	} *room = malloc(sizeof(*room));
	u8 *bytes = NULL;
	size_t len;
	int error = room ? ledger_block(ledger, number, &bytes, &len, ret_error) : -ENOMEM;

	if (!error && block_decode((struct span){ bytes, len }, &room->block)) {
		error = ledger_fail(ret_error, -EBADMSG, "blocks", 0, "Block %llu in the files is no block.",
				    (unsigned long long)number);
	} else if (!error) {
		room->link.header = room->block.header;
		room->link.certificate = room->block.certificate;
	} else if (error == -ENOENT) {
		error = base_link(ledger, number, &room->link, ret_error);
	}
	if (!error && ret_header)
		*ret_header = room->link.header;
	if (!error && ret_hash)
		block_header_hash(&room->link.header, ret_hash);
	if (!error && ret_certificate)
		*ret_certificate = room->link.certificate;
	free(bytes);
	free(room);
	return error;
}

int ledger_epoch_base(struct ledger *ledger, struct block_header *ret_header, u8 ret_hash[32],
		      struct ledger_error *ret_error)
{
	struct chain_link *link = malloc(sizeof(*link));
	int error = link ? chain_epoch(ledger->store, ledger->member->membership.epoch, link) : -ENOMEM;

	if (!error) {
		*ret_header = link->header;
		block_header_hash(ret_header, ret_hash);
	} else if (error == -ENOENT && !ledger->member->membership.epoch) {
		error = ledger_header(ledger, 0, ret_header, ret_hash, NULL, ret_error);
	} else if (error != -ENOMEM) {
		error = ledger_fail_store(ret_error, error, ledger->store);
	}
	free(link);
	return error;
}

const u8 *ledger_channel(const struct ledger *ledger)
{
	return ledger->channel;
}

const struct membership *ledger_membership(const struct ledger *ledger)
{
	return &ledger->member->membership;
}

const struct block_header *ledger_head(const struct ledger *ledger)
{
	return &ledger->head;
}

const u8 *ledger_head_hash(const struct ledger *ledger)
{
	return ledger->head_hash;
}

u64 ledger_first(const struct ledger *ledger)
{
	return blockfile_first(ledger->files);
}

struct state *ledger_state(struct ledger *ledger)
{
	return ledger->state;
}

struct verifier *ledger_verifier(struct ledger *ledger)
{
	return ledger->verifier;
}

struct proven *ledger_proven(struct ledger *ledger)
{
	return ledger->proven;
}

const u8 (*ledger_head_digests(const struct ledger *ledger))[LEDGER_HASH_LEN]
{
	const struct candidate *last = ledger->unsynced;

	while (last && last->above)
		last = last->above;
	return last ? candidate_digests(last) : NULL;
}

u64 ledger_durable(const struct ledger *ledger)
{
	return ledger->durable;
}
