// SPDX-License-Identifier: GPL-2.0
/*
 * flip_test.c - hello, welcome, cookie, action and answer arrive as they were
 * sent or not at all: any bit flipped, any byte cut off or added, another key, another packet's place.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "agent/handshake/cookie.h"
#include "agent/handshake/payload.h"
#include "ledger/evidence.h"
#include "tests/handshake/gateway.h"
#include "tests/ktap.h"

static struct gateway gateway;
static struct voltgate_wallet wallet;

/* How many of all one-bit changes, cuts and additions to @len bytes of @vid @read takes for right. */
static u32 wrong_taken(const u8 *vid, size_t len, bool (*read)(const u8 *vid, size_t len))
{
	u8 changed[VG_VID_MAX + 1] = { 0 };
	size_t bit, cut;
	u32 taken = 0;

	memcpy(changed, vid, len);
	for (bit = 0; bit < len * 8; bit++) {
		changed[bit / 8] ^= (u8)(1 << bit % 8);
		taken += read(changed, len);
		changed[bit / 8] ^= (u8)(1 << bit % 8);
	}
	for (cut = 0; cut < len; cut++) {
		u8 *exact = malloc(cut ? cut : 1); /* the sanitizer sees reads beyond it */

		memcpy(exact, vid, cut);
		taken += read(exact, cut);
		free(exact);
	}
	return taken + read(changed, len + 1);
}

/* --- hello --- */

static bool hello_taken(const u8 *vid, size_t len)
{
	struct responder_offer offer;

	return gateway_take(&gateway, vid, len, &offer, NULL) == RESPONDER_WELCOME;
}

static void test_hello(void)
{
	struct voltgate_handshake handshake;
	u8 vid[HELLO_LEN];

	gateway_hello(&gateway, &wallet, gateway.now + 1, &handshake, vid);
	ktap_ok(!wrong_taken(vid, sizeof(vid), hello_taken), "no hello with a bit flipped, cut or longer is welcomed");
	ktap_ok(hello_taken(vid, sizeof(vid)), "the hello itself is");
	ktap_ok(!hello_taken(vid, sizeof(vid)), "once");
	voltgate_handshake_done(&handshake);
}

/* An attacker who knows the gateway's key can make mac1 right: what Noise seals still stands. */
static void test_hello_noise(void)
{
	const size_t from = (VG_VID_HEADER_LEN)*8, to = (VG_VID_HEADER_LEN + HELLO_MESSAGE_LEN) * 8;
	struct voltgate_handshake handshake;
	struct responder_offer offer;
	struct vg_siphash_tag tag;
	u8 vid[HELLO_LEN];
	size_t bit;
	u32 taken = 0;

	gateway_hello(&gateway, &wallet, gateway.now + 2, &handshake, vid);
	for (bit = from; bit < to; bit++) {
		vid[bit / 8] ^= (u8)(1 << bit % 8);
		vg_siphash(responder_mac1_key(gateway.responder), vid, HELLO_LEN - VG_VID_TAG_LEN, &tag);
		vg_siphash_tag_encode(&tag, vid + HELLO_LEN - VG_VID_TAG_LEN);
		taken += gateway_take(&gateway, vid, sizeof(vid), &offer, NULL) == RESPONDER_WELCOME;
		vid[bit / 8] ^= (u8)(1 << bit % 8);
	}
	ktap_ok(!taken, "nor one whose Noise message was changed under a right mac1");
	voltgate_handshake_done(&handshake);
}

/* --- welcome --- */

static struct voltgate_handshake waiting;

static bool welcome_taken(const u8 *vid, size_t len)
{
	struct voltgate_handshake copy = waiting;
	struct voltgate_session session;

	return voltgate_handshake_read(&copy, vid, len, &session) >= 0;
}

static void test_welcome(void)
{
	struct responder_offer offer, other;
	struct voltgate_handshake second;
	struct voltgate_session session;
	u8 vid[HELLO_LEN];

	gateway_hello(&gateway, &wallet, ++gateway.now, &second, vid);
	gateway_take(&gateway, vid, sizeof(vid), &other, NULL);
	gateway_hello(&gateway, &wallet, ++gateway.now, &waiting, vid);
	ktap_ok(gateway_take(&gateway, vid, sizeof(vid), &offer, NULL) == RESPONDER_WELCOME, "a hello is welcomed");
	ktap_ok(!wrong_taken(offer.welcome, WELCOME_LEN, welcome_taken),
		"no welcome with a bit flipped, cut or longer is taken");
	ktap_ok(!welcome_taken(other.welcome, WELCOME_LEN), "nor the one of another hello");
	ktap_ok(voltgate_handshake_read(&waiting, other.welcome, WELCOME_LEN, &session) == -EBADMSG &&
			voltgate_handshake_read(&waiting, offer.welcome, WELCOME_LEN, &session) == VOLTGATE_WELCOME,
		"forgeries before it do not keep the right one out");
	ktap_ok(session.id == offer.session.session && !memcmp(session.key, offer.session.keys.vid, 16) &&
			!memcmp(session.action_key, offer.session.keys.action, 32) &&
			!memcmp(session.answer_key, offer.session.keys.answer, 32) &&
			session.expires == gateway.now + GATEWAY_LIFE_US &&
			!memcmp(session.channel, gateway.channel, 32) &&
			!memcmp(session.attestor, gateway.gate.attestor, 32) && session.epoch == gateway.gate.epoch &&
			!memcmp(session.station, gateway.gate.station, 32) && session.grade == gateway.gate.grade,
		"both ends have the same session, keys and gate");
	ktap_ok(voltgate_handshake_read(&waiting, offer.welcome, WELCOME_LEN, &session) == -EBADMSG,
		"a welcome works once");
	voltgate_handshake_done(&second);
}

/* --- cookie --- */

static void test_cookie(void)
{
	struct vg_siphash_key cookie = { 0x1122334455667788, 0x99aabbccddeeff00 };
	u8 key[32], nonce[COOKIE_NONCE_LEN], vid[COOKIE_LEN], hello[HELLO_LEN], random[32];
	struct voltgate_session session;

	gateway_hello(&gateway, &wallet, ++gateway.now, &waiting, hello);
	ktap_ok(!hello_proves(hello, &cookie) && sodium_is_zero(hello + HELLO_LEN - 32, 16),
		"a first hello holds no proof: zeros");
	randombytes_buf(nonce, sizeof(nonce));
	randombytes_buf(random, sizeof(random));
	cookie_key(responder_public_key(gateway.responder), key);
	cookie_make(key, &cookie, hello_mac1(hello), nonce, vid);
	ktap_ok(COOKIE_LEN < HELLO_LEN && WELCOME_LEN < HELLO_LEN, "nothing is answered that is longer than the hello");
	ktap_ok(!wrong_taken(vid, sizeof(vid), welcome_taken), "no cookie with a bit flipped, cut or longer is taken");
	hello[HELLO_LEN - 1] ^= 1;
	cookie_make(key, &cookie, hello_mac1(hello), nonce, hello); /* over the same bytes: of no more use */
	ktap_ok(!welcome_taken(hello, COOKIE_LEN), "nor one for another hello");
	ktap_ok(voltgate_handshake_read(&waiting, vid, sizeof(vid), &session) == VOLTGATE_COOKIE,
		"the cookie itself is");
	voltgate_hello_make(&waiting, ++gateway.now, random, hello);
	ktap_ok(hello_proves(hello, &cookie), "and the next hello holds its proof");
	cookie.k0 ^= 1;
	ktap_ok(!hello_proves(hello, &cookie), "which is of this cookie alone");
}

/* --- action, answer --- */

static struct session_keys keys;
static u8 plain[VG_VID_MAX];

static bool action_taken(const u8 *vid, size_t len)
{
	struct action_request request;

	return !action_open(&keys, vid, len, plain, &request);
}

/* The tag is the gate's to check: here every byte before it counts. */
static void test_action(u32 proposal_len)
{
	struct vg_vid_fields fields = { .session = 7, .sequence = 9, .generated = 11, .type = VG_VID_METER },
			     again = fields;
	struct action_request request = { .mandate = { .tariff = 3, .nonce = 1, .issued = 5, .expires = 6 } }, opened;
	u8 vid[VG_VID_MAX], proposal[ACTION_PROPOSAL_MAX + 1], commitment[32];
	u32 taken, bit, wrong = 0;
	int len;

	randombytes_buf(proposal, sizeof(proposal));
	randombytes_buf(&keys, sizeof(keys));
	randombytes_buf(request.salt, sizeof(request.salt));
	request.proposal = (struct span){ proposal, proposal_len };
	len = action_seal(&keys, &fields, &request, vid);
	if (!ktap_ok(len > 0 && len <= VG_VID_MAX && (len - VG_VID_OVERHEAD - 48) % ACTION_BLOCK == 0 &&
			     !action_open(&keys, vid, (size_t)len, plain, &opened) &&
			     span_equal(opened.proposal, request.proposal) && opened.mandate.tariff == 3,
		     "an action with %u bytes of proposal comes out as it went in, %d bytes on the air", proposal_len,
		     len))
		return;
	for (bit = 0, taken = 0; bit < (u32)(len - VG_VID_TAG_LEN) * 8; bit++) {
		vid[bit / 8] ^= (u8)(1 << bit % 8);
		taken += action_taken(vid, (size_t)len);
		vid[bit / 8] ^= (u8)(1 << bit % 8);
	}
	for (bit = 0; bit < (u32)len; bit++)
		wrong += action_taken(vid, bit);
	ktap_ok(!taken && !wrong && !action_taken(vid, (size_t)len + 1),
		"and with a bit flipped before its tag, or cut, not at all");
	evidence_commitment(request.salt, request.proposal, commitment);
	ktap_ok(!memcmp(commitment, vid + VG_VID_HEADER_LEN, 32), "it begins with the commitment that evidence proves");
	keys.vid[0] ^= 1;
	ktap_ok(action_seal(&keys, &again, &request, plain) == len && memcmp(plain + len - 16, vid + len - 16, 16) &&
			!memcmp(plain, vid, (size_t)len - 16),
		"its tag is under the session's VID key");
}

/* A vehicle that seals one request and commits to another: what validators would be shown is not what it asked. */
static void test_other_commitment(void)
{
	struct vg_vid_fields fields = { .session = 7, .sequence = 9, .type = VG_VID_METER };
	static const u8 asked[] = "asked", shown[] = "shown";
	struct action_request request = { .proposal = { asked, sizeof(asked) } }, opened;
	u8 vid[VG_VID_MAX], nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES] = { 0 };
	const size_t head = VG_VID_HEADER_LEN + LEDGER_HASH_LEN;
	size_t sealed;
	int len = action_seal(&keys, &fields, &request, vid);

	nonce[sizeof(nonce) - 1] = 9;
	sealed = (size_t)len - VG_VID_TAG_LEN - head;
	if (crypto_aead_chacha20poly1305_ietf_decrypt(plain, NULL, NULL, vid + head, sealed, vid, head, nonce,
						      keys.action))
		abort();
	evidence_commitment(request.salt, (struct span){ shown, sizeof(shown) }, vid + VG_VID_HEADER_LEN);
	crypto_aead_chacha20poly1305_ietf_encrypt(vid + head, NULL, plain, sealed - NOISE_TAG_LEN, vid, head, NULL,
						  nonce, keys.action);
	ktap_ok(action_open(&keys, vid, (size_t)len, plain, &opened) == -EBADMSG,
		"an action that commits to another request than it seals is refused");
}

static bool answer_taken(const u8 *vid, size_t len)
{
	struct answer answer;
	u64 count;

	return !answer_open(&keys, vid, len, plain, &count, &answer);
}

static void test_answer(u32 text_len)
{
	static char text[ANSWER_TEXT_MAX + 1];
	struct answer answer = { .sequence = 77,
				 .stage = ANSWER_COMMITTED,
				 .outcome = 2,
				 .block = 1ULL << 40,
				 .index = 5 },
		      opened;
	u8 vid[ANSWER_LEN_MAX];
	u64 count = 0;
	int len;

	memset(text, 'x', sizeof(text));
	randombytes_buf(&keys, sizeof(keys));
	answer.text = (struct span){ (const u8 *)text, text_len };
	len = answer_seal(&keys, 41, &answer, vid);
	ktap_ok(len > 0 && !answer_open(&keys, vid, (size_t)len, plain, &count, &opened) && count == 41 &&
			opened.sequence == 77 && opened.block == 1ULL << 40 && opened.index == 5 &&
			span_equal(opened.text, answer.text),
		"an answer with %u bytes of text comes out as it went in, %d bytes on the air", text_len, len);
	ktap_ok(!wrong_taken(vid, (size_t)len, answer_taken), "and changed in any way not at all");
}

static void test_limits(void)
{
	struct vg_vid_fields fields = { .session = 1, .sequence = 1, .type = VG_VID_METER };
	static u8 bytes[2048];
	struct action_request request = { .proposal = { bytes, ACTION_PROPOSAL_MAX + 1 } };
	struct answer answer = { .stage = ANSWER_REFUSED, .text = { bytes, ANSWER_TEXT_MAX + 1 } };
	u8 vid[VG_VID_MAX];

	ktap_ok(action_seal(&keys, &fields, &request, vid) == -EMSGSIZE &&
			answer_seal(&keys, 1, &answer, vid) == -EMSGSIZE,
		"what does not fit into a packet is refused");
	request.proposal.len = 1;
	fields.type = VG_VID_BEACON;
	ktap_ok(action_seal(&keys, &fields, &request, vid) == -EINVAL, "a beacon is no action");
}

int main(void)
{
	ktap_plan(0);
	if (sodium_init() < 0)
		return 1;
	gateway_open(&gateway, 16, 0);
	gateway_enrol(&gateway, &wallet);
	test_hello();
	test_hello_noise();
	test_welcome();
	test_cookie();
	test_action(1);
	test_action(402);
	test_action(ACTION_PROPOSAL_MAX);
	test_other_commitment();
	test_answer(0);
	test_answer(300);
	test_answer(ANSWER_TEXT_MAX);
	test_limits();
	gateway_close(&gateway);
	return ktap_exit();
}
