// SPDX-License-Identifier: GPL-2.0
/*
 * curve_test.c - our ECDSA verification against OpenSSL's own (EVP) on many
 * random signatures, right ones and altered ones, of both curves; and what
 * EVP cannot see, the form of r.
 */
#include <errno.h>
#include <openssl/ecdsa.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>

#include "agent/its/curve.h"
#include "tests/ktap.h"
#include "tools/sim/its_sign.h"

#define ROUNDS 1500

/* The numbers as they would stand in a frame. */
struct sample {
	struct its_sign_key key;
	struct its_signature_made made;
	u8 hash[32];
};

static EVP_PKEY *evp_key(const struct its_sign_key *key)
{
	const char *group = key->curve == ITS_CURVE_NIST_P256 ? "prime256v1" : "brainpoolP256r1";
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY *evp = NULL;
	OSSL_PARAM *params;
	u8 octets[65] = { 4 };

	memcpy(octets + 1, key->public_point.x, 32);
	memcpy(octets + 33, key->public_point.y, 32);
	OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets));
	params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_fromdata_init(context);
	EVP_PKEY_fromdata(context, &evp, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(context);
	return evp;
}

static bool evp_verify(EVP_PKEY *evp, const struct sample *sample)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(evp, NULL);
	ECDSA_SIG *numbers = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len, result;

	ECDSA_SIG_set0(numbers, BN_bin2bn(sample->made.r.x, 32, NULL), BN_bin2bn(sample->made.s, 32, NULL));
	len = i2d_ECDSA_SIG(numbers, &der);
	EVP_PKEY_verify_init(context);
	result = EVP_PKEY_verify(context, der, (size_t)len, sample->hash, sizeof(sample->hash));
	OPENSSL_free(der);
	ECDSA_SIG_free(numbers);
	EVP_PKEY_CTX_free(context);
	return result == 1;
}

static bool our_verify(struct its_curves *curves, const struct its_key *key, const struct sample *sample,
		       enum its_point_form form)
{
	struct its_signature signature = { .curve = sample->key.curve,
					   .r = { .form = form, .x = sample->made.r.x, .y = sample->made.r.y },
					   .s = sample->made.s };

	return !its_key_verify(curves, key, sample->hash, &signature);
}

static struct its_key *our_key(struct its_curves *curves, const struct its_sign_key *key, enum its_point_form form)
{
	struct its_point point = { .form = form, .x = key->public_point.x, .y = key->public_point.y };
	struct its_key *ours = NULL;

	return its_key_new(curves, key->curve, &point, &ours) ? NULL : ours;
}

static enum its_point_form compressed_form(const struct its_sign_point *point)
{
	return point->y[31] & 1 ? ITS_COMPRESSED_Y1 : ITS_COMPRESSED_Y0;
}

/* Turns one random bit of hash, r or s, two times of three. */
static void alter(struct sample *sample, u32 round)
{
	u8 dice[2], *where;

	if (round % 3 == 0)
		return;
	RAND_bytes(dice, sizeof(dice));
	where = dice[0] % 3 == 0 ? sample->hash : dice[0] % 3 == 1 ? sample->made.r.x : sample->made.s;
	where[dice[1] / 8] ^= (u8)(1 << dice[1] % 8);
}

static void check_agreement(struct its_curves *curves, enum its_curve curve)
{
	u32 round, agreed = 0, right = 0;
	struct sample sample;
	struct its_key *key;
	EVP_PKEY *evp;

	if (!ktap_ok(!its_sign_key_draw(curve, &sample.key), "%s: a key", its_curve_word(curve)))
		return;
	evp = evp_key(&sample.key);
	key = our_key(curves, &sample.key, compressed_form(&sample.key.public_point));
	for (round = 0; round < ROUNDS; round++) {
		bool theirs;

		RAND_bytes(sample.hash, sizeof(sample.hash));
		if (its_sign(&sample.key, sample.hash, &sample.made))
			break;
		alter(&sample, round);
		theirs = evp_verify(evp, &sample);
		agreed += our_verify(curves, key, &sample, ITS_X_ONLY) == theirs;
		right += theirs;
	}
	ktap_ok(agreed == ROUNDS && right == ROUNDS / 3, "%s: %u signatures, %u right: OpenSSL says the same of %u",
		its_curve_word(curve), round, right, agreed);
	its_key_free(key);
	EVP_PKEY_free(evp);
}

static void check_forms(struct its_curves *curves, enum its_curve curve)
{
	enum its_point_form right, wrong;
	struct sample sample;
	struct its_key *key;

	its_sign_key_draw(curve, &sample.key);
	RAND_bytes(sample.hash, sizeof(sample.hash));
	its_sign(&sample.key, sample.hash, &sample.made);
	key = our_key(curves, &sample.key, ITS_UNCOMPRESSED);
	right = compressed_form(&sample.made.r);
	wrong = right == ITS_COMPRESSED_Y0 ? ITS_COMPRESSED_Y1 : ITS_COMPRESSED_Y0;
	ktap_ok(our_verify(curves, key, &sample, right), "%s: r compressed", its_curve_word(curve));
	ktap_ok(!our_verify(curves, key, &sample, wrong), "%s: r of the other point is refused", its_curve_word(curve));
	ktap_ok(our_verify(curves, key, &sample, ITS_UNCOMPRESSED), "%s: r whole", its_curve_word(curve));
	sample.made.r.y[0] ^= 1;
	ktap_ok(!our_verify(curves, key, &sample, ITS_UNCOMPRESSED), "%s: r with another y is refused",
		its_curve_word(curve));
	memset(sample.made.s, 0, 32);
	ktap_ok(!our_verify(curves, key, &sample, ITS_X_ONLY), "%s: s = 0 is refused", its_curve_word(curve));
	memset(sample.made.s, 0xff, 32);
	ktap_ok(!our_verify(curves, key, &sample, ITS_X_ONLY), "%s: s beyond the order is refused",
		its_curve_word(curve));
	its_key_free(key);
	ktap_ok(!our_key(curves, &sample.key, ITS_X_ONLY), "%s: an x-only key names no key", its_curve_word(curve));
	sample.key.public_point.y[31] ^= 1;
	ktap_ok(!our_key(curves, &sample.key, ITS_UNCOMPRESSED), "%s: a point beside the curve is no key",
		its_curve_word(curve));
}

int main(void)
{
	static const enum its_curve both[] = { ITS_CURVE_NIST_P256, ITS_CURVE_BRAINPOOL_P256R1 };
	struct its_curves *curves;
	int i;

	ktap_plan(0);
	if (ktap_ok(!its_curves_new(&curves), "curves"))
		for (i = 0; i < 2; i++) {
			check_agreement(curves, both[i]);
			check_forms(curves, both[i]);
		}
	its_curves_free(curves);
	return ktap_exit();
}
