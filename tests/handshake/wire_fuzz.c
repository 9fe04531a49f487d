// SPDX-License-Identifier: GPL-2.0
/*
 * wire_fuzz.c - any bytes as each packet of the handshake and of a session:
 * as they are, and behind their seals, where only who holds the keys can write (a vehicle may be wrong too). What is
 * taken comes out again as it went in.
 */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/handshake/payload.h"
#include "ledger/evidence.h"
#include "tests/handshake/gateway.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gateway gateway;
static struct voltgate_wallet wallet;
static struct session_keys keys;
static struct voltgate_session session;
static struct voltgate_handshake handshake;

static void fuzz_init(void)
{
	u8 hello[HELLO_LEN];
	struct responder_offer offer;

	if (gateway.responder)
		return;
	if (sodium_init() < 0)
		abort();
	gateway_open(&gateway, 16, 0);
	gateway_enrol(&gateway, &wallet);
	if (gateway_greet(&gateway, &wallet, &offer, &session) != RESPONDER_WELCOME)
		abort();
	keys = offer.session.keys;
	gateway_hello(&gateway, &wallet, ++gateway.now, &handshake, hello);
}

static void fuzz_raw(const u8 *data, size_t size)
{
	struct voltgate_handshake copy = handshake;
	struct voltgate_session air = session;
	struct action_request request;
	struct voltgate_answer answer;
	struct voltgate_session other;
	struct responder_offer offer;
	u8 plain[VG_VID_PAYLOAD_MAX];

	if (gateway_take(&gateway, data, size, &offer, NULL) == RESPONDER_WELCOME ||
	    voltgate_handshake_read(&copy, data, size, &other) >= 0 ||
	    !voltgate_answer_read(&air, data, size, &answer) || !action_open(&keys, data, size, plain, &request))
		abort(); /* a forgery */
}

/* @data as what Noise seals in a hello: a wallet may say what it likes. */
static void fuzz_hello(const u8 *data, size_t size)
{
	u8 vid[HELLO_LEN] = { 0 }, plain[HELLO_PLAIN_LEN] = { 0 }, random[32] = { 1 };
	struct vg_vid header = { .version = 1, .type = VG_VID_HELLO, .payload_len = vg_be16(HELLO_PAYLOAD_LEN) };
	struct responder_offer offer;
	struct vg_siphash_tag tag;
	struct noise_pair pair;
	struct noise noise;

	memcpy(plain, data, size < sizeof(plain) ? size : sizeof(plain));
	memcpy(vid, &header, sizeof(header));
	noise_pair_make(wallet.exchange, &pair);
	hello_begin(&noise, true, &pair, random, responder_public_key(gateway.responder));
	if (noise_write(&noise, plain, sizeof(plain), vid + VG_VID_HEADER_LEN, HELLO_MESSAGE_LEN) < 0)
		abort();
	vg_siphash(responder_mac1_key(gateway.responder), vid, HELLO_LEN - VG_VID_TAG_LEN, &tag);
	vg_siphash_tag_encode(&tag, vid + HELLO_LEN - VG_VID_TAG_LEN);
	if (gateway_take(&gateway, vid, sizeof(vid), &offer, NULL) == RESPONDER_WELCOME)
		abort(); /* nobody signed that */
}

static size_t fuzz_seal(const u8 *key, u8 type, u64 sequence, size_t open_len, const u8 *data, size_t size, u8 *vid)
{
	u8 nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES] = { 0 };
	struct vg_vid header = { .version = 1, .type = type, .sequence = vg_be64(sequence) };
	u64 word = vg_be64(sequence);

	if (size > VG_VID_PAYLOAD_MAX - 32 - 16)
		size = VG_VID_PAYLOAD_MAX - 32 - 16;
	header.payload_len = vg_be16(open_len + size + 16);
	header.session = type == VG_VID_ANSWER ? 0 : vg_be64(7);
	memset(vid, 0, VG_VID_MAX);
	memcpy(vid, &header, sizeof(header));
	memcpy(nonce + 4, &word, 8);
	if (open_len && size > 190)
		evidence_commitment(data,
				    (struct span){ data + 190, (size_t)(data[188] << 8 | data[189]) % (size - 189) },
				    vid + VG_VID_HEADER_LEN);
	crypto_aead_chacha20poly1305_ietf_encrypt(vid + VG_VID_HEADER_LEN + open_len, NULL, data, size, vid,
						  VG_VID_HEADER_LEN + open_len, NULL, nonce, key);
	return VG_VID_OVERHEAD + open_len + size + 16;
}

static void fuzz_action(const u8 *data, size_t size)
{
	struct vg_vid_fields fields = { .session = 7, .sequence = 3, .type = VG_VID_METER };
	u8 vid[VG_VID_MAX], again[VG_VID_MAX], plain[VG_VID_PAYLOAD_MAX];
	size_t len = fuzz_seal(keys.action, VG_VID_METER, 3, 32, data, size, vid);
	struct action_request request;

	if (action_open(&keys, vid, len, plain, &request))
		return;
	if (action_seal(&keys, &fields, &request, again) != (int)len || memcmp(again, vid, len - VG_VID_TAG_LEN))
		abort(); /* one request has one encoding */
}

static void fuzz_answer(const u8 *data, size_t size)
{
	u8 vid[VG_VID_MAX], again[VG_VID_MAX], plain[VG_VID_PAYLOAD_MAX];
	size_t len = fuzz_seal(keys.answer, VG_VID_ANSWER, 5, 0, data, size, vid);
	struct answer answer;
	u64 count;

	if (answer_open(&keys, vid, len, plain, &count, &answer))
		return;
	if (count != 5 || answer_seal(&keys, 5, &answer, again) != (int)len || memcmp(again, vid, len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_init();
	if (!size)
		return 0;
	switch (data[0] & 3) {
	case 0:
		fuzz_raw(data + 1, size - 1);
		break;
	case 1:
		fuzz_hello(data + 1, size - 1);
		break;
	case 2:
		fuzz_action(data + 1, size - 1);
		break;
	default:
		fuzz_answer(data + 1, size - 1);
	}
	return 0;
}
