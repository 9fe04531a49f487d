// SPDX-License-Identifier: GPL-2.0
/*
 * speed.c - what agent/net carries on loopback with TLS, both ends in one thread: messages and bytes a second, and
 * what that is as a ratio of sealing and opening the same bytes without a network. For `make bench`, asserts nothing.
 *
 *   net_speed [SECONDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>

#include "tests/net/world.h"

static struct world world;
static struct world_call call;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* AES-128-GCM over 16 KiB, sealed and opened again: MB/s. */
static double bare(void)
{
	static u8 in[16384], out[16400], key[16], nonce[12], tag[16];
	EVP_CIPHER_CTX *seal = EVP_CIPHER_CTX_new(), *open = EVP_CIPHER_CTX_new();
	double start = now();
	u64 rounds = 0;
	int len;

	EVP_EncryptInit_ex(seal, EVP_aes_128_gcm(), NULL, key, nonce);
	EVP_DecryptInit_ex(open, EVP_aes_128_gcm(), NULL, key, nonce);
	for (; now() - start < 0.3; rounds++) {
		EVP_EncryptInit_ex(seal, NULL, NULL, NULL, nonce);
		EVP_EncryptUpdate(seal, out, &len, in, sizeof(in));
		EVP_EncryptFinal_ex(seal, out + len, &len);
		EVP_CIPHER_CTX_ctrl(seal, EVP_CTRL_GCM_GET_TAG, 16, tag);
		EVP_DecryptInit_ex(open, NULL, NULL, NULL, nonce);
		EVP_DecryptUpdate(open, in, &len, out, sizeof(in));
		EVP_CIPHER_CTX_ctrl(open, EVP_CTRL_GCM_SET_TAG, 16, tag);
		EVP_DecryptFinal_ex(open, in + len, &len);
	}
	EVP_CIPHER_CTX_free(seal);
	EVP_CIPHER_CTX_free(open);
	return (double)rounds * sizeof(in) / (now() - start) / 1e6;
}

static void stream(u32 bytes, double seconds, double crypto)
{
	struct span message = { calloc(1, bytes), bytes };
	double start = now(), cpu = (double)clock() / CLOCKS_PER_SEC, took;
	u64 before = world.served_messages, count;

	world_call(&world, &call, "/voltgate.v1.Peer/Exchange", 0);
	while (now() - start < seconds) {
		for (u32 i = 0; i < 256 && grpc_call_room(call.call) > bytes; i++)
			grpc_call_send(call.call, message);
		event_base_loop(world.base, EVLOOP_NONBLOCK);
	}
	took = now() - start;
	cpu = (double)clock() / CLOCKS_PER_SEC - cpu;
	count = world.served_messages - before;
	printf("%8u B messages: %9.0f/s %8.1f MB/s, %6.2f us CPU each for both ends; %4.2f of bare AES-128-GCM\n",
	       bytes, (double)count / took, (double)count * bytes / took / 1e6, cpu * 1e6 / (double)count,
	       (double)count * bytes / took / 1e6 / crypto);
	grpc_call_cancel(call.call);
	free((void *)message.bytes);
}

static void unary(double seconds)
{
	static struct world_call calls[64];
	const struct span message = { (const u8 *)"0123456789", 10 };
	double start = now();
	u64 done = 0;

	memset(calls, 0, sizeof(calls));
	while (now() - start < seconds) {
		for (u32 i = 0; i < 64; i++) {
			if (calls[i].call && !calls[i].finished)
				continue;
			done += calls[i].finished;
			if (!world_call(&world, &calls[i], "/voltgate.v1.Ledger/Query", 0)) {
				grpc_call_send(calls[i].call, message);
				grpc_call_half_close(calls[i].call);
			}
		}
		event_base_loop(world.base, EVLOOP_NONBLOCK);
	}
	printf("unary calls of 10 B, 64 at once: %9.0f/s\n", (double)done / (now() - start));
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1, crypto = bare();

	world_open(&world);
	world_serve(&world, NULL);
	world_connect(&world, world.server_key);
	if (!world_wait_up(&world))
		return 1;
	printf("AES-128-GCM sealed and opened, no network: %.0f MB/s\n", crypto);
	stream(200, seconds, crypto);
	stream(1000, seconds, crypto);
	stream(100000, seconds, crypto);
	stream(2000000, seconds, crypto);
	unary(seconds);
	world_close(&world);
	return 0;
}
