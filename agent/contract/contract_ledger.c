// SPDX-License-Identifier: GPL-2.0
/*
 * contract_ledger.c - what a contract learns of the ledger around it: who is
 * enrolled, the channel's configuration, whose mandate it acts under; and walks over its own keys, for queries.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/contract/contract_run.h"
#include "ledger/credential.h"

#define MEMBER_LEN 28 /* 'm' of execute.h */
#define REVOKED_LEN 10

/* A walk is gathered in pieces of this size, so that what each() asks in between does not move the ground under it. */
#define SCAN_BYTES (256 * 1024)

struct scan {
	struct contract_run *run;
	size_t prefix_len; /* "k", name, 0 */
	u8 *bytes;	   /* key span16, value span32, and so on */
	size_t used, size;
	bool more; /* the piece is full, or no memory */
	int error;
};

/* Makes room for @len more; the first of a piece always fits. */
static bool scan_room(struct scan *scan, size_t len)
{
	size_t size = scan->used + len;
	u8 *bytes;

	if (size <= scan->size)
		return true;
	if (scan->used)
		return false;
	bytes = realloc(scan->bytes, size > SCAN_BYTES ? size : SCAN_BYTES);
	if (!bytes) {
		scan->error = -ENOMEM;
		return false;
	}
	scan->bytes = bytes;
	scan->size = size > SCAN_BYTES ? size : SCAN_BYTES;
	return true;
}

static bool scan_gather(void *arg, struct span key, const struct state_value *value)
{
	struct scan *scan = arg;
	size_t len = 2 + key.len + 4 + value->bytes.len;
	struct writer writer;

	scan->more = !scan_room(scan, len);
	if (scan->more)
		return false;
	writer_init(&writer, scan->bytes + scan->used, len);
	writer_span16(&writer, key);
	writer_span32(&writer, value->bytes);
	scan->used += len;
	return true;
}

/* Tells each() of the piece gathered; @ret_last: its last key. False: each() has heard enough. */
static bool scan_tell(const struct scan *scan, bool (*each)(void *arg, struct span key, struct span value), void *arg,
		      struct span *ret_last)
{
	struct reader reader;
	struct span value;

	reader_init(&reader, scan->bytes, scan->used);
	while (reader_left(&reader)) {
		*ret_last = reader_span16(&reader, STATE_KEY_MAX);
		value = reader_span32(&reader, scan->used);
		if (!each(arg, (struct span){ ret_last->bytes + scan->prefix_len, ret_last->len - scan->prefix_len },
			  value))
			return false;
	}
	return true;
}

/* @from and what follows it under @prefix, whole state keys; @from has room for a zero behind the longest key. */
static int scan_walk(struct scan *scan, struct span prefix, u8 *from, size_t from_len,
		     bool (*each)(void *arg, struct span key, struct span value), void *arg)
{
	struct span last = { NULL, 0 };
	int result;

	do {
		scan->used = 0;
		scan->more = false;
		result =
			state_walk(scan->run->input->state, prefix, (struct span){ from, from_len }, scan_gather, scan);
		result = result ?: scan->error;
		if (result || !scan_tell(scan, each, arg, &last))
			return result;
		if (scan->more) { /* on from the first key above the last one told */
			memcpy(from, last.bytes, last.len);
			from[last.len] = 0;
			from_len = last.len + 1;
		}
	} while (scan->more);
	return 0;
}

int contract_scan(struct contract_run *run, struct span prefix, struct span from,
		  bool (*each)(void *arg, struct span key, struct span value), void *arg)
{
	u8 prefix_bytes[TRANSACTION_KEY_MAX], from_bytes[STATE_KEY_MAX + 1];
	size_t name = strlen(run->contract->name), from_len;
	struct scan scan = { .run = run, .prefix_len = name + 2 };
	struct writer writer;
	int result;

	if (!contract_is_query(run))
		return contract_refuse(run, -EPERM,
				       "Lists are for queries: a transaction names the keys it depends on.");
	if (prefix.len > TRANSACTION_KEY_MAX - name - 2 || from.len > TRANSACTION_KEY_MAX - name - 2)
		return contract_refuse(run, -EINVAL, "A key has 1 to %zu bytes.", TRANSACTION_KEY_MAX - name - 2);
	writer_init(&writer, prefix_bytes, sizeof(prefix_bytes));
	writer_u8(&writer, 'k');
	writer_bytes(&writer, run->contract->name, name + 1);
	memcpy(from_bytes, prefix_bytes, name + 2);
	writer_bytes(&writer, prefix.bytes, prefix.len);
	from_len = name + 2 + from.len;
	if (from.len)
		memcpy(from_bytes + name + 2, from.bytes, from.len);
	result = scan_walk(&scan, (struct span){ prefix_bytes, writer_len(&writer) }, from_bytes, from_len, each, arg);
	free(scan.bytes);
	return contract_failed(run, result);
}

/* The value of @space @key, into the read set. */
static int member_value(struct contract_run *run, u8 space, const u8 key[32], size_t len, struct reader *ret_reader)
{
	struct span value;
	u8 bytes[33];
	int result;

	bytes[0] = space;
	memcpy(bytes + 1, key, 32);
	result = contract_sets_get(run, (struct span){ bytes, sizeof(bytes) }, true, &value);
	if (!result && value.len != len)
		result = -EIO;
	if (!result)
		reader_init(ret_reader, value.bytes, value.len);
	return contract_failed(run, result);
}

int contract_member(struct contract_run *run, const u8 key[32], struct contract_member *ret_member)
{
	const struct membership *membership = run->input->membership;
	struct reader reader;
	int result = member_value(run, 'm', key, MEMBER_LEN, &reader);

	if (result)
		return result;
	ret_member->organisation = reader_u16(&reader);
	ret_member->role = reader_u8(&reader);
	ret_member->grade = reader_u8(&reader);
	ret_member->serial = reader_u64(&reader);
	ret_member->expires = reader_u64(&reader);
	ret_member->epoch = reader_u64(&reader);
	result = member_value(run, 'r', key, REVOKED_LEN, &reader);
	if (result && result != -ENOENT)
		return result;
	ret_member->revoked =
		!result || (membership && (ret_member->organisation >= membership->organisation_count ||
					   membership_organisation_left(membership, ret_member->organisation)));
	return 0;
}

bool contract_verify(struct contract_run *run, const u8 key[32], const void *message, size_t len,
		     const u8 signature[64])
{
	return run->input->verifier && verifier_check(run->input->verifier, key, message, len, signature);
}

const struct mandate *contract_mandate(const struct contract_run *run)
{
	return run->input->evidence ? &run->input->evidence->mandate : NULL;
}

const u8 *contract_mandate_id(const struct contract_run *run)
{
	return run->input->evidence ? run->mandate_id : NULL;
}

const struct membership *contract_membership(const struct contract_run *run)
{
	return run->input->membership;
}

u64 contract_parameter(const struct contract_run *run, enum membership_parameter parameter)
{
	static const u64 defaults[] = {
#define CONTRACT_PARAMETER_DEFAULT(name, word, value, least, most, meaning) [MEMBERSHIP_##name] = value,
		MEMBERSHIP_PARAMETERS(CONTRACT_PARAMETER_DEFAULT)
#undef CONTRACT_PARAMETER_DEFAULT
	};

	return run->input->membership ? run->input->membership->parameters[parameter] : defaults[parameter];
}

const u8 *contract_channel(const struct contract_run *run)
{
	return run->input->proposal->channel;
}

const u8 *contract_proposal_hash(const struct contract_run *run)
{
	return run->proposal_hash;
}
