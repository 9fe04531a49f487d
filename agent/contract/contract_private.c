// SPDX-License-Identifier: GPL-2.0
/*
 * contract_private.c - private values in a simulation: a salted hash goes into
 * the write set, salt and value go to the shell, which gives them to the entitled.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/contract/contract_run.h"
#include "ledger/rwset_private.h"

static const struct membership_collection *collection_find(const struct membership *membership, struct span name)
{
	const struct membership_collection *collection;
	u32 i;

	for (i = 0; membership && i < membership->collection_count; i++) {
		collection = &membership->collections[i];
		if (strlen(collection->name) == name.len && !memcmp(collection->name, name.bytes, name.len))
			return collection;
	}
	return NULL;
}

/* The collection is there, the key is one, and the client's organisation is entitled to it. */
static int private_open_key(struct contract_run *run, struct span collection, struct span key,
			    u8 ret_key[RWSET_PRIVATE_KEY_LEN])
{
	const struct membership_collection *found = collection_find(run->input->membership, collection);

	if (!found)
		return contract_refuse(run, -ENOENT, "The channel has no collection of this name.");
	if (!key.len || key.len > TRANSACTION_KEY_MAX)
		return contract_refuse(run, -EINVAL, "A private key has 1 to %d bytes.", TRANSACTION_KEY_MAX);
	if (!(found->organisations & run->input->organisations))
		return contract_refuse(run, -EACCES, "The client's organisation is not entitled to collection %s.",
				       found->name);
	rwset_private_key(run->input->membership->seed, collection, key, ret_key);
	return 0;
}

static struct contract_private *private_find(struct contract_run *run, struct span collection, struct span key)
{
	u32 i;

	for (i = 0; i < run->private_count; i++)
		if (span_equal(run->privates[i].collection, collection) && span_equal(run->privates[i].key, key))
			return &run->privates[i];
	return NULL;
}

static int private_keep(struct contract_run *run, struct span collection, struct span key, struct span value,
			const u8 salt[RWSET_PRIVATE_SALT_LEN])
{
	struct contract_private *private = private_find(run, collection, key);

	if (!private && run->private_count == CONTRACT_PRIVATES_MAX)
		return -E2BIG;
	if (!private)
	private = &run->privates[run->private_count++];
	private->collection = contract_memory_copy(run, collection);
	private->key = contract_memory_copy(run, key);
	private->value = contract_memory_copy(run, value);
	memcpy(private->salt, salt, RWSET_PRIVATE_SALT_LEN);
	return private->collection.bytes && private->key.bytes && private->value.bytes ? 0 : -ENOMEM;
}

int contract_put_private(struct contract_run *run, struct span collection, struct span key, struct span value)
{
	u8 state_key[RWSET_PRIVATE_KEY_LEN], salt[RWSET_PRIVATE_SALT_LEN], hash[LEDGER_HASH_LEN];
	int result = private_open_key(run, collection, key, state_key);

	if (result)
		return result;
	if (run->input->private_arguments.len < RWSET_PRIVATE_SALT_LEN)
		return contract_refuse(run, -EINVAL,
				       "Private values need private arguments that begin with 16 random bytes.");
	rwset_private_salt(run->input->private_arguments.bytes, collection, key, salt);
	rwset_private_hash(salt, value, hash);
	result = private_keep(run, collection, key, value, salt);
	result = result
			 ?: contract_sets_put(run, (struct span){ state_key, sizeof(state_key) },
					      (struct span){ hash, sizeof(hash) });
	return contract_failed(run, result);
}

int contract_get_private(struct contract_run *run, struct span collection, struct span key, struct span *ret_value)
{
	u8 state_key[RWSET_PRIVATE_KEY_LEN], *value = NULL;
	struct contract_private *own;
	struct span hash;
	size_t len = 0;
	int result = private_open_key(run, collection, key, state_key);

	if (result)
		return result;
	/* The hash on the chain enters the read set: the transaction fails if the value is another by then. */
	result = contract_sets_get(run, (struct span){ state_key, sizeof(state_key) }, true, &hash);
	if (result)
		return contract_failed(run, result);
	own = private_find(run, collection, key);
	if (own) {
		*ret_value = own->value;
		return 0;
	}
	if (!run->input->private_get)
		return -ENOENT;
	result = run->input->private_get(run->input->arg, collection, key, &value, &len);
	if (result)
		return contract_failed(run, result);
	*ret_value = contract_memory_copy(run, (struct span){ value, len });
	free(value);
	return contract_failed(run, ret_value->bytes ? 0 : -ENOMEM);
}

int contract_delete_private(struct contract_run *run, struct span collection, struct span key)
{
	u8 state_key[RWSET_PRIVATE_KEY_LEN];
	struct contract_private *own;
	int result = private_open_key(run, collection, key, state_key);

	if (result)
		return result;
	own = private_find(run, collection, key);
	if (own)
		*own = run->privates[--run->private_count];
	return contract_failed(run, contract_sets_delete(run, (struct span){ state_key, sizeof(state_key) }));
}
