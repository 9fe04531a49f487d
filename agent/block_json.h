/* SPDX-License-Identifier: GPL-2.0 */
/*
 * block_json.h - blocks and transactions as JSON: the control socket's and
 * `voltgate block|tx ... -j`'s one form. Bytes are hex, times Time64 with their UTC beside. Pure.
 */
#ifndef VOLTGATE_BLOCK_JSON_H
#define VOLTGATE_BLOCK_JSON_H

#include <jansson.h>

#include "ledger/block.h"

/* {"number", "hash", "previous", "time", "time_utc", "transactions", "valid", "outcomes": {word: count}, "state_root",
 *  "transactions_root", "replicas", "next_replicas", "epoch", "view", "signatures", "bytes"}. New reference or NULL. */
json_t *block_json(const struct block *block);
/*
 * {"index", "hash", "outcome", "sentence", "kind", "bytes"} and by kind "client", "nonce", "proposal", "contract",
 * "function", "arguments", "endorsers", "reads", "writes", ...; @raw adds "transaction", the bytes.
 */
json_t *block_json_transaction(const struct block *block, u32 index, struct span transaction, bool raw);

#endif
