// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - the network of net.h. Parcels arrive after delay_us in the order
 * they were sent; each node is ticked when it wished to be and flushed after whatever happened to it.
 */
#include "tests/channel/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/channel/lent_disk.h"

#define NET_EPOCH 700000000000000ull /* Time64 at the net's start */

static u64 io_now(void *arg)
{
	return ((struct net_node *)arg)->net->now_us;
}

static u64 io_clock(void *arg)
{
	const struct net_node *node = arg;

	return NET_EPOCH + node->net->now_us + node->clock_skew;
}

#define VOTES_MAX 65536

void net_watch(struct net *net)
{
	net->votes = calloc(VOTES_MAX, sizeof(*net->votes));
}

static void vote_watch(struct net *net, struct span parcel)
{
	static _Alignas(16) u8 room[8 << 20];
	struct pbft_message message;
	struct parcel decoded;
	u8 vote[80] = { 0 };
	u32 place = 0, n = membership_replicas(&net->genesis);
	struct writer writer;

	if (parcel_decode(parcel, &decoded) || decoded.kind > PARCEL_PREPREPARE ||
	    pbft_message_decode(decoded.message, n, 32, room, sizeof(room), &message) ||
	    message.kind > PBFT_CHECKPOINT || message.kind < PBFT_PREPREPARE)
		return;
	writer_init(&writer, vote, sizeof(vote));
	writer_u32(&writer, 1 + message.sender);
	writer_u8(&writer, message.kind);
	writer_u64(&writer, message.epoch);
	writer_u64(&writer, message.kind == PBFT_PREPREPARE ? message.preprepare.view : message.vote.view);
	writer_u64(&writer, message.kind == PBFT_PREPREPARE ? message.preprepare.block.number : message.vote.number);
	if (message.kind == PBFT_PREPREPARE)
		pbft_block_hash(&message.preprepare.block, vote + 29);
	else
		memcpy(vote + 29, message.vote.hash, 32);
	for (u32 i = 0; i < 29; i++)
		place = place * 31 + vote[i];
	for (place %= VOTES_MAX; net->votes[place][3]; place = (place + 1) % VOTES_MAX) {
		if (memcmp(net->votes[place], vote, 29))
			continue;
		net->equivocations += memcmp(net->votes[place], vote, 61) != 0;
		return;
	}
	if (net->vote_count++ < VOTES_MAX / 2)
		memcpy(net->votes[place], vote, sizeof(vote));
}

static int io_send(void *arg, const u8 key[32], enum channel_urgency urgency, struct span parcel)
{
	struct net_node *node = arg;
	struct net *net = node->net;
	struct net_parcel *queued;

	(void)urgency;
	for (u32 i = 0; i < net->count; i++) {
		if (memcmp(net->nodes[i].key, key, 32))
			continue;
		queued = malloc(sizeof(*queued) + parcel.len);
		*queued = (struct net_parcel){
			.from = node->index, .to = i, .at_us = net->now_us + net->delay_us, .len = parcel.len
		};
		memcpy(queued->bytes, parcel.bytes, parcel.len);
		*net->queue_end = queued;
		net->queue_end = &queued->next;
		net->queued++;
		net->parcels[parcel.bytes[0] & 15]++;
		if (net->votes)
			vote_watch(net, parcel);
		return 0;
	}
	return -ENOENT;
}

static void io_wake(void *arg, u64 when_us)
{
	((struct net_node *)arg)->wake_us = when_us;
}

static void io_committed(void *arg, const struct block *block, const u8 (*digests)[32])
{
	struct net_node *node = arg;
	u8 hash[32];
	struct reader reader;
	struct span transaction;

	node->committed = block->header.number;
	if (block_body_open(block->body, &reader) < 0)
		abort();
	for (u32 i = 0; i < block->header.count; i++) {
		if (!block_body_next(&reader, &transaction))
			abort();
		transaction_hash(transaction, hash);
		if (memcmp(hash, digests[i], 32))
			abort();
	}
}

static void io_answer(void *arg, void *cookie, enum channel_answer answer, u64 number, u32 index, u8 outcome)
{
	struct net_answer *place = &((struct net_node *)arg)->net->answers[(size_t)cookie];

	place->count++;
	place->answer = answer;
	place->number = number;
	place->index = index;
	place->outcome = outcome;
}

static void io_reconfigured(void *arg, const struct membership *membership)
{
	(void)membership;
	((struct net_node *)arg)->reconfigured++;
}

static void io_say(void *arg, bool error, const char *sentence)
{
	struct net_node *node = arg;

	node->said++;
	node->errors += error;
	snprintf(node->last_said, sizeof(node->last_said), "%s", sentence);
	if (getenv("NET_SAY"))
		printf("# %llu node %u: %s\n", (unsigned long long)node->net->now_us, node->index, sentence);
}

static void io_broken(void *arg, const char *sentence)
{
	struct net_node *node = arg;

	io_say(arg, true, sentence);
	node->broken++;
}

static void net_sign(void *arg, const u8 digest[32], u8 ret_signature[64])
{
	const struct net_node *node = arg;

	crypto_sign_detached(ret_signature, NULL, digest, 32, node->secret);
}

static bool net_verify(void *arg, u32 replica, const u8 digest[32], const u8 signature[64])
{
	const struct net_node *node = arg;
	const struct membership_node *member =
		membership_replica(ledger_membership(channel_ledger(node->channel)), replica);

	return member && !crypto_sign_verify_detached(signature, digest, 32, member->key);
}

/* --- making and starting --- */

void net_member(const struct net *net, u32 index, u8 roles, struct membership_node *ret_node)
{
	memset(ret_node, 0, sizeof(*ret_node));
	memcpy(ret_node->key, net->nodes[index].key, 32);
	ret_node->organisation = index % 4;
	ret_node->roles = roles;
	snprintf(ret_node->name, sizeof(ret_node->name), "node%u", index);
	snprintf(ret_node->address, sizeof(ret_node->address), "127.0.0.1:%u", 1000 + index);
}

void net_membership_add(struct membership *membership, const struct membership_node *node)
{
	u32 at = 0;

	while (at < membership->node_count && memcmp(membership->nodes[at].key, node->key, 32) < 0)
		at++;
	memmove(&membership->nodes[at + 1], &membership->nodes[at],
		(membership->node_count - at) * sizeof(*membership->nodes));
	membership->nodes[at] = *node;
	membership->node_count++;
}

void net_make(struct net *net, u32 count, u32 replicas, u32 followers)
{
	struct membership *genesis = &net->genesis;
	struct membership_error fault;
	struct membership_node member;
	u8 seed[32];

	memset(net, 0, sizeof(*net));
	net->queue_end = &net->queue;
	net->delay_us = 200;
	net->count = count;
	net->now_us = 1000000;
	membership_defaults(genesis);
	snprintf(genesis->name, sizeof(genesis->name), "test");
	memset(genesis->seed, 7, 32);
	genesis->regulator_count = genesis->regulators_needed = 1;
	memset(seed, 99, 32);
	crypto_sign_seed_keypair(genesis->regulators[0], net->regulator_secret, seed);
	genesis->organisation_count = 4;
	for (u32 i = 0; i < 4; i++) {
		snprintf(genesis->organisations[i].name, sizeof(genesis->organisations[i].name), "org%u", i);
		memset(genesis->organisations[i].authority, 50 + i, 32);
	}
	genesis->parameters[MEMBERSHIP_OPEN_REQUESTS] = 1;
	genesis->parameters[MEMBERSHIP_ENDORSING_ORGANISATIONS] = 0;
	for (u32 i = 0; i < count; i++) {
		struct net_node *node = &net->nodes[i];

		node->net = net;
		node->index = i;
		memset(seed, 1 + i, 32);
		crypto_sign_seed_keypair(node->key, node->secret, seed);
		if (disk_memory_open(&node->blocks) || disk_memory_open(&node->votes))
			abort();
		if (i >= replicas + followers)
			continue;
		net_member(net, i, i < replicas ? MEMBERSHIP_REPLICA : 0, &member);
		net_membership_add(genesis, &member);
	}
	if (membership_check(genesis, &fault)) {
		printf("# %s\n", fault.text);
		abort();
	}
}

int net_start(struct net *net, u32 index)
{
	struct net_node *node = &net->nodes[index];
	struct ledger_options place = { 0 };
	struct ledger *ledger = NULL;
	struct ledger_error fault;
	struct store *store;
	int error;

	/* The state is made again from the blocks at each start. */
	if (store_memory_open(&store))
		abort();
	place.disk = lent_disk(node->blocks);
	place.store = store;
	error = ledger_open(&place, &ledger, &fault);
	if (error == -ENOENT) {
		store_memory_open(&store);
		place.disk = lent_disk(node->blocks);
		place.store = store;
		error = ledger_create(&place, &net->genesis, NET_EPOCH, &ledger, &fault);
	}
	if (error) {
		printf("# node %u: ledger: %s\n", index, fault.text);
		return error;
	}
	return net_start_on(net, index, ledger);
}

int net_start_on(struct net *net, u32 index, struct ledger *ledger)
{
	struct net_node *node = &net->nodes[index];
	struct channel_options options = { .ledger = ledger };
	struct channel_error error_text;
	int error;

	options.votes = node->no_votes ? NULL : lent_disk(node->votes);
	memcpy(options.node_key, node->key, 32);
	options.crypto = (struct pbft_crypto){ net_sign, net_verify, node };
	options.io = (struct channel_io){
		.arg = node,
		.now_us = io_now,
		.clock = io_clock,
		.send = io_send,
		.wake = io_wake,
		.committed = io_committed,
		.answer = io_answer,
		.reconfigured = io_reconfigured,
		.say = io_say,
		.broken = io_broken,
	};
	node->broken = 0;
	node->wake_us = net->now_us;
	error = channel_open(&options, &node->channel, &error_text);
	if (error) {
		node->channel = NULL;
		printf("# node %u: %s\n", index, error_text.text);
	}
	return error;
}

void net_stop(struct net *net, u32 index, bool crash, u64 seed)
{
	struct net_node *node = &net->nodes[index];

	if (crash && node->blocks) {
		disk_memory_crash(node->blocks, seed);
		disk_memory_crash(node->votes, seed + 1);
	}
	if (node->channel)
		channel_close(node->channel);
	node->channel = NULL;
}

void net_free(struct net *net)
{
	struct net_parcel *parcel;

	for (u32 i = 0; i < net->count; i++) {
		net_stop(net, i, false, 0);
		disk_done(net->nodes[i].votes);
		if (net->nodes[i].blocks)
			disk_done(net->nodes[i].blocks);
	}
	while ((parcel = net->queue)) {
		net->queue = parcel->next;
		free(parcel);
	}
	free(net->votes);
}

/* --- running --- */

static void deliver(struct net *net, struct net_parcel *parcel)
{
	struct net_node *to = &net->nodes[parcel->to];

	if (!to->channel || (net->filter && !net->filter(net, parcel->from, parcel->to, parcel->bytes, parcel->len))) {
		net->lost++;
		return;
	}
	channel_receive(to->channel, net->nodes[parcel->from].key, (struct span){ parcel->bytes, parcel->len });
}

/* Everything that is due now; a round of each node's loop. */
static void round_run(struct net *net)
{
	bool touched[NET_NODES] = { false };

	while (net->queue && net->queue->at_us <= net->now_us) {
		struct net_parcel *parcel = net->queue;

		net->queue = parcel->next;
		if (!net->queue)
			net->queue_end = &net->queue;
		net->queued--;
		touched[parcel->to] = true;
		deliver(net, parcel);
		free(parcel);
	}
	for (u32 i = 0; i < net->count; i++) {
		struct net_node *node = &net->nodes[i];

		if (!node->channel || (!touched[i] && node->wake_us > net->now_us))
			continue;
		if (node->wake_us <= net->now_us)
			channel_tick(node->channel);
		channel_flush(node->channel);
	}
}

static u64 next_event(const struct net *net)
{
	u64 next = net->queue ? net->queue->at_us : ~0ull;

	for (u32 i = 0; i < net->count; i++)
		if (net->nodes[i].channel && net->nodes[i].wake_us < next)
			next = net->nodes[i].wake_us;
	return next > net->now_us ? next : net->now_us + 10;
}

void net_run(struct net *net, u64 us)
{
	u64 until = net->now_us + us;

	while (net->now_us < until) {
		u64 next;

		round_run(net);
		next = next_event(net);
		net->now_us = next < until ? next : until;
	}
}

bool net_reach(struct net *net, u32 nodes, u64 height, u64 us)
{
	u64 until = net->now_us + us;

	for (;;) {
		bool all = true;

		for (u32 i = 0; i < net->count; i++)
			if (nodes >> i & 1 && net->nodes[i].channel && net_height(net, i) < height)
				all = false;
		if (all)
			return true;
		if (net->now_us >= until)
			return false;
		net_run(net, 1000);
	}
}

u64 net_height(const struct net *net, u32 index)
{
	return ledger_durable(channel_ledger(net->nodes[index].channel));
}

size_t net_transaction(u32 id, size_t payload, u8 *ret_bytes, size_t size)
{
	u8 client[32] = { 1 + id % 5 }, filler[4096];
	struct writer writer;

	memset(filler, 0x5a, sizeof(filler));
	memcpy(filler, &id, sizeof(id));
	writer_init(&writer, ret_bytes, size);
	transaction_encode_open(&writer, client, 1 + id / 5, (struct span){ filler, payload });
	return writer_len(&writer);
}

void net_submit(struct net *net, u32 index, u32 id, size_t payload)
{
	u8 bytes[8192];
	size_t len = net_transaction(id, payload, bytes, sizeof(bytes));

	channel_submit(net->nodes[index].channel, (struct span){ bytes, len }, (void *)(size_t)id);
	net->nodes[index].wake_us = net->now_us;
}

struct channel_status net_status(const struct net *net, u32 index)
{
	struct channel_status status;

	channel_status(net->nodes[index].channel, &status);
	return status;
}

bool net_answered(const struct net *net, u32 first, u32 last)
{
	for (u32 i = first; i <= last; i++)
		if (net->answers[i].count != 1 || net->answers[i].answer != CHANNEL_COMMITTED ||
		    net->answers[i].outcome != LEDGER_VALID)
			return false;
	return true;
}

bool net_agree(struct net *net)
{
	u64 least = ~0ull;
	int first = -1;

	for (u32 i = 0; i < net->count; i++)
		if (net->nodes[i].channel && net_height(net, i) < least)
			least = net_height(net, i);
	for (u32 i = 0; i < net->count; i++) {
		if (!net->nodes[i].channel)
			continue;
		if (first < 0) {
			first = i;
			continue;
		}
		for (u64 number = 1; number <= least; number++) {
			struct ledger *ledgers[2] = { channel_ledger(net->nodes[first].channel),
						      channel_ledger(net->nodes[i].channel) };
			struct ledger_error fault;
			struct block blocks[2];
			u8 *bytes[2] = { NULL, NULL };
			size_t len[2];
			bool same = true;

			if (number < ledger_first(ledgers[0]) || number < ledger_first(ledgers[1]))
				continue;
			for (int side = 0; side < 2; side++)
				if (ledger_block(ledgers[side], number, &bytes[side], &len[side], &fault) ||
				    block_decode((struct span){ bytes[side], len[side] }, &blocks[side]))
					same = false;
			same = same && !memcmp(blocks[0].hash, blocks[1].hash, 32);
			free(bytes[0]);
			free(bytes[1]);
			if (!same)
				return false;
		}
	}
	return true;
}

void net_configure(struct net *net, u32 index, u32 id, const struct membership *next)
{
	static u8 update[MEMBERSHIP_UPDATE_MAX], bytes[MEMBERSHIP_UPDATE_MAX + 128];
	u8 signature[65] = { 0 }, channel_id[32], hash[32];
	struct writer writer;
	struct span span;

	membership_channel_id(&net->genesis, channel_id);
	writer_init(&writer, update, sizeof(update));
	membership_update_encode(&writer, next->sequence - 1, next);
	span = (struct span){ update, writer_len(&writer) };
	membership_update_hash(channel_id, span, hash);
	crypto_sign_detached(signature + 1, NULL, hash, 32, net->regulator_secret);
	writer_init(&writer, bytes, sizeof(bytes));
	transaction_encode_config(&writer, span, (struct span){ signature, 65 });
	channel_submit(net->nodes[index].channel, (struct span){ bytes, writer_len(&writer) }, (void *)(size_t)id);
	net->nodes[index].wake_us = net->now_us;
}
