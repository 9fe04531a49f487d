// SPDX-License-Identifier: GPL-2.0
/*
 * ask.c - our client against a server that is not ours.
 *
 *   net_ask FOLDER PORT    with FOLDER's good.crt and good.key; the server's certificate must be signed by ca.key
 *
 * KTAP lines without numbers; grpc_js.py numbers them.
 */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>

#include "tests/net/world.h"

static struct world world;

static void say(bool passed, const char *text)
{
	printf("%s %s\n", passed ? "ok" : "not ok", text);
}

static EVP_PKEY *load_key(const char *folder, const char *name)
{
	char path[512];
	EVP_PKEY *key;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.key", folder, name);
	file = fopen(path, "r");
	key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
	if (!key)
		abort();
	fclose(file);
	return key;
}

static void ask(void)
{
	static const u8 request[] = { 0x10, 3, 0x18, 5 };
	struct world_call call = { 0 };
	u8 text[300];

	memset(text, 'x', sizeof(text));
	/* QueryRequest.contract: 297 bytes */
	memcpy(text, "\x12\xa9\x02", 3);
	say(world_unary(&world, &call, "/voltgate.v1.Ledger/Query", (struct span){ text, sizeof(text) }, 5000) &&
		    call.status == GRPC_OK && call.messages == 1 && call.bytes == 300 && call.last[0] == 0x0a,
	    "our client: unary against grpc-js");
	say(world_unary(&world, &call, "/voltgate.v1.Ledger/Blocks", (struct span){ request, sizeof(request) }, 5000) &&
		    call.status == GRPC_OK && call.messages == 5,
	    "our client: five messages of a stream from grpc-js");
	say(world_unary(&world, &call, "/voltgate.v1.Ledger/Endorse", (struct span){ request, 0 }, 5000) &&
		    call.status == GRPC_FAILED_PRECONDITION && !strcmp(call.text, "100 %41 wrong: Z\xc3\xa4hler"),
	    "our client: a status and its text from grpc-js");
	say(world_unary(&world, &call, "/voltgate.v1.Ledger/Transaction", (struct span){ request, 0 }, 5000) &&
		    call.status == GRPC_UNIMPLEMENTED,
	    "our client: a method that grpc-js does not have");
	say(world_unary(&world, &call, "/voltgate.v1.Ledger/Status", (struct span){ request, 0 }, 300) &&
		    call.status == GRPC_DEADLINE_EXCEEDED,
	    "our client: a call that grpc-js never answers ends at its deadline");
}

int main(int argc, char **argv)
{
	struct grpc_client_options options = { .tls = NULL };
	struct identity_error error;
	char address[32];

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	world_open(&world);
	EVP_PKEY_free(world.authority);
	world.authority = load_key(argv[1], "ca");
	world.authorities[0] = maker_authority("north", world.authority);
	identity_tls_close(world.client_tls);
	world.client_tls = maker_tls(argv[1], "good", world.authorities, 1);
	snprintf(address, sizeof(address), "127.0.0.1:%s", argv[2]);
	options.address = address;
	options.tls = world.client_tls;
	options.limits = world.client_limits;
	if (grpc_client_open(world.base, &options, &world.client, &error))
		return 1;
	if (world_wait_up(&world))
		ask();
	else
		say(false, "our client reaches a grpc-js server");
	world_close(&world);
	return 0;
}
