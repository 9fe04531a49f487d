// SPDX-License-Identifier: GPL-2.0
/*
 * host.c - a gateway of one process on loopback, for the vehicle library's
 * example: says where it listens and who may come in, demands a cookie of the first hello, welcomes, opens what it is
 * asked and answers once endorsed, once committed. Ends after that, or in ten seconds. No gate, no ledger.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/handshake/cookie.h"
#include "agent/handshake/payload.h"
#include "agent/time_text.h"
#include "ledger/transaction.h"
#include "tests/handshake/gateway.h"

static struct gateway gateway;
static const struct vg_siphash_key cookie = { 11, 12 };
static struct sockaddr_in vehicle;
static int fd;

static void say_hex(const u8 *bytes, size_t len)
{
	char hex[256];

	printf("%s\n", sodium_bin2hex(hex, sizeof(hex), bytes, len));
}

static void answer_with(const void *bytes, size_t len)
{
	sendto(fd, bytes, len, 0, (struct sockaddr *)&vehicle, sizeof(vehicle));
}

static void take_hello(const u8 *vid)
{
	u8 key[32], nonce[COOKIE_NONCE_LEN], made[COOKIE_LEN];
	struct responder_offer offer;

	if (!hello_proves(vid, &cookie)) {
		randombytes_buf(nonce, sizeof(nonce));
		cookie_key(responder_public_key(gateway.responder), key);
		cookie_make(key, &cookie, hello_mac1(vid), nonce, made);
		answer_with(made, sizeof(made));
	} else if (gateway_take(&gateway, vid, HELLO_LEN, &offer, NULL) == RESPONDER_WELCOME) {
		answer_with(offer.welcome, WELCOME_LEN);
	}
}

/* 0 once an action was answered. */
static int take_action(const u8 *vid, size_t len)
{
	struct vg_vid_fields fields;
	struct action_request request;
	struct proposal proposal;
	struct answer answer = { .text = { (const u8 *)"{\"charger\":1}", 13 } };
	struct greeted *greeted;
	u8 plain[VG_VID_PAYLOAD_MAX], made[ANSWER_LEN_MAX];
	int stage, sealed;

	if (!vg_vid_decode((const struct vg_vid *)vid, (u32)len, &fields))
		return 1;
	greeted = greeted_find(responder_table(gateway.responder), fields.session);
	if (!greeted || action_open(&greeted->keys, vid, len, plain, &request) ||
	    proposal_decode(request.proposal.bytes, request.proposal.len, &proposal) ||
	    memcmp(proposal.client, greeted->wallet, 32) || memcmp(proposal.channel, gateway.channel, 32))
		return 1;
	for (stage = ANSWER_ENDORSED; stage <= ANSWER_COMMITTED; stage++) {
		answer.sequence = fields.sequence;
		answer.stage = (u8)stage;
		sealed = answer_seal(&greeted->keys, ++greeted->answers, &answer, made);
		answer_with(made, (size_t)sealed);
	}
	printf("%.*s\n", (int)proposal.function.len, proposal.function.bytes);
	return 0;
}

static int host(void)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	u8 vid[VG_VID_MAX + 1];
	socklen_t from_len;
	ssize_t len;

	while (poll(&wait, 1, 10000) > 0) {
		from_len = sizeof(vehicle);
		len = recvfrom(fd, vid, sizeof(vid), 0, (struct sockaddr *)&vehicle, &from_len);
		if (len == HELLO_LEN && vid[1] == VG_VID_HELLO)
			take_hello(vid);
		else if (len > 0 && vg_vid_is_action(vid[1]) && !take_action(vid, (size_t)len))
			return 0;
	}
	return 1;
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct voltgate_wallet wallet;
	socklen_t len = sizeof(address);
	struct timespec now;

	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (sodium_init() < 0 || fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		return 1;
	gateway_open(&gateway, 16, 0);
	clock_gettime(CLOCK_REALTIME, &now);
	gateway.now = time_text_of_unix((u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000) + GATEWAY_SKEW_US / 2;
	gateway_enrol(&gateway, &wallet);
	printf("%u\n", ntohs(address.sin_port));
	say_hex(wallet.secret, 32);
	say_hex(wallet.credential, sizeof(wallet.credential));
	say_hex(wallet.signature, sizeof(wallet.signature));
	say_hex(responder_public_key(gateway.responder), 32);
	say_hex(gateway.gate.station, 32);
	return host();
}
