// SPDX-License-Identifier: GPL-2.0
/*
 * node_channels.c - joining, leaving and finding channels, and transactions of
 * this machine's operator.
 */
#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "agent/node/node_state.h"
#include "agent/node/submitter.h"
#include "agent/say.h"

static int channels_fail(struct node_error *ret_error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int channels_fail(struct node_error *ret_error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return err;
}

static struct seat *channels_new(struct node *node, const u8 id[32])
{
	struct seat *seat = calloc(1, sizeof(*seat));

	if (!seat)
		return NULL;
	seat->node = node;
	memcpy(seat->id, id, 32);
	sodium_bin2hex(seat->name, 17, id, 8);
	seat_folder_name(node, "channels", id, seat->folder);
	return seat;
}

int node_take_seat(struct node *node, const u8 id[32])
{
	struct seat *seat;

	if (node->seat_count == NODE_CHANNELS_MAX)
		return -E2BIG;
	seat = channels_new(node, id);
	if (!seat)
		return -ENOMEM;
	node->seats[node->seat_count++] = seat;
	return seat_open(seat);
}

static int channels_join(struct node *node, const struct membership *genesis, struct span bytes, const u8 id[32],
			 struct node_error *ret_error)
{
	int err;

	if (node_seat(node, id))
		return channels_fail(ret_error, -EEXIST, "This node is in channel %s already.", genesis->name);
	if (node->seat_count == NODE_CHANNELS_MAX)
		return channels_fail(ret_error, -E2BIG, "A node can be in %d channels. Leave one first.",
				     NODE_CHANNELS_MAX);
	if (genesis->sequence || genesis->epoch)
		return channels_fail(ret_error, -EINVAL,
				     "This is a later configuration of channel %s, no genesis. Join with the genesis; "
				     "the later ones come with the blocks.",
				     genesis->name);
	err = seat_folder_create(node, genesis, bytes, id, ret_error);
	if (err)
		return err;
	err = node_take_seat(node, id);
	if (err)
		return channels_fail(ret_error, err, "Channel %s was joined but cannot be opened: %s", genesis->name,
				     node->seats[node->seat_count - 1]->stopped);
	node->refresh = true;
	node_due(node);
	say_info("Channel %s: joined.", genesis->name);
	return 0;
}

int node_join(struct node *node, struct span genesis, u8 ret_channel[32], struct node_error *ret_error)
{
	struct membership *membership = malloc(sizeof(*membership));
	int err = membership ? membership_decode(genesis, membership) : -ENOMEM;

	if (err) {
		channels_fail(ret_error, err == -EBADMSG ? -EINVAL : err,
			      "This is no genesis of a channel. `voltgate channel create` makes one.");
		err = err == -EBADMSG ? -EINVAL : err;
	} else {
		membership_channel_id(membership, ret_channel);
		err = channels_join(node, membership, genesis, ret_channel, ret_error);
	}
	free(membership);
	return err;
}

int node_leave(struct node *node, const u8 channel[32], struct node_error *ret_error)
{
	struct seat *seat = node_seat(node, channel);
	u32 i;
	int err;

	if (!seat)
		return channels_fail(ret_error, -ENOENT, "This node is in no such channel.");
	snprintf(seat->stopped, sizeof(seat->stopped), "This node has left the channel.");
	seat_close(seat);
	err = seat_folder_leave(node, channel, ret_error);
	if (err)
		return err;
	for (i = 0; node->seats[i] != seat; i++)
		;
	memmove(&node->seats[i], &node->seats[i + 1], (node->seat_count - i - 1) * sizeof(*node->seats));
	node->seat_count--;
	say_info("Channel %s: left.", seat->name);
	free(seat);
	node->refresh = true;
	node_due(node);
	return 0;
}

u32 node_channels(const struct node *node)
{
	return node->seat_count;
}

struct channel *node_channel(struct node *node, u32 index)
{
	return seat_is_open(node->seats[index]) ? node->seats[index]->channel : NULL;
}

int node_find(const struct node *node, const char *word)
{
	size_t len = strlen(word);
	int found = -ENOENT;
	char hex[65];
	u32 i;

	for (i = 0; i < node->seat_count; i++) {
		sodium_bin2hex(hex, sizeof(hex), node->seats[i]->id, 32);
		if (strcmp(node->seats[i]->name, word) && (len < 8 || len > 64 || strncmp(hex, word, len)))
			continue;
		if (found >= 0)
			return -ENOENT;
		found = (int)i;
	}
	return found;
}

int node_submit(struct node *node, u32 channel, struct span transaction, node_answer_fn *answer, void *arg)
{
	struct seat *seat = node->seats[channel];

	if (!seat_is_open(seat))
		return -ENOENT;
	return submitter_operator(seat, transaction, answer, arg);
}

int node_endorse(struct node *node, u32 channel, const struct endorser_request *request, node_endorsed_fn *endorsed,
		 void *arg)
{
	struct seat *seat = node->seats[channel];

	return seat_is_open(seat) ? endorse_operator(seat, request, endorsed, arg) : -ENOENT;
}

const u8 *node_key(const struct node *node)
{
	return identity_tls_self(node->tls)->key;
}
