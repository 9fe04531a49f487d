/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session_words.h - session ids as words, for session and revoke.
 */
#ifndef VOLTGATE_TOOLS_SESSION_WORDS_H
#define VOLTGATE_TOOLS_SESSION_WORDS_H

#include "voltgate/types.h"

/* 16 hex digits, not all zero. CLI_OK or CLI_USAGE after a sentence about @command. */
int session_words_id(const char *command, const char *word, u64 *ret_id);

#endif
