/* SPDX-License-Identifier: GPL-2.0 */
/*
 * state_rig.h - what the tests of the state share: seeded randomness, scratch
 * folders, short ways to keys and values, and a naive model of a state.
 */
#ifndef VOLTGATE_TESTS_STATE_RIG_H
#define VOLTGATE_TESTS_STATE_RIG_H

#include "ledger/state.h"

struct rig_random {
	u64 word;
};
u32 rig_draw(struct rig_random *random, u32 below);

/* A fresh folder below TMPDIR, removed by rig_folder_done(). */
void rig_folder(char ret_folder[64]);
void rig_folder_done(const char *folder);

static inline struct span rig_span(const void *bytes, size_t len)
{
	return (struct span){ bytes, len };
}
static inline struct span rig_word(const char *word)
{
	return rig_span(word, strlen(word));
}

/* --- the model: an unsorted list of pairs, searched by hand --- */
#define RIG_KEYS 512
#define RIG_VALUE_MAX (STATE_INLINE_MAX_OF_TESTS + 20)
#define STATE_INLINE_MAX_OF_TESTS 1024 /* values up to here stand in their buckets */
struct rig_pair {
	u8 key[24], value[RIG_VALUE_MAX];
	u32 key_len, value_len;
	struct state_version version;
	bool there;
};
struct rig_model {
	struct rig_pair pairs[RIG_KEYS];
	u32 count;
};
struct rig_pair *rig_find(struct rig_model *model, struct span key);
void rig_put(struct rig_model *model, struct span key, struct span value, struct state_version version);
void rig_delete(struct rig_model *model, struct span key);
/* The root by the definition in buckettree.h, all hashes made anew; slow. */
void rig_root(const struct rig_model *model, const u8 seed[32], u8 ret_root[32]);
/* The first key with @prefix not below @from, or NULL. */
const struct rig_pair *rig_first(const struct rig_model *model, struct span prefix, struct span from);

#endif
