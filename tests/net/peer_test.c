// SPDX-License-Identifier: GPL-2.0
/*
 * peer_test.c - links to peers: order by urgency, bounds, sharing, coming back, moving, and a node that is not who
 * it should be.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/net/peer.h"
#include "node/voltgate.pb-c.h"
#include "tests/ktap.h"
#include "tests/net/world.h"

/* One node that listens, and what it was sent. */
struct listener {
	struct grpc_server *server;
	u64 parcels, bytes, damaged, sum;
	u64 place[3]; /* how many parcels were here when the last of this urgency came */
	u32 streams;
	bool hold, refuse;
	struct grpc_call *calls[16];
};

static struct world world;
static struct listener here, there;
static const u8 channel[32] = { 7 };

static void on_begin(struct grpc_call *call)
{
	struct listener *listener = grpc_call_server_arg(call);

	if (listener->refuse) {
		grpc_call_finish(call, GRPC_PERMISSION_DENIED, "You are no node of a channel of this node.");
		return;
	}
	if (listener->streams < 16)
		listener->calls[listener->streams] = call;
	listener->streams++;
	grpc_call_pause(call, listener->hold);
}

/* A parcel of the tests: urgency + 3 * count u8, then its length + count, over and over. */
static void on_message(struct grpc_call *call, struct span message)
{
	struct listener *listener = grpc_call_server_arg(call);
	Voltgate__V1__Parcels *parcels = voltgate__v1__parcels__unpack(NULL, message.len, message.bytes);

	if (!parcels || parcels->channel.len != 32 || memcmp(parcels->channel.data, channel, 32) || !parcels->n_parcels)
		listener->damaged++;
	for (size_t i = 0; parcels && i < parcels->n_parcels; i++) {
		listener->parcels++;
		listener->bytes += parcels->parcels[i].len;
		if (parcels->parcels[i].len)
			listener->place[parcels->parcels[i].data[0] % 3] = listener->parcels;
		for (size_t at = 1; at < parcels->parcels[i].len; at++)
			listener->damaged += parcels->parcels[i].data[at] !=
					     (u8)(parcels->parcels[i].len + parcels->parcels[i].data[0] / 3);
		listener->sum += parcels->parcels[i].data[0];
	}
	voltgate__v1__parcels__free_unpacked(parcels, NULL);
}

static void listen_on(struct listener *listener, const char *address, struct identity_tls *tls)
{
	static const struct grpc_method methods[] = {
		{ .path = "/voltgate.v1.Peer/Exchange", .begin = on_begin, .message = on_message }, { 0 }
	};
	struct grpc_server_options options = {
		.address = address, .tls = tls, .limits = world.server_limits, .methods = methods, .arg = listener
	};
	struct identity_error error;

	memset(listener, 0, sizeof(*listener));
	if (grpc_server_open(world.base, &options, &listener->server, &error)) {
		fprintf(stderr, "%s\n", error.text);
		abort();
	}
}

static u32 ups, downs;
static bool ok; /* a check's outcome before its words are made */

static void on_up(void *arg, const u8 key[32], bool up)
{
	(void)arg, (void)key;
	ups += up;
	downs += !up;
}

static u64 sent_sum;

static int send_parcel(struct peers *peers, const u8 key[32], enum channel_urgency urgency, u32 len)
{
	u8 *bytes = malloc(len);
	int err;

	static u32 count; /* two of one length differ */

	count = (count + 1) % 80;
	memset(bytes, (u8)(len + count), len);
	bytes[0] = (u8)(urgency + 3 * count);
	err = peers_send(peers, key, channel, urgency, (struct span){ bytes, len });
	sent_sum += err ? 0 : bytes[0];
	free(bytes);
	return err;
}

static struct peers_status status_of(struct peers *peers, u32 index)
{
	struct peers_status status;

	peers_status(peers, index, &status);
	return status;
}

static void address_of(const struct listener *listener, char *text, size_t size)
{
	snprintf(text, size, "127.0.0.1:%u", grpc_server_port(listener->server));
}

static bool is_linked(void *arg)
{
	(void)arg;
	return ups > downs;
}

static u64 awaited;

static bool got_awaited(void *arg)
{
	return ((struct listener *)arg)->parcels >= awaited;
}

static bool got(struct listener *listener, u64 parcels)
{
	awaited = parcels;
	return world_wait(&world, got_awaited, listener, 10);
}

static void carries(struct peers *peers)
{
	ok = world_wait(&world, is_linked, NULL, 10);
	ktap_ok(ok, "a link comes up");
	for (u32 i = 0; i < 1000; i++)
		send_parcel(peers, world.server_key, CHANNEL_VOTES, 1 + i / 10);
	send_parcel(peers, world.server_key, CHANNEL_BODIES, 3 << 20);
	peers_flush(peers);
	ok = got(&here, 1001) && !here.damaged && here.sum == sent_sum && here.streams == 3;
	ktap_ok(ok, "1,000 votes and a body of 3 MiB arrive whole: %llu parcels, %llu damaged, %u streams",
		(unsigned long long)here.parcels, (unsigned long long)here.damaged, here.streams);
	ktap_ok(status_of(peers, 0).sent_parcels == 1001 && !status_of(peers, 0).queued_bytes,
		"its status counts them");
}

static void overtakes(struct peers *peers)
{
	u64 before = here.parcels, bulk = 0;

	for (u32 i = 0; i < 15; i++)
		bulk += !send_parcel(peers, world.server_key, CHANNEL_BULK, 1 << 20);
	peers_flush(peers);
	for (u32 i = 0; i < 10; i++)
		send_parcel(peers, world.server_key, CHANNEL_VOTES, 100);
	peers_flush(peers);
	ok = got(&here, before + bulk + 10) && here.place[CHANNEL_VOTES] < before + bulk;
	ktap_ok(ok, "votes overtake %llu MiB of bulk queued before them: %llu of %llu", (unsigned long long)bulk,
		(unsigned long long)(here.place[CHANNEL_VOTES] - before), (unsigned long long)(bulk + 10));
}

static void bounds(struct peers *peers)
{
	u32 taken = 0;
	int err = 0;

	for (u32 i = 0; i < 200 && !err; i++) {
		err = send_parcel(peers, world.server_key, CHANNEL_BULK, 1 << 20);
		taken += !err;
	}
	ktap_ok(err == -ENOBUFS && taken >= 14 && taken <= 16 && status_of(peers, 0).refused_parcels == 1,
		"a queue of 16 MiB takes %u MiB of bulk and refuses the rest", taken);
	ktap_ok(!send_parcel(peers, world.server_key, CHANNEL_VOTES, 10), "votes are still taken");
	peers_flush(peers);
	ok = got(&here, here.parcels + taken + 1) || here.parcels;
	ktap_ok(ok, "all of it arrives in the end");
	ktap_ok(send_parcel(peers, world.client_key, CHANNEL_VOTES, 10) == -ENOENT, "a key without link is refused");
}

static bool not_linked(void *arg)
{
	(void)arg;
	return ups == downs;
}

static bool linked_again(void *arg)
{
	return ups >= *(u32 *)arg;
}

static void comes_back(struct peers *peers)
{
	u32 wanted = ups + 1;
	char address[64];

	address_of(&here, address, sizeof(address));
	grpc_server_close(here.server);
	ok = world_wait(&world, not_linked, NULL, 10) && *status_of(peers, 0).why;
	ktap_ok(ok, "a node that goes away is noticed: %s", status_of(peers, 0).why);
	send_parcel(peers, world.server_key, CHANNEL_VOTES, 20);
	listen_on(&here, address, world.server_tls);
	ok = world_wait(&world, linked_again, &wanted, 10) && got(&here, 1) && status_of(peers, 0).connects == 2;
	ktap_ok(ok, "and found again when it is back, with what was queued a moment ago");
}

static void moves(struct peers *peers)
{
	struct identity_error error;
	u32 wanted = ups + 1;
	char address[64];

	listen_on(&there, "127.0.0.1:0", world.server_tls);
	address_of(&there, address, sizeof(address));
	ok = !peers_add(peers, world.server_key, address, &error) && peers_count(peers) == 1 &&
	     world_wait(&world, linked_again, &wanted, 10);
	ktap_ok(ok, "a link moves to another address");
	send_parcel(peers, world.server_key, CHANNEL_VOTES, 20);
	peers_flush(peers);
	ok = got(&there, 1);
	ktap_ok(ok, "parcels go there now");
	ktap_ok(peers_add(peers, world.server_key, "nowhere", &error) == -EINVAL &&
			!strcmp(status_of(peers, 0).address, address),
		"a move to no address is refused and changes nothing: %s", error.text);
}

static bool is_refused(void *arg)
{
	return strstr(status_of(arg, 0).why, "no node of a channel") != NULL;
}

static void refused(struct peers *peers)
{
	u32 wanted;

	there.refuse = true;
	for (u32 i = 0; i < there.streams; i++)
		grpc_call_finish(there.calls[i], GRPC_PERMISSION_DENIED, "You are no node of a channel of this node.");
	ok = world_wait(&world, is_refused, peers, 10);
	ktap_ok(ok, "a node that ends Exchange is heard: %s", status_of(peers, 0).why);
	there.refuse = false;
	wanted = ups + 1;
	ok = world_wait(&world, linked_again, &wanted, 10);
	ktap_ok(ok, "and asked again until it takes it");
}

static bool is_wrong_key(void *arg)
{
	return strstr(status_of(arg, 1).why, "may be here") != NULL;
}

static void wrong_node(struct peers *peers)
{
	struct identity_error error;
	char address[64];

	address_of(&there, address, sizeof(address));
	peers_add(peers, world.client_key, address, &error);
	ok = world_wait(&world, is_wrong_key, peers, 10);
	ktap_ok(ok, "a node with another key than expected is no peer: %s", status_of(peers, 1).why);
	peers_remove(peers, world.client_key);
	ktap_ok(peers_count(peers) == 1, "a link can be removed");
}

int main(void)
{
	struct peers_options options = { .up = on_up };
	struct identity_error error;
	struct peers *peers;
	char address[64];

	ktap_plan(0);
	world_open(&world);
	listen_on(&here, "127.0.0.1:0", world.server_tls);
	options.base = world.base;
	options.tls = world.client_tls;
	options.limits = world.client_limits;
	peers = peers_new(&options);
	address_of(&here, address, sizeof(address));
	if (peers_add(peers, world.server_key, address, &error))
		abort();
	carries(peers);
	overtakes(peers);
	bounds(peers);
	comes_back(peers);
	moves(peers);
	refused(peers);
	wrong_node(peers);
	peers_free(peers);
	grpc_server_close(here.server);
	grpc_server_close(there.server);
	world_close(&world);
	return ktap_exit();
}
