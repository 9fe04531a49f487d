// SPDX-License-Identifier: GPL-2.0
/*
 * The signer's arithmetic at its edges, which random signatures never reach:
 * field elements at and above p, limbs at the bounds that fe25519.h allows,
 * numbers at multiples of L. Expected values are computed by hand or with
 * unbounded integers.
 */
#include <sodium.h>
#include <stdlib.h>
#include "kmod/fe25519.h"
#include "kmod/sc25519.h"
#include "tests/ktap.h"

static bool equals_hex(const u8 bytes[32], const char *hex)
{
	char text[65];

	return !strcmp(sodium_bin2hex(text, sizeof(text), bytes, 32), hex);
}

static void fill(struct vg_fe *fe, u64 limb)
{
	int i;

	for (i = 0; i < 5; i++)
		fe->limb[i] = limb;
}

/* p has the limbs 2^51 - 19, 2^51 - 1, ...: @more above it. */
static void above_p(struct vg_fe *fe, u64 more)
{
	fill(fe, VG_FE_MASK);
	fe->limb[0] = VG_FE_MASK - 18 + more;
}

static void test_encode(void)
{
	struct vg_fe fe;
	u8 bytes[32];

	above_p(&fe, 0);
	vg_fe_encode(bytes, &fe);
	ktap_ok(equals_hex(bytes, "0000000000000000000000000000000000000000000000000000000000000000"), "field: p is 0");
	above_p(&fe, -1ULL);
	vg_fe_encode(bytes, &fe);
	ktap_ok(equals_hex(bytes, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		"field: p - 1 stays");
	above_p(&fe, 18);
	vg_fe_encode(bytes, &fe);
	ktap_ok(equals_hex(bytes, "1200000000000000000000000000000000000000000000000000000000000000"),
		"field: 2^255 - 1 is 18");
	above_p(&fe, 19);
	vg_fe_encode(bytes, &fe);
	ktap_ok(equals_hex(bytes, "1300000000000000000000000000000000000000000000000000000000000000"),
		"field: 2^255 is 19");
	fill(&fe, (1ULL << 52) - 1);
	vg_fe_encode(bytes, &fe);
	ktap_ok(equals_hex(bytes, "2500000000000800000000004000000000000002000000000010000000000000"),
		"field: every limb at the tight bound");
}

/* All limbs 2^54 - 1 are 8 (2^255 - 1) + 7 (1 + 2^51 + ... + 2^204), so 151, 7, 7, 7, 7. */
static void test_products(void)
{
	struct vg_fe loose, small, a, b;
	u8 x[32], y[32];

	fill(&loose, (1ULL << 54) - 1);
	fill(&small, 7);
	small.limb[0] = 151;
	vg_fe_mul(&a, &loose, &loose);
	vg_fe_mul(&b, &small, &small);
	vg_fe_encode(x, &a);
	vg_fe_encode(y, &b);
	ktap_ok(!memcmp(x, y, 32) && equals_hex(x, "9d670000000058990000000040ee03000000008e1800000000508d0000000000"),
		"field: product of elements at the loose bound");
	vg_fe_square(&a, &loose);
	vg_fe_encode(x, &a);
	ktap_ok(!memcmp(x, y, 32), "field: square of an element at the loose bound");
	fill(&a, 0);
	fill(&b, (1ULL << 53) - 77);
	vg_fe_sub(&a, &a, &b);
	vg_fe_add(&b, &b, &a);
	vg_fe_encode(x, &b);
	ktap_ok(equals_hex(x, "0000000000000000000000000000000000000000000000000000000000000000"),
		"field: (0 - x) + x is 0 at the bound of sub");
	vg_fe_invert(&a, &small);
	vg_fe_mul(&a, &a, &loose);
	vg_fe_encode(x, &a);
	ktap_ok(equals_hex(x, "0100000000000000000000000000000000000000000000000000000000000000"),
		"field: an element times its inverse is 1");
	fill(&a, 0);
	vg_fe_invert(&a, &a);
	vg_fe_encode(x, &a);
	ktap_ok(equals_hex(x, "0000000000000000000000000000000000000000000000000000000000000000"),
		"field: the inverse of 0 is 0");
}

static void test_reduce(void)
{
	static const struct {
		const char *name;
		const char *number; /* little-endian */
		const char *rest;
	} cases[] = {
		{ "0",
		  "0000000000000000000000000000000000000000000000000000000000000000"
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  "0000000000000000000000000000000000000000000000000000000000000000" },
		{ "L - 1",
		  "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010" },
		{ "L",
		  "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  "0000000000000000000000000000000000000000000000000000000000000000" },
		{ "L + 1",
		  "eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  "0100000000000000000000000000000000000000000000000000000000000000" },
		{ "2L - 1",
		  "d9a7ebb934c624b0ac39ef45bdf3bd2900000000000000000000000000000020"
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010" },
		{ "2L",
		  "daa7ebb934c624b0ac39ef45bdf3bd2900000000000000000000000000000020"
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  "0000000000000000000000000000000000000000000000000000000000000000" },
		{ "2^255 - 1",
		  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  "84344775474a7f9723b63a8be92ae76dffffffffffffffffffffffffffffff0f" },
		{ "2^256 - 1",
		  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  "1c95988d7431ecd670cf7d73f45befc6feffffffffffffffffffffffffffff0f" },
		{ "L^2 - 1",
		  "688912ab85f6ede21da3982276920368bef517d273ecce3d9a307c1b4199b3a1"
		  "7dba9e4b634c02cb9af35ed43bdf9b0200000000000000000000000000000001",
		  "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010" },
		{ "L^2",
		  "698912ab85f6ede21da3982276920368bef517d273ecce3d9a307c1b4199b3a1"
		  "7dba9e4b634c02cb9af35ed43bdf9b0200000000000000000000000000000001",
		  "0000000000000000000000000000000000000000000000000000000000000000" },
		{ "2^512 - 1",
		  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		  "000f9c44e31106a447938568a71b0ed065bef517d273ecce3d9a307c1b419903" },
		{ "the largest multiple of L, less 1",
		  "fef063bb1ceef95bb86c7a9758e4f12f9a410ae82d8c1331c265cf83e4be66fc"
		  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		  "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010" },
		{ "the largest multiple of L",
		  "fff063bb1ceef95bb86c7a9758e4f12f9a410ae82d8c1331c265cf83e4be66fc"
		  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		  "0000000000000000000000000000000000000000000000000000000000000000" },
	};
	struct vg_sc sc;
	u8 number[64], bytes[32];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (sodium_hex2bin(number, sizeof(number), cases[i].number, 128, NULL, NULL, NULL))
			abort();
		vg_sc_reduce(&sc, number);
		vg_sc_store(bytes, &sc);
		ktap_ok(equals_hex(bytes, cases[i].rest), "scalar: %s modulo L", cases[i].name);
	}
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	ktap_plan(0);
	test_encode();
	test_products();
	test_reduce();
	return ktap_exit();
}
