// SPDX-License-Identifier: GPL-2.0
/* money.c - see money.h. */
#include "agent/contract/money.h"

bool money_add(u64 one, u64 other, u64 *ret_sum)
{
	return !__builtin_add_overflow(one, other, ret_sum);
}

bool money_fee(u64 energy_wh, u64 price, u64 *ret_fee)
{
	u64 product;

	if (__builtin_mul_overflow(energy_wh, price, &product) || __builtin_add_overflow(product, 500, &product))
		return false;
	*ret_fee = product / 1000;
	return true;
}

u64 money_share(u64 whole, u64 part, u64 of)
{
	return (u64)((unsigned __int128)whole * part / of);
}
