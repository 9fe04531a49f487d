// SPDX-License-Identifier: GPL-2.0
/*
 * noise_test.c - Noise_IK_25519_ChaChaPoly_SHA512 against the two public
 * vectors of the pattern (those of the cacophony and snow libraries), every byte of both messages
 * altered, wrong order, wrong keys, lengths.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "agent/handshake/noise.h"
#include "tests/ktap.h"

#define VECTOR_MESSAGES 6

static const struct vector {
	const char *name, *prologue, *initiator, *initiator_ephemeral, *responder, *responder_ephemeral, *remote, *hash;
	struct {
		const char *payload, *cipher;
	} messages[VECTOR_MESSAGES];
} vectors[] = {
	{ .name = "cacophony",
	  .prologue = "4a6f686e2047616c74",
	  .initiator = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
	  .initiator_ephemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
	  .responder = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
	  .responder_ephemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
	  .remote = "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
	  .hash = "df5f46e7b80429fe9c587824b883d2c0a9e909d9be842e8d63797ca4815dd63bbbae8d2803a48ed79e3646103362e6de"
			"02921f138529389854c7701638d98c85",
	  .messages = {
		{ "4c756477696720766f6e204d69736573",
			"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79447a2281c0f1aee0c48c41333a1abbb349"
			"ee4bf12e09f8c4fd66635aabbb7dad346081a79f59e2cef812260cfe8c9e6a99d12f7c7ffc9fe5513818d9cf9b8778d1"
			"ebd1ce70c8f726d7869830258a788910" },
		{ "4d757272617920526f746862617264",
			"95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843f58050451a0edd2a40bb8b0f6b51ea80"
			"94a07e3ed31ebc516b584fef6eaaaf" },
		{ "462e20412e20486179656b",
			"cae0b6af5460d026e80e22c27572a92048176872538f91a056a8df" },
		{ "4361726c204d656e676572",
			"ab1440d2b5892c638a11a7fa6412beaea5cee62342147f02d75a68" },
		{ "4a65616e2d426170746973746520536179",
			"0263ed778a193155c9947202e0b9d35eb46581a902449d091e1b6575a9a59fbeff" },
		{ "457567656e2042f6686d20766f6e2042617765726b",
			"95aedd9192351379cb063c8d5827d5529c7f2c8929552dd64c57029734737ea2a405255dcf" },
	  } },
	{ .name = "snow",
	  .prologue = "5468657265206973206e6f20726967687420616e642077726f6e672e2054686572652773206f6e6c792066756e20616e"
			"6420626f72696e672e",
	  .initiator = "b8ded47b51e4d7a6ff0aeb3f936e84a45d3c48639968cf0b4e4561fed72c00f6",
	  .initiator_ephemeral = "0da1261c830e8dbb210bfdb7a1febbff613b9a72531bbf930daa3d29b114e891",
	  .responder = "051fe965fe53e57406c473d4f95c3d14f31829df2997d190b9b530c2d541ed6c",
	  .responder_ephemeral = "be1a57f2c3494789781fa1ede53586e8a657eb939f5ca2bf07b36b3af30d14f9",
	  .remote = "962479947fb7792f2d4733cca01a9e683e0d00128965c0cb33af43d1de3c1233",
	  .hash = "",
	  .messages = {
		{ "654149b8b2f91ab883e6f774883f9123c587d5090d8b7c0ef7208e1a0acde44a",
			"851fd77a38491aa864effe48149164478a76e5ecdbb099ce2899897cee95bf3fec7fbec7b08bc779c29c11b47ff8d7a1"
			"71dc21a1c8f3d6c992e522734805734cdaa3a19c5faa9e57aa47bdd685a78564355d50cc615926a48319d5caaa5b307d"
			"58ab0fbb50e2eb6252aa0af05b39f4dd3c14844af97ab0f9a5e02d0e2846f867" },
		{ "3d6b5ce2dc325078efd799a7a71c53f7646b6fabc9ecec4b2c06c50095b7e980",
			"f5ab40b2908fdc71f26f4a9981ee7b4a5d28ee977293f8daf0bf600f9863c62ed14783c3986794ea4ce666c2e77ffbef"
			"ea04b835ceaf0a33052be14b317f56a3f9217c0239a4715d19d6457fb2c18e4d" },
		{ "911067024930dc843765d3ac9c4b38c28cd2acd63aaa3af2ffb02adf7b0a57b9",
			"ee45e88e4d378824d1225a6808b6d220902ffb9ffb6bf6520c1dc6f98b778d1dba02a8169141350f715bf6cfc2231fef" },
		{ "594a27e4ec14792008cc455c3f316d496f38b42df4b5164f79f50acdffdf8fec",
			"08ae5565aa4a5773eff24d47cea3b6deb840a3b0762454bc12a0f8f4f719512ccc3874e8cf64075e07381a9da39055a0" },
	  } },
};

static size_t bytes_of(const char *hex, u8 *ret_bytes, size_t size)
{
	size_t len = 0;

	if (sodium_hex2bin(ret_bytes, size, hex, strlen(hex), NULL, &len, NULL))
		abort();
	return len;
}

static void open_end(const struct vector *vector, bool initiator, struct noise *ret_noise)
{
	u8 secret[32], ephemeral[32], remote[32], prologue[128];
	struct noise_pair own;

	bytes_of(initiator ? vector->initiator : vector->responder, secret, 32);
	bytes_of(initiator ? vector->initiator_ephemeral : vector->responder_ephemeral, ephemeral, 32);
	bytes_of(vector->remote, remote, 32);
	noise_pair_make(secret, &own);
	noise_init(ret_noise, initiator, prologue, bytes_of(vector->prologue, prologue, sizeof(prologue)), &own,
		   ephemeral, initiator ? remote : NULL);
}

/* One message of the vector from @from to @to. */
static bool say(const struct vector *vector, u32 i, struct noise *from, struct noise *to)
{
	u8 payload[256], cipher[512], message[512], got[256];
	size_t len = bytes_of(vector->messages[i].payload, payload, sizeof(payload));
	size_t cipher_len = bytes_of(vector->messages[i].cipher, cipher, sizeof(cipher));

	return noise_write(from, payload, len, message, sizeof(message)) == (int)cipher_len &&
	       !memcmp(message, cipher, cipher_len) &&
	       noise_read(to, message, cipher_len, got, sizeof(got)) == (int)len && !memcmp(got, payload, len);
}

static bool carry(const struct vector *vector, u32 i, struct noise_cipher *from, struct noise_cipher *to)
{
	u8 payload[256], cipher[512], message[512], got[256];
	size_t len = bytes_of(vector->messages[i].payload, payload, sizeof(payload));
	size_t cipher_len = bytes_of(vector->messages[i].cipher, cipher, sizeof(cipher));

	return !noise_seal(from, payload, len, message) && cipher_len == len + NOISE_TAG_LEN &&
	       !memcmp(message, cipher, cipher_len) && !noise_open(to, message, cipher_len, got) &&
	       !memcmp(got, payload, len);
}

static void test_vector(const struct vector *vector)
{
	struct noise initiator, responder;
	struct noise_cipher from[2], to[2];
	u8 hash[NOISE_HASH_LEN];
	bool good;
	u32 i;

	open_end(vector, true, &initiator);
	open_end(vector, false, &responder);
	good = say(vector, 0, &initiator, &responder) && say(vector, 1, &responder, &initiator);
	ktap_ok(good, "%s: both handshake messages, byte by byte", vector->name);
	ktap_ok(!memcmp(noise_hash(&initiator), noise_hash(&responder), NOISE_HASH_LEN) &&
			(!*vector->hash || (bytes_of(vector->hash, hash, sizeof(hash)) == NOISE_HASH_LEN &&
					    !memcmp(hash, noise_hash(&initiator), NOISE_HASH_LEN))) &&
			!memcmp(noise_remote(&responder), initiator.own.public, 32),
		"%s: the handshake's hash, and whom the responder met", vector->name);
	good = !noise_split(&initiator, &from[0], &to[1]) && !noise_split(&responder, &from[1], &to[0]);
	for (i = 2; good && i < VECTOR_MESSAGES && vector->messages[i].payload; i++)
		good = carry(vector, i, &from[i % 2], &to[i % 2]);
	ktap_ok(good, "%s: the messages after it", vector->name);
	noise_done(&initiator);
	noise_done(&responder);
}

/* --- what is altered is refused --- */

static void test_altered(const struct vector *vector)
{
	u8 message[512], cipher[512], got[256];
	size_t len = bytes_of(vector->messages[0].cipher, cipher, sizeof(cipher)), at;
	struct noise initiator, responder;
	u32 refused = 0, broken = 0, wanted = 0;

	for (at = 0; at < len; at++, wanted++) {
		memcpy(message, cipher, len);
		message[at] ^= 1 << at % 8;
		open_end(vector, false, &responder);
		refused += noise_read(&responder, message, len, got, sizeof(got)) < 0;
		broken += noise_write(&responder, "", 0, message, sizeof(message)) == -EPROTO;
	}
	ktap_ok(refused == wanted && broken == wanted,
		"every byte of the first message altered is refused, for good (%u)", wanted);
	len = bytes_of(vector->messages[1].cipher, cipher, sizeof(cipher));
	for (at = 0, refused = wanted = 0; at < len; at++, wanted++) {
		open_end(vector, true, &initiator);
		bytes_of(vector->messages[0].payload, got, sizeof(got));
		noise_write(&initiator, got, strlen(vector->messages[0].payload) / 2, message, sizeof(message));
		memcpy(message, cipher, len);
		message[at] ^= 0x80 >> at % 8;
		refused += noise_read(&initiator, message, len, got, sizeof(got)) < 0;
	}
	/* X25519 ignores the top bit of a public key, but the hash does not */
	ktap_ok(refused == wanted, "every byte of the second message altered is refused (%u)", wanted);
}

static void test_lengths(const struct vector *vector)
{
	u8 message[512], got[256];
	size_t len = bytes_of(vector->messages[0].cipher, message, sizeof(message)), cut;
	struct noise responder;
	u32 refused = 0;

	for (cut = 0; cut < len; cut++) {
		open_end(vector, false, &responder);
		refused += noise_read(&responder, message, cut, got, sizeof(got)) == -EBADMSG;
	}
	ktap_ok(refused == len, "every shorter message is refused");
	open_end(vector, false, &responder);
	ktap_ok(noise_read(&responder, message, len, got, 3) == -ENOBUFS, "a payload that finds no room is not cut");
}

static void test_order(const struct vector *vector)
{
	u8 message[512], got[256];
	struct noise initiator, responder;
	struct noise_cipher one, other;

	open_end(vector, true, &initiator);
	open_end(vector, false, &responder);
	ktap_ok(noise_write(&responder, "", 0, message, sizeof(message)) == -EPROTO &&
			noise_read(&initiator, message, 96, got, sizeof(got)) == -EPROTO &&
			noise_split(&initiator, &one, &other) == -EPROTO,
		"who is not at turn, and a split too early, are refused");
	say(vector, 0, &initiator, &responder);
	say(vector, 1, &responder, &initiator);
	ktap_ok(noise_write(&initiator, "", 0, message, sizeof(message)) == -EPROTO &&
			noise_read(&responder, message, 96, got, sizeof(got)) == -EPROTO,
		"there is no third message");
	ktap_ok(sodium_is_zero(initiator.own.secret, 32) && sodium_is_zero(initiator.ephemeral.secret, 32) &&
			sodium_is_zero(responder.own.secret, 32) && sodium_is_zero(responder.ephemeral.secret, 32),
		"secret keys are wiped when they are of no more use");
	noise_split(&initiator, &one, &other);
	noise_seal(&one, "a", 1, message);
	noise_seal(&one, "b", 1, message + 32);
	noise_split(&responder, &other, &one);
	ktap_ok(noise_open(&one, message + 32, 17, got) == -EBADMSG && !noise_open(&one, message, 17, got) &&
			noise_open(&one, message, 17, got) == -EBADMSG && !noise_open(&one, message + 32, 17, got),
		"transport messages count in order, none twice, and a wrong one spends nothing");
}

/* Points of small order give a shared secret of zeros. */
static void test_bad_keys(const struct vector *vector)
{
	static const u8 low[32] = { 1 };
	u8 message[512], got[256];
	struct noise initiator, responder;
	struct noise_pair own;

	open_end(vector, false, &responder);
	memset(message, 0, sizeof(message));
	ktap_ok(noise_read(&responder, message, 96, got, sizeof(got)) == -EINVAL,
		"an ephemeral key of zeros is refused");
	memcpy(message, low, 32);
	open_end(vector, false, &responder);
	ktap_ok(noise_read(&responder, message, 96, got, sizeof(got)) == -EINVAL, "one of small order too");
	noise_pair_make(message + 64, &own);
	noise_init(&initiator, true, "", 0, &own, got, low);
	ktap_ok(noise_write(&initiator, "", 0, message, sizeof(message)) == -EINVAL,
		"and a gateway's key of small order");
}

int main(void)
{
	u32 i;

	if (sodium_init() < 0)
		return 1;
	ktap_plan(0);
	for (i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
		test_vector(&vectors[i]);
	test_altered(&vectors[0]);
	test_lengths(&vectors[0]);
	test_order(&vectors[0]);
	test_bad_keys(&vectors[0]);
	return ktap_exit();
}
