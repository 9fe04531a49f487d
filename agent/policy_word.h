/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy_word.h - the settings of policy.h at run time: by number, by word,
 * with default, range, room and help. Pure.
 */
#ifndef VOLTGATE_AGENT_POLICY_WORD_H
#define VOLTGATE_AGENT_POLICY_WORD_H

#include "voltgate/policy.h"

struct policy_word {
	const char *word;
	s64 fallback; /* the default */
	s64 min;
	s64 max;
	enum vg_policy_room room;
	const char *help;
};

/* What is known of @key; @key is below VG_POLICY_KEY_COUNT. */
const struct policy_word *policy_word_of(enum vg_policy_key key);
/* The number of @word, or -ENOENT. */
int policy_word_find(const char *word);
s64 policy_word_get(const struct vg_policy *policy, enum vg_policy_key key);
/* 0 or -ERANGE. */
int policy_word_set(struct vg_policy *policy, enum vg_policy_key key, s64 value);
void policy_word_defaults(struct vg_policy *ret_policy);

#endif
