// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_test.c - our client against our server over TLS on loopback.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/net/world.h"

#define QUERY "/voltgate.v1.Ledger/Query"

static struct span words(const char *text)
{
	return (struct span){ (const u8 *)text, strlen(text) };
}

static void unary(struct world *world)
{
	struct world_call call = { 0 };

	ktap_ok(world_unary(world, &call, QUERY, words("hello"), 0) && call.status == GRPC_OK && call.messages == 1 &&
			call.last_len == 5 && !memcmp(call.last, "hello", 5),
		"a unary call brings its message back: %u %s", call.status, call.text);
	ktap_ok(world_unary(world, &call, QUERY, words(""), 0) && call.status == GRPC_OK && call.messages == 1 &&
			!call.bytes,
		"an empty message is a message");
	ktap_ok(world_unary(world, &call, "/voltgate.v1.Ledger/Nothing", words("x"), 0) &&
			call.status == GRPC_UNIMPLEMENTED,
		"a method that is not there is UNIMPLEMENTED: %s", call.text);
	ktap_ok(world_unary(world, &call, "/voltgate.v1.Ledger/Endorse", words("x"), 0) &&
			call.status == GRPC_FAILED_PRECONDITION && !strcmp(call.text, "100 % wrong: Z\xc3\xa4hler?"),
		"a refusal's text arrives, percent-encoded in between: %s", call.text);
}

int main(void)
{
	static struct world world;

	ktap_plan(0);
	world_open(&world);
	world_serve(&world, NULL);
	world_connect(&world, world.server_key);
	ktap_ok(world_wait_up(&world), "client comes up: %s", world.why);
	unary(&world);
	world_close(&world);
	return ktap_exit();
}
