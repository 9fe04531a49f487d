// SPDX-License-Identifier: GPL-2.0
/*
 * state_snapshot_test.c - snapshots: export while the ledger goes on, import in memory, on a disk and over an older
 * ledger, through two reconfigurations; every byte changed and every piece left out is refused and leaves nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/ledger/state_channel.h"

#define PIECES_MAX 64

struct pieces {
	u8 *bytes[PIECES_MAX];
	size_t lens[PIECES_MAX];
	u32 count;
};

static struct test_channel channel;
static struct rig_random dice = { 7 };

static struct ledger *memory_ledger(void)
{
	struct ledger_options options = { .folder = NULL };
	struct ledger_error error = { .text = "" };
	struct ledger *ledger = NULL;

	if (disk_memory_open(&options.disk) || store_memory_open(&options.store) ||
	    ledger_create(&options, &channel.genesis, 5, &ledger, &error))
		printf("# %s\n", error.text);
	return ledger;
}

static bool append(struct ledger *ledger, struct span body)
{
	struct ledger_error error = { .text = "" };
	int err = channel_append(&channel, ledger, body, &error);

	if (err)
		printf("# append: %d %s\n", err, error.text);
	return !err;
}

static bool grow(struct ledger *ledger, u32 blocks)
{
	bool right = true;

	while (blocks--)
		right = right && append(ledger, channel_body(&channel, &dice, 40, 2000, 5));
	return right;
}

static bool export(struct ledger *ledger, struct pieces *ret_pieces, bool meanwhile)
{
	struct snapshot_export *export_;
	int got;

	memset(ret_pieces, 0, sizeof(*ret_pieces));
	if (snapshot_export_open(ledger, 0, &export_))
		return false;
	while ((got = snapshot_export_next(export_, &ret_pieces->bytes[ret_pieces->count],
					   &ret_pieces->lens[ret_pieces->count])) > 0) {
		ret_pieces->count++;
		if (meanwhile && !grow(ledger, 1))
			return false;
	}
	snapshot_export_close(export_);
	return !got;
}

static void pieces_free(struct pieces *pieces)
{
	while (pieces->count)
		free(pieces->bytes[--pieces->count]);
}

/* Gives all pieces but @without (~0: all); the error of whatever refused first. */
static int give(struct snapshot_import *import, const struct pieces *pieces, u32 without, struct ledger **ret_ledger,
		struct ledger_error *error)
{
	u32 i;
	int err = 0;

	for (i = 0; i < pieces->count && !err; i++)
		if (i != without)
			err = snapshot_import_piece(import, rig_span(pieces->bytes[i], pieces->lens[i]), error);
	if (!err)
		return snapshot_import_finish(import, ret_ledger, error);
	snapshot_import_close(import);
	return err;
}

static int import_memory(const struct pieces *pieces, u32 without, const struct membership *trusted,
			 struct ledger **ret_ledger)
{
	struct ledger_options options = { .folder = NULL };
	struct ledger_error error = { .text = "" };
	struct snapshot_import *import;

	if (disk_memory_open(&options.disk) || store_memory_open(&options.store) ||
	    snapshot_import_open(&options, trusted, channel.id, &import, &error))
		return -EINVAL;
	return give(import, pieces, without, ret_ledger, &error);
}

static bool same(struct ledger *one, struct ledger *other)
{
	u8 root[32];
	u64 keys;

	return !memcmp(ledger_head_hash(one), ledger_head_hash(other), 32) &&
	       !memcmp(state_mark(ledger_state(one)), state_mark(ledger_state(other)), sizeof(struct state_mark)) &&
	       !state_recompute(ledger_state(other), root, &keys) && !memcmp(root, ledger_head(other)->state, 32) &&
	       ledger_membership(one)->epoch == ledger_membership(other)->epoch;
}

static bool follows(struct ledger *from, struct ledger *to)
{
	struct ledger_error error = { .text = "" };
	size_t len;
	u8 *bytes;
	int err = 0;

	while (!err && ledger_head(to)->number < ledger_head(from)->number) {
		err = ledger_block(from, ledger_head(to)->number + 1, &bytes, &len, &error);
		if (err)
			break;
		err = ledger_take(to, rig_span(bytes, len), &error);
		free(bytes);
	}
	if (err || ledger_sync(to, &error) || ledger_sync(from, &error))
		printf("# %d %s\n", err, error.text);
	return !err && !memcmp(ledger_head_hash(from), ledger_head_hash(to), 32);
}

static bool folder_bare(const char *folder)
{
	DIR *listing = opendir(folder);

	if (listing)
		closedir(listing);
	return !listing;
}

static void test_disk(struct ledger *ledger, const struct pieces *pieces)
{
	struct ledger_error error = { .text = "" };
	struct ledger_options options = { .folder = NULL };
	struct snapshot_import *import;
	struct ledger *taken = NULL;
	char folder[64], path[96];
	int err;

	rig_folder(folder);
	snprintf(path, sizeof(path), "%s/new", folder);
	options.folder = path;
	err = snapshot_import_open(&options, &channel.genesis, channel.id, &import, &error)
		      ?: give(import, pieces, pieces->count - 2, &taken, &error);
	ktap_ok(err == -EBADMSG && folder_bare(path), "refused on a disk: nothing is left behind");
	err = snapshot_import_open(&options, &channel.genesis, channel.id, &import, &error)
		      ?: give(import, pieces, ~0u, &taken, &error);
	ktap_ok(!err && same(ledger, taken), "import on a disk");
	if (taken)
		ledger_close(taken);
	err = ledger_open(&options, &taken, &error);
	ktap_ok(!err && same(ledger, taken) && ledger_first(taken) == ledger_head(taken)->number + 1,
		"opened again before any block followed");
	ledger_close(taken);
	err = snapshot_import_open(&options, &channel.genesis, channel.id, &import, &error);
	ktap_ok(err == -EEXIST && !ledger_open(&options, &taken, &error), "not where a ledger is, which stays");
	ledger_close(taken);
	rig_folder_done(folder);
}

static bool history_each(void *arg, const struct state_version *version, bool deleted, struct span value)
{
	(void)version;
	(void)value;
	*(u32 *)arg += !deleted;
	return true;
}

static void test_over(struct ledger *ledger, const struct pieces *pieces, bool disk)
{
	struct ledger_error error = { .text = "" };
	struct ledger_options options = { .folder = NULL };
	struct snapshot_import *import;
	struct ledger *old = NULL;
	char folder[64], path[96];
	u32 past = 0;
	u8 *bytes;
	size_t len;
	int err;

	rig_folder(folder);
	snprintf(path, sizeof(path), "%s/old", folder);
	if (disk)
		options.folder = path;
	else if (disk_memory_open(&options.disk) || store_memory_open(&options.store))
		return;
	err = ledger_create(&options, &channel.genesis, 5, &old, &error);
	err = err ?: ledger_block(ledger, 1, &bytes, &len, &error);
	err = err ?: ledger_take(old, rig_span(bytes, len), &error) ?: ledger_sync(old, &error);
	free(bytes);
	err = err ?: snapshot_import_over(old, &import, &error) ?: give(import, pieces, 2, NULL, &error);
	ktap_ok(err == -EBADMSG && ledger_head(old)->number == 1 && !ledger_block(old, 1, &bytes, &len, &error),
		"%s: a refused snapshot leaves the ledger as it was", disk ? "disk" : "memory");
	free(bytes);
	err = snapshot_import_over(old, &import, &error) ?: give(import, pieces, ~0u, NULL, &error);
	ktap_ok(!err && same(ledger, old), "%s: a snapshot takes the place of an older ledger",
		disk ? "disk" : "memory");
	state_history(ledger_state(old), rig_word("c"), history_each, &past);
	ktap_ok(past == 1, "history begins with what the snapshot has");
	if (disk) {
		ledger_close(old);
		err = ledger_open(&options, &old, &error);
		ktap_ok(!err && same(ledger, old), "opened again");
	}
	ledger_close(old);
	rig_folder_done(folder);
}

static void test_tampered(const struct pieces *pieces)
{
	struct ledger *taken = NULL;
	u32 i, draws, refused = 0, tried = 0;

	for (i = 0; i < pieces->count; i++, tried++)
		refused += import_memory(pieces, i, &channel.genesis, &taken) == -EBADMSG;
	for (draws = 0; draws < 300; draws++, tried++) {
		u32 piece = rig_draw(&dice, pieces->count);
		size_t at = rig_draw(&dice, (u32)pieces->lens[piece]);
		u8 mask = (u8)(1 << rig_draw(&dice, 8));

		if (draws < 13) /* the end byte by byte */
			piece = pieces->count - 1, at = draws;
		pieces->bytes[piece][at] ^= mask;
		if (import_memory(pieces, ~0u, &channel.genesis, &taken) == -EBADMSG) {
			refused++;
		} else {
			printf("# piece %u byte %zu\n", piece, at);
			ledger_close(taken);
		}
		pieces->bytes[piece][at] ^= mask;
	}
	ktap_ok(refused == tried, "%u of %u tampered snapshots refused", refused, tried);
}

int main(void)
{
	struct ledger *ledger, *taken = NULL;
	struct membership later;
	struct pieces pieces, again;
	bool right;

	ktap_plan(0);
	channel_make(&channel);
	ledger = memory_ledger();
	right = grow(ledger, 5) && append(ledger, channel_reconfigure(&channel, 0, 4)) && grow(ledger, 5);
	later = *ledger_membership(ledger);
	right = right && append(ledger, channel_reconfigure(&channel, 1, 5)) && grow(ledger, 20);
	ktap_ok(right && ledger_membership(ledger)->epoch == 2, "a ledger with two reconfigurations");
	right = export(ledger, &pieces, false);
	ktap_ok(right && pieces.count > 5, "exported in %u pieces", pieces.count);
	ktap_ok(!import_memory(&pieces, ~0u, &channel.genesis, &taken) && same(ledger, taken),
		"imported from the genesis");
	ktap_ok(export(taken, &again, false) && again.count == pieces.count &&
			!memcmp(again.bytes[3], pieces.bytes[3], pieces.lens[3]),
		"what was imported can be exported");
	pieces_free(&again);
	ledger_close(taken);
	ktap_ok(!import_memory(&pieces, ~0u, &later, &taken), "imported from a later configuration");
	ledger_close(taken);
	memcpy(later.nodes[0].key, channel.nodes[7].public, 32);
	ktap_ok(import_memory(&pieces, ~0u, &later, &taken) == -EBADMSG,
		"not past a configuration that is not on its way");
	later = *ledger_membership(ledger);
	later.epoch = 3;
	ktap_ok(import_memory(&pieces, ~0u, &later, &taken) == -EBADMSG,
		"not of an epoch before the one that is known");
	test_disk(ledger, &pieces);
	test_over(ledger, &pieces, false);
	test_over(ledger, &pieces, true);
	test_tampered(&pieces);
	pieces_free(&pieces);
	ktap_ok(export(ledger, &pieces, true), "exported while blocks are appended");
	printf("# %u pieces, head %llu\n", pieces.count, (unsigned long long)ledger_head(ledger)->number);
	ktap_ok(!import_memory(&pieces, ~0u, &channel.genesis, &taken) &&
			ledger_head(taken)->number + pieces.count == ledger_head(ledger)->number &&
			follows(ledger, taken) && same(ledger, taken),
		"it is the state at its beginning; the blocks since are taken");
	ledger_close(taken);
	pieces_free(&pieces);
	ledger_close(ledger);
	return ktap_exit();
}
