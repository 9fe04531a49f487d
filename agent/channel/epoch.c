// SPDX-License-Identifier: GPL-2.0
/*
 * epoch.c - the consensus core of the present epoch: made when the channel
 * opens and whenever the ledger goes on to a configuration with another epoch
 * (PROTOCOL.md C23); and who the peers are.
 *
 *                 not in the set, or no vote log's disk: follower (no core)
 *   epoch_open -> in the set, log whole                : replica
 *                 in the set, log lost or damaged      : mute replica (C16) until the epoch ends
 *   each        -> block that changes the epoch is durable -> the same question again, with a log begun anew
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/channel/room.h"

int room_peer_find(const struct channel *channel, const u8 key[32])
{
	for (u32 i = 0; i < channel->membership->node_count; i++)
		if (channel->peers[i].known && !memcmp(channel->peers[i].key, key, 32))
			return i;
	return -1;
}

/* The table of peers by the present membership; what is known of one goes with its key. */
static void peers_set(struct channel *channel)
{
	const struct membership *membership = channel->membership;
	struct room_peer *old = malloc(sizeof(channel->peers));

	if (old)
		memcpy(old, channel->peers, sizeof(channel->peers));
	memset(channel->peers, 0, sizeof(channel->peers));
	channel->own_node = -1;
	for (u32 i = 0; i < membership->node_count; i++) {
		struct room_peer *peer = &channel->peers[i];
		const u8 *key = membership->nodes[i].key;

		peer->up = true;
		for (u32 j = 0; old && j < MEMBERSHIP_NODES_MAX; j++)
			if (old[j].known && !memcmp(old[j].key, key, 32))
				*peer = old[j];
		memcpy(peer->key, key, 32);
		peer->known = true;
		peer->asked = 0;
		peer->replica = membership_replica_index(membership, key);
		if (peer->replica >= 0)
			channel->replica_nodes[peer->replica] = i;
		if (!memcmp(key, channel->options.node_key, 32))
			channel->own_node = i;
	}
	free(old);
}

static void membership_set(struct channel *channel)
{
	*channel->membership = *ledger_membership(channel->ledger);
	channel->sequence = channel->membership->sequence;
	channel->n = membership_replicas(channel->membership);
	catchup_done(channel); /* its peers are numbered anew */
	peers_set(channel);
}

/* --- where the epoch began --- */

/*
 * The block after which this epoch began, the same for all replicas (C12). Who took a snapshot into nothing in epoch 0
 * cannot know it: the block before the snapshot's takes its place, so that the snapshot's has a certificate.
 */
static int base_find(struct channel *channel, struct pbft_config *config)
{
	struct ledger *ledger = channel->ledger;
	struct block_header header;
	struct ledger_error fault;
	int error = ledger_epoch_base(ledger, &header, config->base_hash, &fault);

	if (!error) {
		config->base = header.number;
		config->base_time = header.time;
		return 0;
	}
	if (error == -ENOENT)
		error = ledger_header(ledger, ledger_first(ledger) - 1, &header, NULL, NULL, &fault);
	if (error)
		return error;
	config->base = header.number - 1;
	memcpy(config->base_hash, header.previous, 32);
	config->base_time = header.time - 1;
	return 0;
}

static int config_make(struct channel *channel, struct pbft_config *config)
{
	const u64 *parameters = channel->membership->parameters;
	u64 batch_bytes = parameters[MEMBERSHIP_BATCH_BYTES];

	*config = (struct pbft_config){
		.epoch = channel->epoch,
		.n = channel->n,
		.self = channel->self,
		.mute = channel->mute,
		.window = parameters[MEMBERSHIP_WINDOW],
		.checkpoint_blocks = parameters[MEMBERSHIP_CHECKPOINT_BLOCKS],
		.batch_transactions = parameters[MEMBERSHIP_BATCH_TRANSACTIONS],
		.batch_bytes = batch_bytes > BLOCK_BODY_MAX - 4 ? BLOCK_BODY_MAX - 4 : batch_bytes,
		.batch_wait_us = parameters[MEMBERSHIP_BATCH_WAIT_US],
		.request_timeout_ms = parameters[MEMBERSHIP_REQUEST_TIMEOUT_MS],
		.view_timeout_ms = parameters[MEMBERSHIP_VIEW_TIMEOUT_MS],
		.time_skew_ms = parameters[MEMBERSHIP_TIME_SKEW_MS],
		.pool_requests = channel->options.pool_requests,
		.pool_clients = channel->options.pool_requests < 4096 ? channel->options.pool_requests : 4096,
		.crypto = channel->options.crypto,
	};
	memcpy(config->channel, channel->id, 32);
	return base_find(channel, config);
}

/* --- the core --- */

static void core_free(struct channel *channel)
{
	free(channel->arena);
	free(channel->room);
	free(channel->encoded);
	channel->arena = channel->room = channel->encoded = NULL;
	channel->core = NULL;
	channel->core_wake_us = CHANNEL_NEVER;
	channel->event_count = channel->commit_count = channel->wish_count = 0;
	memset(channel->wishes, 0, sizeof(channel->wishes));
	channel->ended = false;
	channel->stable = channel->view = 0;
}

static int core_make(struct channel *channel)
{
	struct pbft_config *config = &channel->config;
	size_t size;
	int error;

	core_free(channel);
	if (channel->self >= channel->n || !channel->options.votes)
		return 0;
	error = config_make(channel, config);
	if (error)
		return error;
	size = pbft_size(config);
	if (!size)
		return -EINVAL;
	channel->arena = aligned_alloc(16, (size + 15) / 16 * 16);
	channel->room_size = pbft_message_room(channel->n, config->window);
	channel->room = aligned_alloc(16, (channel->room_size + 15) / 16 * 16);
	channel->encoded_size = pbft_message_size(channel->n, config->window);
	channel->encoded = malloc(channel->encoded_size);
	if (!channel->arena || !channel->room || !channel->encoded) {
		core_free(channel);
		return -ENOMEM;
	}
	channel->core = pbft_init(channel->arena, config);
	return channel->core ? 0 : -EINVAL;
}

static int restore_body(struct channel *channel, u64 number, struct span bytes)
{
	struct body *body;
	u8 *copy;

	if (bytes.len < 32)
		return -EBADMSG;
	copy = malloc(bytes.len - 32 + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes.bytes + 32, bytes.len - 32);
	body = bodies_put(&channel->bodies, number, bytes.bytes, copy, bytes.len - 32, BODIES_OWN);
	if (body)
		body->proved = body->persisted = body->sent = true;
	return 0;
}

static int restore_record(void *arg, enum votelog_kind kind, u64 number, struct span bytes)
{
	struct channel *channel = arg;
	struct pbft_message message;
	int error;

	if (number > channel->voted)
		channel->voted = number;
	if (kind == VOTELOG_MARK)
		return 0;
	if (kind == VOTELOG_BODY)
		return restore_body(channel, number, bytes);
	error = pbft_message_decode(bytes, channel->n, channel->config.window, channel->room, channel->room_size,
				    &message);
	return error ? error : pbft_restore(channel->core, &message);
}

/* Tells a new core where the ledger stands, and what is waiting. */
static int core_start(struct channel *channel)
{
	const struct block_header *head = ledger_head(channel->ledger);
	struct pbft_event event = { .type = PBFT_SYNCED };
	struct block_certificate *certificate;
	struct ledger_error fault;
	int error = 0;

	if (!channel->core)
		return 0;
	certificate = malloc(sizeof(*certificate));
	if (!certificate)
		return -ENOMEM;
	if (head->number > channel->config.base) {
		event.synced.block.number = head->number;
		event.synced.block.time = head->time;
		memcpy(event.synced.block.previous, head->previous, 32);
		memcpy(event.synced.block.header, ledger_head_hash(channel->ledger), 32);
		error = ledger_header(channel->ledger, head->number, NULL, NULL, certificate, &fault);
		event.synced.certificate = certificate;
		if (!error)
			channel_step(channel, &event);
	}
	free(certificate);
	return error;
}

static void say_mute(struct channel *channel, const char *why, const struct votelog_error *fault)
{
	channel->mute = true;
	channel->muted_epoch = channel->epoch;
	channel_say(channel, true,
		    "This replica stays mute in epoch %llu: %s%s%s. It keeps the ledger; have it readmitted under a "
		    "new key.",
		    (unsigned long long)channel->epoch, why, fault && fault->file[0] ? " " : "",
		    fault ? fault->file : "");
}

static void votes_options(struct channel *channel, struct votelog_options *ret_options)
{
	*ret_options = (struct votelog_options){ .disk = channel->options.votes, .epoch = channel->epoch };
	memcpy(ret_options->channel, channel->id, 32);
	memcpy(ret_options->node, channel->options.node_key, 32);
}

/* Our votes as the disk has them; mute if they are lost. @entered: the epoch began under our eyes. */
static int votes_open(struct channel *channel, bool entered, struct votelog_error *fault)
{
	struct votelog_options options;
	bool fresh = false;
	int error;

	if (channel->muted_epoch == channel->epoch) { /* a ledger that is replaced brings no votes back */
		channel->mute = true;
		return 0;
	}
	votes_options(channel, &options);
	error = votelog_open(&options, &channel->votes, &fresh, fault);
	if (error)
		channel->votes = NULL;
	if (error == -ESTALE) {
		if (channel->self < channel->n)
			say_mute(channel, "its vote log is of a later epoch", fault);
		return 0;
	}
	if (error == -EBADMSG && !entered) {
		channel_say(channel, true, "%s (%s, offset %llu)", fault->text, fault->file,
			    (unsigned long long)fault->offset);
		if (channel->self < channel->n)
			say_mute(channel, "its vote log is damaged:", fault);
		return 0;
	}
	if (error && error != -EBADMSG)
		return error;
	if (!error && !fresh)
		return 0;
	if (!entered && ledger_head(channel->ledger)->number) {
		votelog_close(channel->votes);
		channel->votes = NULL;
		if (channel->self < channel->n)
			say_mute(channel, "its vote log is lost", NULL);
		return 0;
	}
	votelog_close(channel->votes);
	channel->votes = NULL; /* creating may fail, on a full disk */
	return votelog_create(&options, &channel->votes);
}

static int epoch_begin(struct channel *channel, bool entered, struct votelog_error *fault)
{
	int self = membership_replica_index(channel->membership, channel->options.node_key), error;

	channel->epoch = channel->membership->epoch;
	channel->self = self < 0 ? channel->n : (u32)self;
	channel->mute = false;
	channel->voted = 0;
	memset(fault, 0, sizeof(*fault));
	error = channel->options.votes ? votes_open(channel, entered, fault) : 0;
	if (!error)
		error = core_make(channel);
	if (!error && channel->core && channel->votes)
		error = votelog_replay(channel->votes, restore_record, channel, fault);
	if (error == -EBADMSG && channel->votes) { /* whole, and yet not of this core */
		say_mute(channel, "its vote log makes no sense:", fault);
		bodies_clear(&channel->bodies);
		error = core_make(channel);
	}
	return error;
}

/* The head's certificate bears our signature, and the vote log has nothing so high: it is not what it was. */
static int head_doubt(struct channel *channel)
{
	const struct block_header *head = ledger_head(channel->ledger);
	struct block_certificate *certificate;
	struct ledger_error fault;
	int error;

	if (!channel->core || !head->number)
		return 0;
	certificate = malloc(sizeof(*certificate));
	error = certificate ? ledger_header(channel->ledger, head->number, NULL, NULL, certificate, &fault) : -ENOMEM;
	if (!error)
		epoch_doubt(channel, head, certificate);
	free(certificate);
	return error;
}

int epoch_open(struct channel *channel, struct channel_error *ret_error)
{
	struct votelog_error fault;
	int error;

	channel->membership = malloc(sizeof(*channel->membership));
	if (!channel->membership)
		return -ENOMEM;
	channel->muted_epoch = CHANNEL_NEVER;
	membership_set(channel);
	error = epoch_begin(channel, false, &fault);
	if (!error)
		error = head_doubt(channel);
	if (!error)
		error = core_start(channel);
	if (error)
		snprintf(ret_error->text, sizeof(ret_error->text), "The channel's consensus cannot start: %s%s%s (%s).",
			 fault.text[0] ? fault.text : "its parameters or its ledger do not allow it",
			 fault.file[0] ? " File " : "", fault.file, strerror(-error));
	return error;
}

int epoch_follow(struct channel *channel)
{
	const struct membership *membership = ledger_membership(channel->ledger);
	const struct channel_io *io = &channel->options.io;
	bool news = membership->sequence != channel->sequence;
	u64 before = channel->epoch;
	struct votelog_error fault;
	int error = 0;

	if (!news && !channel->renew)
		return 0;
	if (membership->epoch != before || channel->renew) {
		channel->renew = false;
		core_free(channel);
		bodies_clear(&channel->bodies);
		candidates_cut(&channel->candidates, 0);
		membership_set(channel);
		channel->epoch = membership->epoch;
		votelog_close(channel->votes); /* opening it for a new epoch begins it anew */
		channel->votes = NULL;
		error = epoch_begin(channel, membership->epoch != before, &fault);
		if (!error)
			error = head_doubt(channel);
		if (!error)
			error = core_start(channel);
		if (!error)
			submit_again(channel);
		if (!error)
			channel_say(channel, false, "Epoch %llu %s block %llu: %u replicas, this node is %s.",
				    (unsigned long long)channel->epoch,
				    membership->epoch != before ? "begins after" : "goes on after the snapshot of",
				    (unsigned long long)ledger_head(channel->ledger)->number, channel->n,
				    !channel->core  ? "none of them"
				    : channel->mute ? "a mute one"
						    : "one of them");
	} else {
		membership_set(channel);
	}
	if (error == -ENOSPC) {
		channel_stop(channel, "the vote log's disk is full");
		channel->renew = true; /* all of it again when there is space */
		channel->epoch = before;
		if (news && io->reconfigured) /* the ledger is there already: who is not in it gets nothing more */
			io->reconfigured(io->arg, channel->membership);
		return error;
	}
	if (error)
		channel_break(channel, "The new epoch's consensus cannot start: %s.", strerror(-error));
	else if (io->reconfigured)
		io->reconfigured(io->arg, channel->membership);
	return error;
}

int epoch_replace(struct channel *channel, struct ledger *ledger)
{
	if (!ledger) {
		core_free(channel);
		bodies_clear(&channel->bodies);
		commit_done(channel);
		return 0;
	}
	channel->ledger = ledger;
	channel->renew = true; /* though the epoch may be the same: then its votes hold */
	return epoch_follow(channel);
}

void epoch_doubt(struct channel *channel, const struct block_header *header,
		 const struct block_certificate *certificate)
{
	if (!channel->core || channel->mute || header->epoch != channel->epoch || header->number <= channel->voted)
		return;
	for (u32 i = 0; i < certificate->count; i++) {
		if (certificate->signatures[i].replica != channel->self)
			continue;
		say_mute(channel, "a block bears its signature that its vote log knows nothing of", NULL);
		votelog_remove(channel->votes);
		channel->votes = NULL;
		bodies_clear(&channel->bodies);
		candidates_cut(&channel->candidates, 0);
		if (core_make(channel))
			channel_break(channel, "There is no memory for the consensus core.");
		else if (core_start(channel))
			channel_break(channel, "The ledger's last block cannot be read.");
		return;
	}
}

void epoch_close(struct channel *channel)
{
	core_free(channel);
	votelog_close(channel->votes);
	channel->votes = NULL;
	free(channel->membership);
	channel->membership = NULL;
}
