/* SPDX-License-Identifier: GPL-2.0 */
/*
 * argument.h - arguments of the contract "charging": text in, values out, and
 * a sentence that names the argument for whatever is wrong. Strict: one text for each value.
 *
 * All return 0 or -EINVAL with a refusal. @name: as in the function's usage.
 */
#ifndef VOLTGATE_CONTRACT_ARGUMENT_H
#define VOLTGATE_CONTRACT_ARGUMENT_H

#include "agent/contract/contract.h"

/* Decimal, no sign, no leading zeros. */
int argument_number(struct contract_run *run, struct span text, const char *name, u64 least, u64 most, u64 *ret_number);
/* Decimal with '-' perhaps. */
int argument_signed(struct contract_run *run, struct span text, const char *name, s64 least, s64 most, s64 *ret_number);
/* @len bytes in 2 * @len lower-case hex digits. */
int argument_hex(struct contract_run *run, struct span text, const char *name, void *ret_bytes, size_t len);
/* 1 to @most bytes of UTF-8 without control characters. */
int argument_words(struct contract_run *run, struct span text, const char *name, size_t most);

#endif
