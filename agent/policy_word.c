// SPDX-License-Identifier: GPL-2.0
/*
 * policy_word.c - the list of policy.h as a table.
 */
#include "agent/policy_word.h"

#include <errno.h>

static const struct policy_word words[VG_POLICY_KEY_COUNT] = {
#define POLICY_WORD(name, word, def, min, max, room, help) { word, def, min, max, VG_POLICY_ROOM_##room, help },
	VG_POLICY_KEYS(POLICY_WORD)
#undef POLICY_WORD
};

static const size_t offsets[VG_POLICY_KEY_COUNT] = {
#define POLICY_OFFSET(name, word, def, min, max, room, help) offsetof(struct vg_policy, name),
	VG_POLICY_KEYS(POLICY_OFFSET)
#undef POLICY_OFFSET
};

const struct policy_word *policy_word_of(enum vg_policy_key key)
{
	return &words[key];
}

int policy_word_find(const char *word)
{
	int key;

	for (key = 0; key < VG_POLICY_KEY_COUNT; key++)
		if (!strcmp(words[key].word, word))
			return key;
	return -ENOENT;
}

s64 policy_word_get(const struct vg_policy *policy, enum vg_policy_key key)
{
	s64 value;

	memcpy(&value, (const char *)policy + offsets[key], sizeof(value));
	return value;
}

int policy_word_set(struct vg_policy *policy, enum vg_policy_key key, s64 value)
{
	if (value < words[key].min || value > words[key].max)
		return -ERANGE;
	memcpy((char *)policy + offsets[key], &value, sizeof(value));
	return 0;
}

void policy_word_defaults(struct vg_policy *ret_policy)
{
	int key;

	for (key = 0; key < VG_POLICY_KEY_COUNT; key++)
		policy_word_set(ret_policy, key, words[key].fallback);
}
