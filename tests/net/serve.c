// SPDX-License-Identifier: GPL-2.0
/*
 * serve.c - the test service for clients that are not ours.
 *
 *   net_serve FOLDER    writes certificates of all kinds there, says "port N", then one line of counts for each line
 *                       that comes in; ends when standard input does
 *
 * good, rsa, expired, early, stranger (another authority), impostor (its O says north), revoked, nameless (no O),
 * authority (a CA's): .crt and .key; ca.crt is what the server's certificate is signed with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/net/world.h"

static struct world world;

static void wish(const char *folder, const char *file, const struct maker_wish *wish, u8 ret_public[32])
{
	EVP_PKEY *key;
	X509 *certificate = maker_certificate(wish, &key);

	maker_store(folder, file, certificate, key);
	if (ret_public)
		maker_public(key, ret_public);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void write_certificates(const char *folder)
{
	EVP_PKEY *north = world.authority, *other = world.stranger;
	u8 revoked[1][32];

	wish(folder, "ca",
	     &(struct maker_wish){ .name = "authority", .key = north, .authority = north, .authority_bit = true },
	     NULL);
	wish(folder, "good", &(struct maker_wish){ .organisation = "north", .name = "good", .authority = north }, NULL);
	wish(folder, "rsa",
	     &(struct maker_wish){ .organisation = "north", .name = "rsa", .authority = north, .rsa = true }, NULL);
	wish(folder, "expired",
	     &(struct maker_wish){ .organisation = "north", .authority = north, .from_s = -7200, .until_s = -3600 },
	     NULL);
	wish(folder, "early",
	     &(struct maker_wish){ .organisation = "north", .authority = north, .from_s = 3600, .until_s = 7200 },
	     NULL);
	wish(folder, "stranger", &(struct maker_wish){ .organisation = "south", .authority = other }, NULL);
	wish(folder, "impostor", &(struct maker_wish){ .organisation = "north", .authority = other }, NULL);
	wish(folder, "wrong-organisation", &(struct maker_wish){ .organisation = "south", .authority = north }, NULL);
	wish(folder, "nameless", &(struct maker_wish){ .name = "nobody", .authority = north }, NULL);
	wish(folder, "authority",
	     &(struct maker_wish){ .organisation = "north", .authority = north, .authority_bit = true }, NULL);
	wish(folder, "revoked", &(struct maker_wish){ .organisation = "north", .authority = north }, revoked[0]);
	identity_tls_trust(world.server_tls, world.authorities, 1, (const u8(*)[32])revoked, 1);
}

static void on_line(evutil_socket_t fd, short what, void *arg)
{
	struct grpc_counts counts;
	char line[64];

	(void)what, (void)arg;
	if (read(fd, line, sizeof(line)) <= 0) {
		event_base_loopbreak(world.base);
		return;
	}
	grpc_server_counts(world.server, &counts);
	printf("{\"connections\":%llu,\"refused_handshakes\":%llu,\"calls\":%llu,\"protocol_errors\":%llu,"
	       "\"over_limit\":%llu,\"open_connections\":%u,\"open_calls\":%u,\"gone\":%llu,\"most_queued\":%llu,"
	       "\"served_messages\":%llu}\n",
	       (unsigned long long)counts.connections, (unsigned long long)counts.refused_handshakes,
	       (unsigned long long)counts.calls, (unsigned long long)counts.protocol_errors,
	       (unsigned long long)counts.over_limit, counts.open_connections, counts.open_calls,
	       (unsigned long long)world.gone, (unsigned long long)world.most_queued,
	       (unsigned long long)world.served_messages);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct event *input;

	if (argc != 2)
		return 2;
	world_open(&world);
	write_certificates(argv[1]);
	world.server_limits.connections = 32;
	world.server_limits.handshake_s = 2;
	world.server_limits.ping_s = 2;
	world_serve(&world, NULL);
	printf("port %u\n", grpc_server_port(world.server));
	fflush(stdout);
	input = event_new(world.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_line, NULL);
	event_add(input, NULL);
	event_base_dispatch(world.base);
	event_free(input);
	world_close(&world);
	return 0;
}
