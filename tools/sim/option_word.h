/* SPDX-License-Identifier: GPL-2.0 */
/*
 * option_word.h - values of the command line that need more than one line to
 * read, and the check that all of them go together.
 */
#ifndef VOLTGATE_SIM_OPTION_WORD_H
#define VOLTGATE_SIM_OPTION_WORD_H

#include "tools/sim/options.h"

/* Decimal digits only. 0 or -EINVAL. */
int option_word_number(const char *text, u64 min, u64 max, u64 *ret_number);
/* "accepted:80,forged:20" or "forged". 0, or -EINVAL with what is wrong in @ret_why. */
int option_word_modes(const char *text, struct craft_plan *plan, char *ret_why, size_t why_len);
/* "10" or "100.10". */
int option_word_vlans(const char *text, struct route *route);
/* 32 hex digits in a file of mode 0600. 0, -EPERM, -EINVAL. */
int option_word_secret(const char *path, struct vg_siphash_key *ret_key);
/* Can what is to be sent stay within the gate's budgets with so many vehicles (0: not known yet)? As below. */
int option_word_budgets(const struct options *options, u32 vehicles);
/* 0, or -EINVAL and one sentence on stderr. */
int option_word_check(struct options *options);

#endif
