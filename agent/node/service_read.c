// SPDX-License-Identifier: GPL-2.0
/*
 * service_read.c - Transaction, State and Status: single answers from what is
 * committed, with what proves them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/node/rpc.h"
#include "agent/node/service.h"
#include "ledger/merkle.h"

#define READ_VERSIONS_MAX 256

static void read_trouble(struct grpc_call *call, struct seat *seat, int err, const struct ledger_error *error)
{
	if (err == -ENOENT) {
		rpc_refuse(call, GRPC_NOT_FOUND, "Channel %s has no such thing.", seat->name);
		return;
	}
	seat_stop(seat, *error->text ? error->text : strerror(-err));
	rpc_refuse(call, GRPC_INTERNAL, "It cannot be read here. Ask another node.");
}

/* The certificate as it stands in the block: FORMAT.md. */
static struct span read_certificate(const struct block *block)
{
	const u8 *at = block->body.bytes + block->body.len + 4, *end = block->bytes.bytes + block->bytes.len;

	return (struct span){ at, at < end ? (size_t)(end - at) : 0 };
}

static u32 read_path(const struct block *block, u32 index, u8 (*ret_path)[LEDGER_HASH_LEN], struct span *ret_bytes)
{
	u8(*leaves)[LEDGER_HASH_LEN] = malloc((block->header.count + 1) * sizeof(*leaves));
	struct reader body;
	struct span bytes;
	u8 leaf[33];
	u32 i, len = 0;

	if (!leaves)
		return 0;
	block_body_open(block->body, &body);
	for (i = 0; i < block->header.count && block_body_next(&body, &bytes); i++) {
		transaction_hash(bytes, leaf);
		leaf[32] = block->outcomes[i];
		ledger_hash_bytes(LEDGER_DOMAIN_LEAF, leaf, sizeof(leaf), leaves[i]);
		if (i == index)
			*ret_bytes = bytes;
	}
	if (i > index)
		len = merkle_path(leaves, i, index, ret_path);
	free(leaves);
	return len;
}

static void transaction_answer(struct grpc_call *call, const struct block *block, u32 index)
{
	Voltgate__V1__TransactionResponse response = VOLTGATE__V1__TRANSACTION_RESPONSE__INIT;
	u8 path[MERKLE_PATH_MAX][LEDGER_HASH_LEN];
	ProtobufCBinaryData steps[MERKLE_PATH_MAX];
	struct span bytes = { NULL, 0 }, certificate = read_certificate(block);
	u32 i;

	response.n_path = read_path(block, index, path, &bytes);
	for (i = 0; i < response.n_path; i++)
		steps[i] = rpc_data(path[i], LEDGER_HASH_LEN);
	response.path = steps;
	response.block = block->header.number;
	response.index = index;
	response.outcome = block->outcomes[index];
	response.word = (char *)ledger_outcome_word(block->outcomes[index]);
	response.transaction = rpc_data(bytes.bytes, bytes.len);
	response.header = rpc_data(block->bytes.bytes, BLOCK_HEADER_LEN);
	response.certificate = rpc_data(certificate.bytes, certificate.len);
	rpc_answer(call, &response.base);
}

static void transaction_message(struct grpc_call *call, struct span message)
{
	Voltgate__V1__TransactionRequest *request =
		rpc_request(call, &voltgate__v1__transaction_request__descriptor, message);
	struct seat *seat = request ? rpc_seat(call, request->channel) : NULL;
	struct ledger_error error = { .text = "" };
	struct block block;
	u8 *bytes = NULL;
	size_t len;
	u64 number;
	u32 index;
	int err;

	if (!seat)
		return;
	if (request->hash.len != 32) {
		rpc_refuse(call, GRPC_INVALID_ARGUMENT, "A transaction is named by the 32 bytes of its hash.");
		return;
	}
	err = ledger_find(seat->ledger, request->hash.data, &number, &index);
	if (!err)
		err = ledger_block(seat->ledger, number, &bytes, &len, &error);
	if (!err)
		err = block_decode((struct span){ bytes, len }, &block);
	if (!err && index >= block.header.count)
		err = -EBADMSG;
	if (err)
		read_trouble(call, seat, err, &error);
	else
		transaction_answer(call, &block, index);
	free(bytes);
}

/* --- State --- */

struct read_history {
	Voltgate__V1__Version versions[READ_VERSIONS_MAX];
	Voltgate__V1__Version *pointers[READ_VERSIONS_MAX];
	u8 *values[READ_VERSIONS_MAX];
	u32 count;
};

static bool read_version(void *arg, const struct state_version *version, bool deleted, struct span value)
{
	struct read_history *history = arg;
	Voltgate__V1__Version *at = &history->versions[history->count];

	history->values[history->count] = malloc(value.len + 1);
	if (!history->values[history->count])
		return false;
	memcpy(history->values[history->count], value.bytes, value.len);
	voltgate__v1__version__init(at);
	at->block = version->number;
	at->index = version->index;
	at->deleted = deleted;
	at->value = rpc_data(history->values[history->count], value.len);
	history->pointers[history->count++] = at;
	return history->count < READ_VERSIONS_MAX;
}

static int state_fill(struct seat *seat, struct span key, Voltgate__V1__StateResponse *response, u8 **ret_value,
		      u8 **ret_proof)
{
	struct state *state = ledger_state(seat->ledger);
	struct state_value value;
	size_t len;
	int err = state_get(state, key, &value);

	if (err && err != -ENOENT)
		return err;
	response->present = !err;
	if (!err) {
		*ret_value = malloc(value.bytes.len + 1);
		if (!*ret_value)
			return -ENOMEM;
		memcpy(*ret_value, value.bytes.bytes, value.bytes.len);
		response->value = rpc_data(*ret_value, value.bytes.len);
		response->version_block = value.version.number;
		response->version_index = value.version.index;
	}
	err = state_prove(state, key, ret_proof, &len);
	if (!err)
		response->proof = rpc_data(*ret_proof, len);
	return err;
}

static int state_answer(struct grpc_call *call, struct seat *seat, Voltgate__V1__StateRequest *request,
			struct ledger_error *error)
{
	Voltgate__V1__StateResponse response = VOLTGATE__V1__STATE_RESPONSE__INIT;
	struct state *state = ledger_state(seat->ledger);
	struct read_history *history = calloc(1, sizeof(*history));
	u8 *value = NULL, *proof = NULL, *bytes = NULL;
	struct block block;
	struct span certificate;
	size_t len;
	int err = history ? state_fill(seat, rpc_span(request->key), &response, &value, &proof) : -ENOMEM;

	if (!err && request->history)
		err = state_history(state, rpc_span(request->key), read_version, history);
	if (!err)
		err = ledger_block(seat->ledger, state_mark(state)->number, &bytes, &len, error);
	if (!err)
		err = block_decode((struct span){ bytes, len }, &block);
	if (!err) {
		certificate = read_certificate(&block);
		response.header = rpc_data(block.bytes.bytes, BLOCK_HEADER_LEN);
		response.certificate = rpc_data(certificate.bytes, certificate.len);
		response.n_versions = history->count;
		response.versions = history->pointers;
		rpc_answer(call, &response.base);
	}
	while (history && history->count)
		free(history->values[--history->count]);
	free(history);
	free(value);
	free(proof);
	free(bytes);
	return err;
}

static void state_message(struct grpc_call *call, struct span message)
{
	Voltgate__V1__StateRequest *request = rpc_request(call, &voltgate__v1__state_request__descriptor, message);
	struct seat *seat = request ? rpc_seat(call, request->channel) : NULL;
	struct ledger_error error = { .text = "" };
	int err;

	if (!seat)
		return;
	if (!request->key.len || request->key.len > TRANSACTION_KEY_MAX) {
		rpc_refuse(call, GRPC_INVALID_ARGUMENT, "A key has 1 to %d bytes.", TRANSACTION_KEY_MAX);
		return;
	}
	err = state_answer(call, seat, request, &error);
	if (err)
		read_trouble(call, seat, err, &error);
}

/* --- Status --- */

struct read_channel {
	Voltgate__V1__ChannelStatus message;
	struct channel_status status;
};

static void status_channel(struct seat *seat, struct read_channel *channel)
{
	const struct membership *membership = ledger_membership(seat->ledger);
	const struct membership_node *primary;

	channel_status(seat->channel, &channel->status);
	voltgate__v1__channel_status__init(&channel->message);
	channel->message.channel = rpc_data(seat->id, 32);
	channel->message.name = seat->name;
	channel->message.height = channel->status.height;
	channel->message.head = rpc_data(channel->status.head, 32);
	channel->message.view = channel->status.consensus.view;
	channel->message.epoch = channel->status.epoch;
	channel->message.replica = channel->status.replica;
	channel->message.behind = channel->status.behind;
	channel->message.stopped = (char *)(channel->status.stopped ? channel->status.stopped : "");
	primary = channel->status.replica ? membership_replica(membership, channel->status.consensus.primary) : NULL;
	if (primary)
		channel->message.primary = rpc_data(primary->key, 32);
}

static void status_message(struct grpc_call *call, struct span message)
{
	Voltgate__V1__StatusResponse response = VOLTGATE__V1__STATUS_RESPONSE__INIT;
	static struct read_channel channels[NODE_CHANNELS_MAX];
	Voltgate__V1__ChannelStatus *pointers[NODE_CHANNELS_MAX];
	struct node *node = grpc_call_server_arg(call);
	const struct identity *self = identity_tls_self(node->tls);
	u32 i;

	if (!rpc_request(call, &voltgate__v1__status_request__descriptor, message))
		return;
	for (i = 0; i < node->seat_count; i++) {
		if (!seat_is_open(node->seats[i]) || !admission_client(node->seats[i], grpc_call_peer(call)))
			continue;
		status_channel(node->seats[i], &channels[response.n_channels]);
		pointers[response.n_channels] = &channels[response.n_channels].message;
		response.n_channels++;
	}
	response.name = (char *)self->name;
	response.key = rpc_data(self->key, 32);
	response.version = (char *)VOLTGATE_VERSION;
	response.channels = pointers;
	rpc_answer(call, &response.base);
}

const struct grpc_method service_transaction = {
	.path = "/voltgate.v1.Ledger/Transaction",
	.message = transaction_message,
	.half_closed = rpc_nothing,
};

const struct grpc_method service_state = {
	.path = "/voltgate.v1.Ledger/State",
	.message = state_message,
	.half_closed = rpc_nothing,
};

const struct grpc_method service_status = {
	.path = "/voltgate.v1.Ledger/Status",
	.message = status_message,
	.half_closed = rpc_nothing,
};
