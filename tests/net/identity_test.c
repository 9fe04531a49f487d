// SPDX-License-Identifier: GPL-2.0
/*
 * identity_test.c - whose certificate is believed, and what our own files must look like.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <sodium.h>

#include "agent/net/identity_certificate.h"
#include "tests/ktap.h"
#include "tests/net/world.h"

static struct world world;
static struct identity_error error;
static int code;

static int judged(const struct maker_wish *wish, enum identity_use use, const struct identity_trust *trust)
{
	struct identity identity;
	EVP_PKEY *key;
	X509 *certificate = maker_certificate(wish, &key);
	int err = identity_judge(trust, certificate, use, time(NULL), &identity, &code, &error);
	u8 public[32] = { 0 };

	if (!err) {
		maker_public(key, public);
		if (memcmp(public, identity.key, 32) || strcmp(identity.organisation, wish->organisation) ||
		    memcmp(identity.authority, trust->authorities[0].key, 32) ||
		    identity.expires < (u64)time(NULL) + 80000)
			err = -EPROTO; /* believed, but not as who it is */
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
	return err;
}

static void refused(const struct identity_trust *trust, struct maker_wish wish, int expected, const char *what)
{
	int err;

	if (!wish.authority)
		wish.authority = world.authority;
	error.text[0] = '\0';
	err = judged(&wish, IDENTITY_CLIENT, trust);
	ktap_ok(err == -EACCES && code == expected && *error.text, "refused: %s: %s", what, error.text);
}

static void certificates(void)
{
	struct identity_trust trust = { .authorities = world.authorities, .authority_count = 1 };
	struct maker_wish good = { .organisation = "north", .name = "node 1", .authority = world.authority };
	struct maker_wish client = good;

	ktap_ok(!judged(&good, IDENTITY_CLIENT, &trust) && code == X509_V_OK, "a good certificate is believed");
	ktap_ok(!judged(&good, IDENTITY_SERVER, &trust), "of a server too");
	client.usage = "clientAuth";
	ktap_ok(!judged(&client, IDENTITY_CLIENT, &trust) && judged(&client, IDENTITY_SERVER, &trust) == -EACCES,
		"one for clients only does not serve: %s", error.text);
	refused(&trust, (struct maker_wish){ .organisation = "north", .authority = world.stranger },
		X509_V_ERR_CERT_SIGNATURE_FAILURE, "another authority in north's name");
	refused(&trust, (struct maker_wish){ .organisation = "south" }, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
		"the right authority, another organisation");
	refused(&trust, (struct maker_wish){ .name = "x" }, X509_V_ERR_CERT_REJECTED, "no organisation");
	refused(&trust, (struct maker_wish){ .organisation = "north", .second_organisation = true },
		X509_V_ERR_CERT_REJECTED, "two organisations");
	refused(&trust, (struct maker_wish){ .organisation = "north", .name = "\x1b[2J" }, X509_V_ERR_CERT_REJECTED,
		"a name that moves the terminal's cursor");
	refused(&trust, (struct maker_wish){ .organisation = "north", .from_s = -200, .until_s = -100 },
		X509_V_ERR_CERT_HAS_EXPIRED, "expired");
	refused(&trust, (struct maker_wish){ .organisation = "north", .from_s = 100, .until_s = 200 },
		X509_V_ERR_CERT_NOT_YET_VALID, "not valid yet");
	refused(&trust, (struct maker_wish){ .organisation = "north", .rsa = true }, X509_V_ERR_CERT_REJECTED,
		"an RSA key");
	refused(&trust, (struct maker_wish){ .organisation = "north", .authority_bit = true }, X509_V_ERR_CERT_REJECTED,
		"an authority's certificate");
	refused(&trust, (struct maker_wish){ .organisation = "north", .unknown_critical = true },
		X509_V_ERR_CERT_REJECTED, "an unknown critical extension");
	refused(&trust, (struct maker_wish){ .organisation = "north", .usage = "serverAuth" }, X509_V_ERR_CERT_REJECTED,
		"a server's that calls");
	refused(&trust, (struct maker_wish){ .organisation = "north", .version = 1 }, X509_V_ERR_CERT_REJECTED,
		"X.509 version 1");
}

static struct identity_tls *server_trusts(const struct identity_authority *authorities, u32 count,
					  const u8 (*revoked)[32], u32 revoked_count)
{
	identity_tls_trust(world.server_tls, authorities, count, revoked, revoked_count);
	return world.server_tls;
}

/* Many are revoked, in no order; one of them is ours. */
static void revocation(void)
{
	static u8 revoked[101][32];
	struct identity client = *identity_tls_self(world.client_tls);

	memcpy(client.authority, world.authorities[0].key, 32);
	for (u32 i = 0; i < 101; i++)
		memset(revoked[i], (int)(i * 37 % 101), 32);
	ktap_ok(identity_trusted(server_trusts(world.authorities, 1, (const u8(*)[32])revoked, 101), &client),
		"a key that is none of 101 revoked ones is trusted");
	memcpy(revoked[60], client.key, 32);
	ktap_ok(!identity_trusted(server_trusts(world.authorities, 1, (const u8(*)[32])revoked, 101), &client),
		"revoked, it is not");
	ktap_ok(!identity_trusted(server_trusts(NULL, 0, NULL, 0), &client), "nor without its authority");
	server_trusts(world.authorities, 1, NULL, 0);
	client.expires = (u64)time(NULL) - 1;
	ktap_ok(!identity_trusted(world.server_tls, &client), "nor once its certificate has expired");
}

static bool ok;

static bool anybody(void *arg, const struct identity *peer)
{
	(void)arg;
	return strcmp(peer->name, "client") != 0;
}

/* Connections that are open when trust changes, and who may connect at all. */
static void connections(void)
{
	u8 revoked[1][32];

	world_serve(&world, NULL);
	world_connect(&world, world.server_key);
	ok = world_wait_up(&world);
	ktap_ok(ok && grpc_client_peer(world.client) && !strcmp(grpc_client_peer(world.client)->name, "server"),
		"a client knows who answered");
	grpc_server_judge(world.server, NULL, NULL);
	for (u32 i = 0; i < 20; i++)
		event_base_loop(world.base, EVLOOP_NONBLOCK);
	ktap_ok(!world.downs, "judging again leaves those who are trusted alone");
	memcpy(revoked[0], world.client_key, 32);
	server_trusts(world.authorities, 1, (const u8(*)[32])revoked, 1);
	grpc_server_judge(world.server, NULL, NULL);
	ok = world_wait_down(&world);
	ktap_ok(ok, "a revoked key's open connection is closed: %s", world.why);
	server_trusts(world.authorities, 1, NULL, 0);
	ok = world_wait_up(&world);
	ktap_ok(ok, "trusted again, it comes back");
	world.downs = 0;
	grpc_server_judge(world.server, anybody, NULL);
	ok = world_wait_down(&world);
	ktap_ok(ok, "a connection that its server does not want any more is closed: %s", world.why);
	grpc_client_close(world.client);
	world.downs = world.ups = 0;
	world_connect(&world, world.client_key); /* the server has another */
	ok = world_wait_down(&world);
	ktap_ok(ok && !world.ups, "a server with another key than expected is not taken: %s", world.why);
	grpc_client_close(world.client);
	world.downs = world.ups = 0;
	identity_tls_trust(world.client_tls, NULL, 0, NULL, 0);
	world_connect(&world, world.server_key);
	ok = world_wait_down(&world);
	ktap_ok(ok && !world.ups && strstr(world.why, "not one that is trusted"), "nor one of no trusted authority: %s",
		world.why);
}

static void own_files(void)
{
	char certificate[128], key[128], other[128];
	struct identity_tls *tls;
	u8 signature[64];

	snprintf(certificate, sizeof(certificate), "%s/server.crt", world.folder);
	snprintf(key, sizeof(key), "%s/server.key", world.folder);
	snprintf(other, sizeof(other), "%s/client.key", world.folder);
	ktap_ok(identity_tls_open(certificate, other, &tls, &error) == -EINVAL, "a key of another is refused: %s",
		error.text);
	ktap_ok(identity_tls_open("/nowhere.crt", key, &tls, &error) == -ENOENT, "a missing certificate is named: %s",
		error.text);
	ktap_ok(identity_tls_open(key, key, &tls, &error) == -EINVAL, "a key in its place too: %s", error.text);
	chmod(key, 0644);
	ktap_ok(identity_tls_open(certificate, key, &tls, &error) == -EACCES,
		"a key that everyone may read is refused: %s", error.text);
	identity_tls_sign(world.server_tls, "vote", 4, signature);
	ktap_ok(!crypto_sign_verify_detached(signature, (const u8 *)"vote", 4, world.server_key),
		"the node's key signs as libsodium checks");
}

int main(void)
{
	ktap_plan(0);
	world_open(&world);
	certificates();
	revocation();
	connections();
	own_files();
	world_close(&world);
	return ktap_exit();
}
