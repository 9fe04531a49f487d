// SPDX-License-Identifier: GPL-2.0
/*
 * rpc_fuzz.c - every method of the node, given anything: raw messages, and
 * whole ones whose inner bytes (transaction, proposal, parcel, key) are anything. The node, its channel and its ledger
 * are real; gRPC, TLS and links are played here, strictly: a call is used after its end, or ended twice, and it stops.
 *
 *   input: method, who asks, how, then bytes
 */
#include <errno.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/node/rpc.h"
#include "agent/node/service.h"

#define FUZZ_CALLS 8

struct grpc_call {
	const struct grpc_method *method;
	struct identity peer;
	void *owner;
	bool ended;
};

static struct node *fuzz_node;
static struct grpc_call fuzz_calls[FUZZ_CALLS];
static u32 fuzz_at;
static u8 fuzz_channel[32];
static struct identity fuzz_self = { .organisation = "a", .name = "n0" };

static void fuzz_check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* --- gRPC, played --- */

const struct identity *grpc_call_peer(const struct grpc_call *call)
{
	return &call->peer;
}

void *grpc_call_server_arg(const struct grpc_call *call)
{
	(void)call;
	return fuzz_node;
}

void grpc_call_set(struct grpc_call *call, void *owner)
{
	call->owner = owner;
}

void *grpc_call_get(const struct grpc_call *call)
{
	return call->owner;
}

int grpc_call_send(struct grpc_call *call, struct span message)
{
	fuzz_check(!call->ended, "a message on a call that has ended");
	fuzz_check(message.len < 64 * 1024 * 1024, "a message without end");
	return message.len && message.bytes[0] == 0x77 ? -ENOBUFS : 0;
}

size_t grpc_call_room(struct grpc_call *call)
{
	fuzz_check(!call->ended, "asked for room on a call that has ended");
	return 1 << 20;
}

void grpc_call_pause(struct grpc_call *call, bool pause)
{
	(void)pause;
	fuzz_check(!call->ended, "paused a call that has ended");
}

void grpc_call_finish(struct grpc_call *call, enum grpc_status status, const char *text)
{
	fuzz_check(!call->ended, "a call ended twice");
	fuzz_check(status <= GRPC_UNAUTHENTICATED, "a status that is none");
	fuzz_check(!text || strlen(text) < 1024, "a sentence without end");
	call->ended = true;
}

void grpc_limits_default(struct grpc_limits *ret_limits)
{
	memset(ret_limits, 0, sizeof(*ret_limits));
}

int grpc_server_open(struct event_base *base, const struct grpc_server_options *options,
		     struct grpc_server **ret_server, struct identity_error *ret_error)
{
	(void)base;
	(void)options;
	(void)ret_error;
	*ret_server = NULL;
	return 0;
}

void grpc_server_drain(struct grpc_server *server)
{
	(void)server;
}

void grpc_server_close(struct grpc_server *server)
{
	(void)server;
}

void grpc_server_flush(struct grpc_server *server)
{
	(void)server;
}

u16 grpc_server_port(const struct grpc_server *server)
{
	(void)server;
	return 1;
}

void grpc_server_counts(const struct grpc_server *server, struct grpc_counts *ret_counts)
{
	(void)server;
	memset(ret_counts, 0, sizeof(*ret_counts));
}

void grpc_server_judge(struct grpc_server *server, bool (*keep)(void *arg, const struct identity *peer), void *arg)
{
	(void)server;
	(void)keep;
	(void)arg;
}

/* --- identity and links, played --- */

static u8 fuzz_secret[64];

int identity_tls_open(const char *certificate_path, const char *key_path, struct identity_tls **ret_tls,
		      struct identity_error *ret_error)
{
	(void)certificate_path;
	(void)key_path;
	(void)ret_error;
	*ret_tls = NULL;
	return 0;
}

void identity_tls_close(struct identity_tls *tls)
{
	(void)tls;
}

int identity_tls_trust(struct identity_tls *tls, const struct identity_authority *authorities, u32 count,
		       const u8 (*revoked)[32], u32 revoked_count)
{
	(void)tls;
	(void)authorities;
	(void)count;
	(void)revoked;
	(void)revoked_count;
	return 0;
}

const struct identity *identity_tls_self(const struct identity_tls *tls)
{
	(void)tls;
	return &fuzz_self;
}

void identity_tls_sign(const struct identity_tls *tls, const void *message, size_t len, u8 ret_signature[64])
{
	(void)tls;
	crypto_sign_detached(ret_signature, NULL, message, len, fuzz_secret);
}

struct peers *peers_new(const struct peers_options *options)
{
	(void)options;
	return (struct peers *)&fuzz_at;
}

void peers_free(struct peers *peers)
{
	(void)peers;
}

int peers_add(struct peers *peers, const u8 key[32], const char *address, struct identity_error *ret_error)
{
	(void)peers;
	(void)key;
	(void)address;
	(void)ret_error;
	return 0;
}

void peers_remove(struct peers *peers, const u8 key[32])
{
	(void)peers;
	(void)key;
}

int peers_send(struct peers *peers, const u8 key[32], const u8 channel[32], enum channel_urgency urgency,
	       struct span parcel)
{
	(void)peers;
	(void)key;
	(void)channel;
	fuzz_check(urgency <= CHANNEL_BULK && parcel.len, "a parcel of nothing");
	return 0;
}

void peers_flush(struct peers *peers)
{
	(void)peers;
}

u32 peers_count(const struct peers *peers)
{
	(void)peers;
	return 0;
}

void peers_status(const struct peers *peers, u32 index, struct peers_status *ret_status)
{
	(void)peers;
	(void)index;
	memset(ret_status, 0, sizeof(*ret_status));
}

/* --- a channel of four --- */

static struct membership fuzz_membership;

static void fuzz_genesis(u8 *bytes, size_t room, size_t *ret_len)
{
	struct membership *membership = &fuzz_membership;
	struct membership_error error;
	struct writer writer;
	u8 seed[32], secret[64];
	u32 i;

	membership_defaults(membership);
	strcpy(membership->name, "fuzz");
	membership->parameters[MEMBERSHIP_OPEN_REQUESTS] = 1;
	membership->regulators_needed = membership->regulator_count = 1;
	membership->organisation_count = 1;
	strcpy(membership->organisations[0].name, "a");
	memset(membership->organisations[0].authority, 7, 32);
	membership->collection_count = 1;
	strcpy(membership->collections[0].name, "p");
	membership->collections[0].organisations = 1;
	for (i = 0; i < 4; i++) {
		memset(seed, (int)i + 1, sizeof(seed));
		crypto_sign_seed_keypair(membership->nodes[i].key, secret, seed);
		snprintf(membership->nodes[i].name, sizeof(membership->nodes[i].name), "n%u", i);
		snprintf(membership->nodes[i].address, sizeof(membership->nodes[i].address), "127.0.0.1:%u", i + 1);
		membership->nodes[i].roles = MEMBERSHIP_REPLICA | MEMBERSHIP_ENDORSER;
		if (!i)
			memcpy(fuzz_secret, secret, sizeof(secret));
	}
	membership->node_count = 4;
	memcpy(membership->regulators[0], membership->nodes[0].key, 32);
	memcpy(fuzz_self.key, membership->nodes[0].key, 32);
	memcpy(fuzz_self.authority, membership->organisations[0].authority, 32);
	for (i = 0; i < 3; i++) { /* ascending by key */
		struct membership_node swap = membership->nodes[i];
		u32 least = i, k;

		for (k = i + 1; k < 4; k++)
			if (memcmp(membership->nodes[k].key, membership->nodes[least].key, 32) < 0)
				least = k;
		membership->nodes[i] = membership->nodes[least];
		membership->nodes[least] = swap;
	}
	fuzz_check(!membership_check(membership, &error), error.text);
	writer_init(&writer, bytes, room);
	membership_encode(&writer, membership);
	*ret_len = writer_len(&writer);
}

static char fuzz_folder[] = "/tmp/vg-node-fuzz-XXXXXX";

static int fuzz_remove(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void fuzz_clean(void)
{
	nftw(fuzz_folder, fuzz_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void fuzz_start(void)
{
	struct node_options options = { .certificate = "",
					.key = "",
					.listen = "127.0.0.1:0",
					.metrics = "",
					.log = "",
					.pool_requests = 64,
					.pool_bytes = 1 << 20,
					.leap_s = 5 };
	struct node_error error = { .text = "" };
	static u8 genesis[MEMBERSHIP_BYTES_MAX];
	size_t len;

	fuzz_check(sodium_init() >= 0 && mkdtemp(fuzz_folder), "no folder");
	atexit(fuzz_clean);
	fuzz_genesis(genesis, sizeof(genesis), &len);
	options.base = event_base_new();
	options.folder = fuzz_folder;
	fuzz_check(!node_open(&options, &fuzz_node, &error), error.text);
	fuzz_check(!node_join(fuzz_node, (struct span){ genesis, len }, fuzz_channel, &error), error.text);
}

/* --- inputs --- */

static void fuzz_peer(struct identity *ret_peer, u8 who)
{
	*ret_peer = fuzz_self;
	strcpy(ret_peer->organisation, who % 8 == 7 ? "b" : "a");
	if (who % 2)
		memset(ret_peer->key, who, 32); /* a client */
	else
		memcpy(ret_peer->key, fuzz_membership.nodes[who / 2 % 4].key, 32);
}

static size_t fuzz_pack(const ProtobufCMessage *message, u8 *ret_bytes)
{
	return protobuf_c_message_pack(message, ret_bytes);
}

/* A whole message of @method around @inner. */
static size_t fuzz_wrap(u32 method, struct span inner, u8 *ret_bytes)
{
	ProtobufCBinaryData channel = { 32, fuzz_channel }, data = { inner.len, (u8 *)inner.bytes };
	Voltgate__V1__EndorseRequest endorse = VOLTGATE__V1__ENDORSE_REQUEST__INIT;
	Voltgate__V1__SubmitRequest submit = VOLTGATE__V1__SUBMIT_REQUEST__INIT;
	Voltgate__V1__SubmitBatch batch = VOLTGATE__V1__SUBMIT_BATCH__INIT;
	Voltgate__V1__BlocksRequest blocks = VOLTGATE__V1__BLOCKS_REQUEST__INIT;
	Voltgate__V1__EventsRequest events = VOLTGATE__V1__EVENTS_REQUEST__INIT;
	Voltgate__V1__StateRequest state = VOLTGATE__V1__STATE_REQUEST__INIT;
	Voltgate__V1__Parcels parcels = VOLTGATE__V1__PARCELS__INIT;
	char function[] = "get", contract[] = "kv";
	Voltgate__V1__QueryRequest query = VOLTGATE__V1__QUERY_REQUEST__INIT;

	switch (method) {
	case 0:
		endorse.proposal = data;
		endorse.client_signature = (ProtobufCBinaryData){ 64, fuzz_secret };
		return fuzz_pack(&endorse.base, ret_bytes);
	case 1:
		submit.channel = channel;
		submit.transaction = data;
		return fuzz_pack(&submit.base, ret_bytes);
	case 2:
		batch.channel = channel;
		batch.n_transactions = 1;
		batch.transactions = &data;
		return fuzz_pack(&batch.base, ret_bytes);
	case 3:
		blocks.channel = channel;
		blocks.from = inner.len ? inner.bytes[0] % 4 : 0;
		return fuzz_pack(&blocks.base, ret_bytes);
	case 4:
		events.channel = channel;
		events.from = inner.len ? inner.bytes[0] % 4 : 0;
		return fuzz_pack(&events.base, ret_bytes);
	case 6:
		query.channel = channel;
		query.contract = contract;
		query.function = function;
		query.n_arguments = 1;
		query.arguments = &data;
		return fuzz_pack(&query.base, ret_bytes);
	case 7:
		state.channel = channel;
		state.key = data;
		state.history = true;
		return fuzz_pack(&state.base, ret_bytes);
	default:
		parcels.channel = channel;
		parcels.n_parcels = 1;
		parcels.parcels = &data;
		return fuzz_pack(&parcels.base, ret_bytes);
	}
}

static void fuzz_end(struct grpc_call *call)
{
	if (call->method && !call->ended && call->method->gone)
		call->method->gone(call);
	memset(call, 0, sizeof(*call));
}

static void fuzz_call(const struct grpc_method *method, u8 who, u8 how, struct span message)
{
	struct grpc_call *call = &fuzz_calls[fuzz_at++ % FUZZ_CALLS];

	fuzz_end(call);
	call->method = method;
	fuzz_peer(&call->peer, who);
	if (method->begin)
		method->begin(call);
	if (!call->ended && method->message)
		method->message(call, message);
	if (how & 4 && !call->ended && method->message)
		method->message(call, message);
	if (how & 2 && !call->ended && method->half_closed)
		method->half_closed(call);
	if (how & 8 && !call->ended && method->writable)
		method->writable(call);
	event_base_loop(fuzz_node->options.base, EVLOOP_NONBLOCK);
	if (how & 16)
		fuzz_end(call);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct grpc_method *methods[] = { &service_endorse, &service_submit, &service_submit_stream,
						&service_blocks,  &service_events, &service_transaction,
						&service_query,	  &service_state,  &service_status,
						&service_exchange };
	static u8 wrapped[1 << 20];
	struct span message = { data + 3, size - 3 };
	u32 method;

	if (size < 3 || size > sizeof(wrapped) / 2)
		return 0;
	if (!fuzz_node)
		fuzz_start();
	method = data[0] % (sizeof(methods) / sizeof(*methods));
	if (data[2] & 1)
		message = (struct span){ wrapped, fuzz_wrap(method, message, wrapped) };
	fuzz_call(methods[method], data[1], data[2], message);
	return 0;
}
