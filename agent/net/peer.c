// SPDX-License-Identifier: GPL-2.0
/*
 * peer.c - a node's links to the other nodes.
 *
 * A link is a client with three calls of Peer.Exchange, one for each urgency; a call sends only while those before it
 * have nothing to send, and each is handed little at a time, so that a vote waits for at most what the connection
 * already holds (a quarter of a megabyte), never for the bulk behind it. A parcel to many is encoded once: the links'
 * queues share its bytes.
 *
 * While a link is down its queues keep what came for STALE_S seconds; after that what is in them would only mislead
 * and is dropped, and more is refused until it is up again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include "agent/net/peer.h"
#include "agent/net/peer_queue.h"

#define EXCHANGE "/voltgate.v1.Peer/Exchange"
#define URGENCIES 3
#define CALL_BYTES (256 * 1024)	   /* handed to a call at a time */
#define MESSAGE_BYTES (256 * 1024) /* parcels are joined into messages up to this */
#define MESSAGE_PARCELS 256
#define STALE_S 3
#define REFUSED_MS 500 /* until a node that refused Exchange is asked again: it may not know the channel yet */

struct link {
	TAILQ_ENTRY(link) entry;
	struct peers *peers;
	u8 key[32];
	char address[MEMBERSHIP_ADDRESS_MAX + 1], why[160];
	struct grpc_client *client;
	struct outlet {
		struct link *link;
		struct grpc_call *call;
		struct peer_queue queue;
	} outlets[URGENCIES];
	struct event *again;
	u64 sent_parcels, sent_bytes, refused_parcels, connects;
	u64 down_since; /* seconds; while not up */
	bool up, waiting;
};

struct tag {
	TAILQ_ENTRY(tag) entry;
	u8 channel[32];
	struct grpc_buffer *field;
};

struct peers {
	struct peers_options options;
	TAILQ_HEAD(links, link) links;
	TAILQ_HEAD(, tag) tags;
	u32 count;
	struct grpc_buffer *last; /* the parcel encoded last; the next is often the same, for another node */
	u32 last_head;
};

static u64 seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (u64)now.tv_sec;
}

struct peers *peers_new(const struct peers_options *options)
{
	static const u32 queue_bytes[URGENCIES] = { 4u << 20, 32u << 20, 16u << 20 };
	struct peers *peers = calloc(1, sizeof(*peers));

	if (!peers)
		return NULL;
	peers->options = *options;
	for (int i = 0; i < URGENCIES; i++)
		if (!peers->options.queue_bytes[i])
			peers->options.queue_bytes[i] = queue_bytes[i];
	peers->options.limits.call_bytes = CALL_BYTES;
	TAILQ_INIT(&peers->links);
	TAILQ_INIT(&peers->tags);
	return peers;
}

static struct link *find(const struct peers *peers, const u8 key[32])
{
	struct link *link;

	for (link = TAILQ_FIRST(&peers->links); link; link = TAILQ_NEXT(link, entry))
		if (!memcmp(link->key, key, sizeof(link->key)))
			return link;
	return NULL;
}

/* --- a parcel's bytes --- */

static size_t put_length(u8 *bytes, u32 length)
{
	size_t len = 0;

	for (; length > 127; length >>= 7)
		bytes[len++] = (u8)(length | 128);
	bytes[len++] = (u8)length;
	return len;
}

/* Parcels.channel, for all time: a node is in few channels. */
static struct grpc_buffer *tag_of(struct peers *peers, const u8 channel[32])
{
	struct tag *tag;

	for (tag = TAILQ_FIRST(&peers->tags); tag; tag = TAILQ_NEXT(tag, entry))
		if (!memcmp(tag->channel, channel, sizeof(tag->channel)))
			return tag->field;
	tag = calloc(1, sizeof(*tag));
	if (!tag)
		return NULL;
	tag->field = grpc_buffer_new(34);
	if (!tag->field) {
		free(tag);
		return NULL;
	}
	memcpy(tag->channel, channel, sizeof(tag->channel));
	memcpy(tag->field->bytes, "\x0a\x20", 2);
	memcpy(tag->field->bytes + 2, channel, 32);
	tag->field->len = 34;
	TAILQ_INSERT_HEAD(&peers->tags, tag, entry);
	return tag->field;
}

/* Parcels.parcels with one parcel; the one before is taken again if it is the same. Borrowed. */
static struct grpc_buffer *encode(struct peers *peers, struct span parcel)
{
	struct grpc_buffer *last = peers->last;
	u8 head[8] = { 0x12 };
	size_t head_len;

	if (last && last->len - peers->last_head == parcel.len &&
	    !memcmp(last->bytes + peers->last_head, parcel.bytes, parcel.len))
		return last;
	head_len = 1 + put_length(head + 1, (u32)parcel.len);
	grpc_buffer_put(last);
	peers->last = grpc_buffer_new((u32)(head_len + parcel.len));
	if (!peers->last)
		return NULL;
	memcpy(peers->last->bytes, head, head_len);
	memcpy(peers->last->bytes + head_len, parcel.bytes, parcel.len);
	peers->last->len = (u32)(head_len + parcel.len);
	peers->last_head = (u32)head_len;
	return peers->last;
}

/* --- sending --- */

/* The first parcels of the queue that go to one channel, as one message. */
static int send_message(struct link *link, struct outlet *outlet)
{
	struct grpc_part parts[MESSAGE_PARCELS + 1];
	const struct peer_item *first = peer_queue_first(&outlet->queue), *item = first;
	struct grpc_buffer *channel = first->channel;
	u32 count = 0, bytes = 0;
	int err;

	parts[count++] = (struct grpc_part){ grpc_buffer_get(channel), 0, channel->len };
	while (item && item->channel == channel && count <= MESSAGE_PARCELS &&
	       (count == 1 || bytes + item->parcel->len <= MESSAGE_BYTES)) {
		struct peer_item taken = peer_queue_take(&outlet->queue);

		grpc_buffer_put(taken.channel);
		bytes += taken.parcel->len;
		parts[count++] = (struct grpc_part){ taken.parcel, 0, taken.parcel->len };
		item = peer_queue_first(&outlet->queue);
	}
	err = grpc_call_send_parts(outlet->call, parts, count);
	if (err) {
		link->refused_parcels += count - 1;
	} else {
		link->sent_parcels += count - 1;
		link->sent_bytes += bytes;
	}
	for (u32 i = 0; i < count; i++)
		grpc_buffer_put(parts[i].buffer);
	return err;
}

static void drain_outlet(struct outlet *outlet)
{
	while (outlet->call && peer_queue_first(&outlet->queue) && grpc_call_room(outlet->call) >= CALL_BYTES / 2)
		if (send_message(outlet->link, outlet))
			break;
}

static void on_writable(void *arg)
{
	drain_outlet(arg);
}

void peers_flush(struct peers *peers)
{
	struct link *link, *next;

	for (link = TAILQ_FIRST(&peers->links); link; link = next) {
		next = TAILQ_NEXT(link, entry);
		if (!link->waiting)
			continue;
		link->waiting = false;
		for (int i = 0; i < URGENCIES; i++)
			drain_outlet(&link->outlets[i]);
		grpc_client_flush(link->client);
	}
}

static bool stale(struct link *link)
{
	if (link->up || seconds() - link->down_since < STALE_S)
		return false;
	for (int i = 0; i < URGENCIES; i++)
		peer_queue_clear(&link->outlets[i].queue);
	return true;
}

int peers_send(struct peers *peers, const u8 key[32], const u8 channel[32], enum channel_urgency urgency,
	       struct span parcel)
{
	struct link *link = find(peers, key);
	struct grpc_buffer *tag, *encoded;
	int err = -ENOMEM;

	if (!link)
		return -ENOENT;
	if (parcel.len + 64 > peers->options.limits.message_bytes || stale(link)) {
		link->refused_parcels++;
		return -ENOBUFS;
	}
	tag = tag_of(peers, channel);
	encoded = tag ? encode(peers, parcel) : NULL;
	if (encoded)
		err = peer_queue_add(&link->outlets[urgency].queue, tag, encoded);
	if (err)
		link->refused_parcels++;
	else
		link->waiting = true;
	return err;
}

/* --- links --- */

static void close_calls(struct link *link)
{
	for (int i = 0; i < URGENCIES; i++) {
		struct grpc_call *call = link->outlets[i].call;

		link->outlets[i].call = NULL;
		if (call)
			grpc_call_cancel(call);
	}
}

/* Last in whoever calls it: the owner may remove the link. */
static void set_up(struct link *link, bool up)
{
	if (link->up == up)
		return;
	link->up = up;
	link->down_since = seconds();
	link->waiting = up;
	if (link->peers->options.up)
		link->peers->options.up(link->peers->options.arg, link->key, up);
}

/* The node ended Exchange, or the connection is gone (then the client's state says why). */
static void on_finished(void *arg, enum grpc_status status, const char *text)
{
	static const struct timeval later = { .tv_usec = REFUSED_MS * 1000 };
	struct outlet *outlet = arg;
	struct link *link = outlet->link;

	(void)status;
	outlet->call = NULL;
	if (grpc_client_state(link->client) != GRPC_CLIENT_UP)
		return;
	snprintf(link->why, sizeof(link->why), "Exchange was ended: %.130s", text ? text : "");
	close_calls(link);
	evtimer_add(link->again, &later);
	set_up(link, false);
}

static void open_calls(struct link *link)
{
	struct grpc_answer answer = { .writable = on_writable, .finished = on_finished };

	for (int i = 0; i < URGENCIES; i++) {
		answer.arg = &link->outlets[i];
		answer.yields_to = i ? link->outlets[i - 1].call : NULL;
		if (grpc_client_call(link->client, EXCHANGE, 0, &answer, &link->outlets[i].call)) {
			static const struct timeval later = { .tv_usec = REFUSED_MS * 1000 };

			close_calls(link);
			evtimer_add(link->again, &later);
			return;
		}
	}
	link->connects++;
	link->why[0] = '\0';
	for (int i = 0; i < URGENCIES; i++)
		drain_outlet(&link->outlets[i]);
	set_up(link, true);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;

	(void)fd, (void)what;
	if (grpc_client_state(link->client) == GRPC_CLIENT_UP && !link->outlets[0].call)
		open_calls(link);
}

static void on_state(void *arg, enum grpc_client_state state, const char *why)
{
	struct link *link = arg;

	if (state == GRPC_CLIENT_UP) {
		open_calls(link);
	} else if (state == GRPC_CLIENT_DOWN) {
		snprintf(link->why, sizeof(link->why), "%s", why);
		evtimer_del(link->again);
		close_calls(link);
		set_up(link, false);
	}
}

static void free_link(struct link *link)
{
	if (link->client)
		grpc_client_close(link->client);
	if (link->again)
		event_free(link->again);
	for (int i = 0; i < URGENCIES; i++)
		peer_queue_done(&link->outlets[i].queue);
	free(link);
}

static int connect_link(struct link *link, struct identity_error *error)
{
	const struct peers_options *options = &link->peers->options;
	struct grpc_client_options client = { .address = link->address,
					      .tls = options->tls,
					      .limits = options->limits,
					      .expect_key = link->key,
					      .backoff_ms = 20,
					      .backoff_most_ms = 1000,
					      .state = on_state,
					      .arg = link };

	return grpc_client_open(options->base, &client, &link->client, error);
}

static struct link *new_link(struct peers *peers, const u8 key[32], const char *address)
{
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->peers = peers;
	memcpy(link->key, key, sizeof(link->key));
	snprintf(link->address, sizeof(link->address), "%s", address);
	link->down_since = seconds();
	link->again = evtimer_new(peers->options.base, on_again, link);
	for (int i = 0; i < URGENCIES; i++) {
		link->outlets[i].link = link;
		link->outlets[i].queue.most = peers->options.queue_bytes[i];
	}
	if (!link->again) {
		free_link(link);
		return NULL;
	}
	return link;
}

static int move_link(struct link *link, const char *address, struct identity_error *error)
{
	char before[sizeof(link->address)];
	struct grpc_client *old = link->client;
	int err;

	snprintf(before, sizeof(before), "%s", link->address);
	snprintf(link->address, sizeof(link->address), "%s", address);
	link->client = NULL;
	err = connect_link(link, error);
	if (err) { /* the old one stays */
		snprintf(link->address, sizeof(link->address), "%s", before);
		link->client = old;
		return err;
	}
	evtimer_del(link->again);
	close_calls(link);
	grpc_client_close(old);
	set_up(link, false);
	return 0;
}

int peers_add(struct peers *peers, const u8 key[32], const char *address, struct identity_error *ret_error)
{
	struct link *link = find(peers, key);
	int err;

	if (link)
		return strcmp(link->address, address) ? move_link(link, address, ret_error) : 0;
	link = new_link(peers, key, address);
	if (!link) {
		snprintf(ret_error->text, sizeof(ret_error->text), "There is no memory for a link to %.96s.", address);
		return -ENOMEM;
	}
	err = connect_link(link, ret_error);
	if (err) {
		free_link(link);
		return err;
	}
	TAILQ_INSERT_TAIL(&peers->links, link, entry);
	peers->count++;
	return 0;
}

static void remove_link(struct link *link)
{
	struct peers *peers = link->peers;

	TAILQ_REMOVE(&peers->links, link, entry);
	peers->count--;
	close_calls(link);
	free_link(link);
}

void peers_remove(struct peers *peers, const u8 key[32])
{
	struct link *link = find(peers, key);

	if (link)
		remove_link(link);
}

void peers_free(struct peers *peers)
{
	struct link *link;
	struct tag *tag;

	if (!peers)
		return;
	while ((link = TAILQ_FIRST(&peers->links)))
		remove_link(link);
	while ((tag = TAILQ_FIRST(&peers->tags))) {
		TAILQ_REMOVE(&peers->tags, tag, entry);
		grpc_buffer_put(tag->field);
		free(tag);
	}
	grpc_buffer_put(peers->last);
	free(peers);
}

u32 peers_count(const struct peers *peers)
{
	return peers->count;
}

void peers_status(const struct peers *peers, u32 index, struct peers_status *ret_status)
{
	struct link *link = TAILQ_FIRST(&peers->links);

	for (; link && index; index--)
		link = TAILQ_NEXT(link, entry);
	memset(ret_status, 0, sizeof(*ret_status));
	if (!link)
		return;
	memcpy(ret_status->key, link->key, sizeof(ret_status->key));
	memcpy(ret_status->address, link->address, sizeof(ret_status->address));
	memcpy(ret_status->why, link->why, sizeof(ret_status->why));
	ret_status->state = grpc_client_state(link->client);
	ret_status->sent_parcels = link->sent_parcels;
	ret_status->sent_bytes = link->sent_bytes;
	ret_status->refused_parcels = link->refused_parcels;
	ret_status->connects = link->connects;
	for (int i = 0; i < URGENCIES; i++) {
		ret_status->queued_bytes += link->outlets[i].queue.bytes;
		if (link->outlets[i].call)
			ret_status->queued_bytes += grpc_call_queued(link->outlets[i].call);
	}
}
