// SPDX-License-Identifier: GPL-2.0
/*
 * state_order.c - the first key from here on, as an overlay sees it.
 *
 * Only pruning asks in order, so an overlay sorts keys only when asked, and only those with the first byte asked for:
 * a treap whose priorities are the keys' hashes. What a search found to be empty is kept as a hint, handed on to the
 * overlays above, so that keys deleted from the front of a queue are not passed over again and again; and the place
 * in the store is kept until the next commit.
 */
#include "ledger/state_parts.h"

#include <errno.h>
#include <stdlib.h>

#define CURSOR_STEPS 16 /* looked at before seeking anew */

struct order_node {
	struct order_node *left, *right;
	u32 entry;
};

struct order {
	struct order *next;
	u8 first;     /* byte of the keys in it */
	u32 examined; /* entries of the overlay looked at so far */
	struct order_node *root;
};

static struct span entry_key(const struct overlay *overlay, u32 entry)
{
	return state_span(overlay->entries[entry].key, overlay->entries[entry].key_len);
}

static struct order_node *order_insert(const struct overlay *overlay, struct order_node *root, struct order_node *node)
{
	struct order_node *child;

	if (!root)
		return node;
	if (buckettree_order(entry_key(overlay, node->entry), entry_key(overlay, root->entry)) < 0) {
		root->left = child = order_insert(overlay, root->left, node);
		if (overlay->entries[child->entry].hash <= overlay->entries[root->entry].hash)
			return root;
		root->left = child->right;
		child->right = root;
		return child;
	}
	root->right = child = order_insert(overlay, root->right, node);
	if (overlay->entries[child->entry].hash <= overlay->entries[root->entry].hash)
		return root;
	root->right = child->left;
	child->left = root;
	return child;
}

/* The overlay's keys that begin with @first, in order, up to date; NULL: no memory. */
static struct order *order_of(struct overlay *overlay, u8 first)
{
	struct order *order = overlay->orders;
	struct order_node *node;

	while (order && order->first != first)
		order = order->next;
	if (!order) {
		order = overlay_alloc(overlay, sizeof(*order));
		if (!order)
			return NULL;
		*order = (struct order){ .next = overlay->orders, .first = first };
		overlay->orders = order;
	}
	for (; order->examined < overlay->count; order->examined++) {
		const struct overlay_entry *entry = &overlay->entries[order->examined];

		if (!entry->key_len || entry->key[0] != first)
			continue;
		node = overlay_alloc(overlay, sizeof(*node));
		if (!node)
			return NULL;
		*node = (struct order_node){ .entry = order->examined };
		order->root = order_insert(overlay, order->root, node);
	}
	return order;
}

/* The entry of the first key not below @from, or NULL. */
static const struct overlay_entry *order_seek(const struct overlay *overlay, const struct order *order,
					      struct span from)
{
	const struct overlay_entry *found = NULL;
	const struct order_node *node = order->root;

	while (node) {
		if (buckettree_order(entry_key(overlay, node->entry), from) < 0) {
			node = node->right;
		} else {
			found = &overlay->entries[node->entry];
			node = node->left;
		}
	}
	return found;
}

void cursor_done(struct state_cursor *cursor, const struct store *store)
{
	if (cursor->walk)
		store->ops->walk_free(cursor->walk);
	cursor->walk = NULL;
}

static int cursor_step(struct state *state)
{
	struct state_cursor *cursor = &state->cursor;
	struct span key, value;
	int error = 0;

	cursor->end =
		!state->store->ops->walk_next(cursor->walk, &key, &value, &error) || !key.len || key.bytes[0] != 's';
	if (!cursor->end)
		cursor->key = state_span(key.bytes + 1, key.len - 1);
	return error;
}

static bool cursor_before(const struct state_cursor *cursor, struct span from)
{
	return !cursor->end && buckettree_order(cursor->key, from) < 0;
}

/* The first committed key not below @from; *ret_end: there is none. The key is good until the next call. */
static int committed_first(struct state *state, struct span from, struct span *ret_key, bool *ret_end)
{
	struct state_cursor *cursor = &state->cursor;
	u8 name[2 + STATE_KEY_MAX];
	int error = 0, steps;

	if (cursor->walk && buckettree_order(from, state_span(cursor->low, cursor->low_len)) < 0)
		cursor_done(cursor, state->store);
	for (steps = 0; cursor->walk && !error && cursor_before(cursor, from); steps++) {
		if (steps < CURSOR_STEPS)
			error = cursor_step(state);
		else
			cursor_done(cursor, state->store);
	}
	if (!cursor->walk) {
		name[0] = 's';
		memcpy(name + 1, from.bytes, from.len);
		cursor->walk = state->store->ops->walk(state->store, state_span(name, 1 + from.len));
		if (!cursor->walk)
			return -ENOMEM;
		error = cursor_step(state);
	}
	if (error) {
		cursor_done(cursor, state->store);
		return error;
	}
	memcpy(cursor->low, from.bytes, from.len);
	cursor->low_len = from.len;
	*ret_key = cursor->key;
	*ret_end = cursor->end;
	return 0;
}

void hint_put(struct state_hint *hint, struct span key)
{
	if (!hint->to_len || buckettree_order(key, state_span(hint->from, hint->from_len)) < 0 ||
	    buckettree_order(key, state_span(hint->to, hint->to_len)) >= 0)
		return;
	memcpy(hint->to, key.bytes, key.len);
	hint->to_len = key.len;
}

/* Nothing is there from @from to below @to. */
static void hint_learn(struct state_hint *hint, struct span from, struct span to)
{
	bool joins = hint->to_len && buckettree_order(from, state_span(hint->from, hint->from_len)) >= 0 &&
		     buckettree_order(from, state_span(hint->to, hint->to_len)) <= 0;

	if (!joins) {
		memcpy(hint->from, from.bytes, from.len);
		hint->from_len = from.len;
	}
	memcpy(hint->to, to.bytes, to.len);
	hint->to_len = to.len;
}

/* The first key from @from on with its first byte that stands in @top or one below it, or in the store; deleted ones
 * too. *ret_key.len 0: none. */
static int lowest(struct overlay *top, struct span from, struct span *ret_key, bool *ret_deleted)
{
	struct state *state = top->state;
	const struct overlay_entry *entry;
	struct overlay *overlay;
	struct order *order;
	struct span key;
	bool end;
	int error = committed_first(state, from, &key, &end);

	if (error)
		return error;
	*ret_key = end || !key.len || key.bytes[0] != from.bytes[0] ? state_span(NULL, 0) : key;
	*ret_deleted = false;
	for (overlay = state->bottom; overlay; overlay = overlay->above) { /* the upper one's word counts */
		order = order_of(overlay, from.bytes[0]);
		if (!order)
			return -ENOMEM;
		entry = order_seek(overlay, order, from);
		if (entry &&
		    (!ret_key->len || buckettree_order(state_span(entry->key, entry->key_len), *ret_key) <= 0)) {
			*ret_key = state_span(entry->key, entry->key_len);
			*ret_deleted = entry->record[0];
		}
		if (overlay == top)
			break;
	}
	return 0;
}

int overlay_first(struct overlay *overlay, struct span prefix, struct span from, u8 **ret_key, size_t *ret_len)
{
	struct span start = buckettree_order(from, prefix) > 0 ? from : prefix, at, key;
	struct state_hint *hint = &overlay->hint;
	u8 low[STATE_KEY_MAX + 1], beyond[1];
	bool deleted = true;
	int error;

	if (!prefix.len || start.len > STATE_KEY_MAX)
		return -EINVAL;
	memcpy(low, start.bytes, start.len);
	at = state_span(low, start.len);
	if (hint->to_len && buckettree_order(at, state_span(hint->from, hint->from_len)) >= 0 &&
	    buckettree_order(at, state_span(hint->to, hint->to_len)) < 0) {
		memcpy(low, hint->to, hint->to_len);
		at.len = hint->to_len;
	}
	while (deleted) {
		if (at.bytes[0] != prefix.bytes[0])
			return 0; /* the hint led beyond */
		error = lowest(overlay, at, &key, &deleted);
		if (error)
			return error;
		if (!deleted || !key.len)
			break;
		memcpy(low, key.bytes, key.len);
		low[key.len] = 0; /* the next possible key */
		at.len = key.len + 1;
	}
	beyond[0] = prefix.bytes[0] + 1;
	if (key.len)
		hint_learn(hint, start, key);
	else if (beyond[0])
		hint_learn(hint, start, state_span(beyond, 1));
	if (!key.len || !state_prefixed(key, prefix))
		return 0;
	*ret_key = malloc(key.len);
	if (!*ret_key)
		return -ENOMEM;
	memcpy(*ret_key, key.bytes, key.len);
	*ret_len = key.len;
	return 1;
}
