// SPDX-License-Identifier: GPL-2.0
/*
 * state_example_test.c - ledger/FORMAT.md's worked example of the state: what two writes of one block leave in the
 * store, record by record; --print shows it for the page.
 *
 *    state_example [--print] [FORMAT.md]
 */
#include <sodium.h>

#include "ledger/buckettree.h"
#include "ledger/state_parts.h"
#include "tests/ledger/example.h"

static const u8 seed[32] = { 0x5e, 0xed };
static struct reader key, value;
static const u8 *key_start, *value_start;

static struct span word(const char *text, size_t len)
{
	return (struct span){ (const u8 *)text, len };
}

static void key_field(size_t len, const char *what)
{
	field(&key, key_start, len, what);
}

static void value_field(size_t len, const char *what)
{
	field(&value, value_start, len, what);
}

static void show_bucket(void)
{
	u32 len;

	key_field(4, "bucket");
	show("  is\n");
	while (reader_left(&value)) {
		len = (u32)value.at[0] << 8 | value.at[1];
		value_field(2, "key's length");
		value_field(len, "key");
		value_field(32, "hash(VALUE: version, value)");
		value_field(8, "version: block");
		value_field(4, "version: transaction");
		len = (u32)value.at[2] << 8 | value.at[3];
		value_field(4, "value's length");
		value_field(len, "value");
	}
}

static void show_history(void)
{
	u32 len = (u32)key.at[0] << 8 | key.at[1];

	key_field(2, "key's length");
	key_field(len, "key");
	key_field(12, "version, all bits turned");
	show("  is\n");
	value_field(1, "deleted: no");
	value_field(12, "version");
	value_field(reader_left(&value), "value");
}

static void show_mark(void)
{
	show("  is\n");
	value_field(8, "block");
	value_field(32, "its header's hash");
	value_field(32, "root of the state after it");
	value_field(8, "journal: sequence");
	value_field(8, "journal: bytes written by commits");
	value_field(8, "journal: the same when the last chunk was written");
	value_field(8, "journal: changes since the last chunk");
	value_field(2, "journal: chunk to write next");
}

static void show_journal(void)
{
	key_field(8, "sequence");
	show("  is\n");
	while (reader_left(&value)) {
		value_field(4, "bucket");
		value_field(32, "its hash");
	}
}

static void show_record(struct span name, struct span content)
{
	char space = (char)name.bytes[0];

	reader_init(&key, name.bytes, name.len);
	reader_init(&value, content.bytes, content.len);
	key_start = name.bytes;
	value_start = content.bytes;
	show("\n'%c'\n", space);
	reader_u8(&key);
	switch (space) {
	case 'M':
		show_mark();
		break;
	case 'b':
		show_bucket();
		break;
	case 'h':
		show_history();
		break;
	case 'j':
		show_journal();
		break;
	case 's':
		key_field(reader_left(&key), "key");
		show("  is empty\n");
		break;
	default:
		abort();
	}
	if (!reader_done(&key) || !reader_done(&value))
		abort();
}

/* Block 7 of the other example writes two keys: a meter's reading, and the endorsements counted. */
static struct state *make_state(void)
{
	struct state_mark mark = { .number = 7 };
	struct overlay *overlay;
	struct state *state;
	struct store *store;
	u8 counter[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };

	if (store_memory_open(&store) || state_open(store, seed, &state))
		abort();
	overlay = overlay_new(state, NULL);
	if (overlay_put(overlay, word("kmeter\0north", 12), word("8 kWh", 5), (struct state_version){ 7, 1 }) ||
	    overlay_put(overlay, word("M", 1), (struct span){ counter, 8 }, (struct state_version){ 7, 2 }) ||
	    overlay_root(overlay, mark.root))
		abort();
	memset(mark.header, 0x77, 32);
	if (state_commit(overlay, &mark, true))
		abort();
	return state;
}

int main(int argc, char **argv)
{
	struct store_walk *walk;
	struct span name, content;
	struct state *state;
	struct store *store;
	int error = 0;

	if (sodium_init() < 0)
		return 1;
	state = make_state();
	store = state_store(state);
	show("state/");
	walk = store->ops->walk(store, (struct span){ NULL, 0 });
	while (store->ops->walk_next(walk, &name, &content, &error))
		show_record(name, content);
	store->ops->walk_free(walk);
	state_close(state);
	return error ? 1 : example_end(argc, argv, "the worked example of the state");
}
