// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_finish.c - the end of an import: the root that the pairs give, the
 * ledger that begins after the snapshot's head, and that ledger in the place of an older one.
 *
 * On a disk the new ledger was made in the folder next/ of the old one and is moved over it (ledger_folder.c): a
 * crash before its FORMAT is written leaves the old one, after it the move is done on opening. In memory one batch
 * replaces the store; block files that the snapshot left behind are forgotten on opening.
 */
#include <errno.h>
#include <stdlib.h>

#include "ledger/snapshot_parts.h"
#include "ledger/state_parts.h"

int snapshot_import_over(struct ledger *ledger, struct snapshot_import **ret_import, struct ledger_error *ret_error)
{
	struct ledger_options options = { .signature_memory = ledger->signature_memory,
					  .file_bytes = ledger->file_bytes };
	char next[4096];
	int error = 0;

	if (ledger->folder) {
		error = ledger_folder_swap(ledger->folder, ret_error); /* an earlier one that came to no end */
		ledger_folder_next(next, ledger->folder);
		options.folder = next;
	} else {
		error = disk_memory_open(&options.disk);
		if (!error)
			error = store_memory_open(&options.store);
	}
	if (!error)
		error = snapshot_import_open(&options, &ledger->member->membership, ledger->channel, ret_import,
					     ret_error);
	if (!error)
		(*ret_import)->over = ledger;
	return error;
}

/* Block 0's header, which no certificate proves: as the ledger that was had it. */
static int finish_genesis(struct snapshot_import *self, struct store_batch *batch, u8 *room)
{
	struct chain_link *link = calloc(1, sizeof(*link));
	struct writer writer;
	u8 name[9];
	int error = !link ? -ENOMEM : self->over ? chain_epoch(self->over->store, 0, link) : -ENOENT;

	if (error == -ENOENT && self->over)
		error = ledger_header(self->over, 0, &link->header, NULL, &link->certificate, NULL);
	if (!error) {
		chain_replicas(&self->genesis, &link->after);
		writer_init(&writer, room, MEMBERSHIP_BYTES_MAX);
		chain_encode(&writer, link);
		chain_name(name, 0);
		self->place.store->ops->batch_put(batch, state_span(name, sizeof(name)),
						  state_span(room, writer_len(&writer)));
	}
	free(link);
	return error == -ENOENT ? 0 : error;
}

/* What the store needs beside the pairs: the genesis, the chain (there already), the base. */
static int finish_records(struct snapshot_import *self, struct ledger_error *ret_error)
{
	u8 *bytes = malloc(MEMBERSHIP_BYTES_MAX);
	struct store *store = self->place.store;
	struct store_batch *batch = self->batch ?: store->ops->batch_new(store);
	struct writer writer;
	int error = -ENOMEM;

	self->batch = NULL;
	if (bytes && batch) {
		writer_init(&writer, bytes, MEMBERSHIP_BYTES_MAX);
		membership_encode(&writer, &self->genesis);
		store->ops->batch_put(batch, state_span(CHAIN_GENESIS, 1), state_span(bytes, writer_len(&writer)));
		writer_init(&writer, bytes, MEMBERSHIP_BYTES_MAX);
		chain_encode(&writer, &self->head);
		store->ops->batch_put(batch, state_span(CHAIN_BASE, 1), state_span(bytes, writer_len(&writer)));
		error = finish_genesis(self, batch, bytes);
	}
	if (!error)
		error = store->ops->batch_write(store, batch, false);
	else if (batch)
		store->ops->batch_free(batch);
	free(bytes);
	return error ? ledger_fail_store(ret_error, error, store) : 0;
}

/* The replicas beside the head are those of the state's configuration. */
static bool head_fits(struct snapshot_import *self, struct ledger *ledger)
{
	struct membership *membership = malloc(sizeof(*membership));
	struct chain_replicas replicas;
	struct state_value value;
	bool fits = false;

	if (membership && !state_get(ledger->state, state_span("c", 1), &value) &&
	    !membership_decode(value.bytes, membership)) {
		chain_replicas(membership, &replicas);
		fits = replicas.count == self->head.after.count &&
		       !memcmp(replicas.keys, self->head.after.keys, sizeof(replicas.keys));
	}
	free(membership);
	return fits;
}

/* Root and mark: is it the head's state? */
static int finish_state(struct snapshot_import *self, struct ledger *ledger, struct ledger_error *ret_error)
{
	struct state_mark mark = { .number = self->head.header.number };
	struct buckettree *tree = self->tree;
	int error;

	memcpy(mark.header, self->head_hash, LEDGER_HASH_LEN);
	memcpy(mark.root, self->head.header.state, LEDGER_HASH_LEN);
	buckettree_fill(tree);
	self->tree = NULL;
	error = state_adopt(ledger->state, tree, &mark);
	if (error == -EBADMSG)
		return ledger_fail(ret_error, -EBADMSG, "", 0,
				   "The snapshot is refused: its state does not have the root that block %llu names.",
				   (unsigned long long)mark.number);
	if (!error && !head_fits(self, ledger))
		return ledger_fail(ret_error, -EBADMSG, "", 0, "The snapshot is refused: its head is damaged.");
	return error ? ledger_fail_store(ret_error, error, ledger->store) : 0;
}

static int finish_new(struct snapshot_import *self, struct ledger **ret_ledger, struct ledger_error *ret_error)
{
	struct ledger *ledger = NULL;
	struct ledger_place place;
	int error = snapshot_import_bucket(self, ret_error) ?: finish_records(self, ret_error);

	if (error)
		return error;
	place = self->place;
	error = ledger_new(&self->options, &self->place, &self->genesis, &ledger, ret_error);
	if (!error)
		error = finish_state(self, ledger, ret_error);
	if (!error)
		error = ledger_start(ledger, &self->options, false, ret_error);
	if (!error)
		error = ledger_format_write(&self->options, ret_error);
	if (!error) {
		*ret_ledger = ledger;
		return 0;
	}
	if (ledger && !self->options.folder) { /* stays open, to be wiped with the import */
		ledger->disk = NULL;
		self->place = place;
		ledger->state->store = NULL;
	}
	ledger_free(ledger);
	return error;
}

/* In memory: everything in @from takes the place of everything in @to, in one batch. */
static int store_replace(struct store *to, struct store *from)
{
	struct store_batch *batch = to->ops->batch_new(to);
	struct store_walk *old = to->ops->walk(to, state_span(NULL, 0)),
			  *new = from->ops->walk(from, state_span(NULL, 0));
	struct span key, value;
	int error = batch && old && new ? 0 : -ENOMEM;

	while (!error && to->ops->walk_next(old, &key, &value, &error))
		to->ops->batch_delete(batch, key);
	while (!error && from->ops->walk_next(new, &key, &value, &error))
		to->ops->batch_put(batch, key, value);
	to->ops->walk_free(old);
	from->ops->walk_free(new);
	if (error)
		to->ops->batch_free(batch);
	return error ?: to->ops->batch_write(to, batch, true);
}

/* @over's folder, or disk and store, without the ledger on them. */
static void over_leave(struct ledger *over, struct ledger_place *ret_place)
{
	*ret_place = (struct ledger_place){ NULL, NULL, false };
	if (over->folder)
		return;
	ret_place->disk = over->disk;
	ret_place->store = over->store;
	over->disk = NULL;
	cursor_done(&over->state->cursor, over->store);
	over->state->store = NULL;
}

/* The new ledger in @fresh takes the place of @over. */
static int finish_over(struct ledger *over, struct ledger *fresh, struct ledger_error *ret_error)
{
	struct ledger_options options = { .signature_memory = over->signature_memory, .file_bytes = over->file_bytes };
	char *folder = over->folder ? strdup(over->folder) : NULL;
	struct ledger *made = NULL, *old = malloc(sizeof(*old));
	struct ledger_member *member = over->member;
	struct ledger_place place;
	int error = old ? 0 : -ENOMEM;

	if (!error && !folder)
		error = store_replace(over->store, fresh->store);
	ledger_free(fresh);
	if (error) {
		free(old);
		free(folder);
		return error;
	}
	*old = *over;
	member->refs++;
	over_leave(old, &place);
	ledger_free(old);
	options.folder = folder;
	options.disk = place.disk;
	options.store = place.store;
	error = ledger_open(&options, &made, ret_error); /* a folder is swapped there */
	free(folder);
	if (error) { /* nothing of @over is left but who its members were: it cannot go on, and its caller stops */
		memset(over, 0, sizeof(*over));
		over->member = member;
		return -EIO;
	}
	ledger_member_put(member);
	*over = *made;
	free(made);
	return 0;
}

int snapshot_import_finish(struct snapshot_import *self, struct ledger **ret_ledger, struct ledger_error *ret_error)
{
	struct ledger *over = self->over, *ledger = NULL;
	int error;

	if (self->last != SNAPSHOT_END || self->refused)
		error = ledger_fail(ret_error, -EBADMSG, "", 0, "The snapshot is refused: it has no end.");
	else if (over && (over->next || over->unsynced))
		error = ledger_fail(ret_error, -EBUSY, "", 0,
				    "A snapshot cannot take the place of a ledger with candidates.");
	else
		error = finish_new(self, &ledger, ret_error);
	if (error) {
		snapshot_import_close(self);
		return error;
	}
	/* Nothing of it is to be taken away any more. */
	self->kept = true;
	self->place = (struct ledger_place){ NULL, NULL, false };
	snapshot_import_close(self);
	if (over) {
		error = finish_over(over, ledger, ret_error);
		ledger = over;
	}
	if (!error && ret_ledger)
		*ret_ledger = ledger;
	return error;
}
