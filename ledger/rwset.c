// SPDX-License-Identifier: GPL-2.0
/*
 * rwset.c - read/write sets: checked once as a whole, then walked without
 * further checks. Pure. The form is canonical: keys ascend, none twice.
 */
#include <errno.h>

#include "ledger/rating.h"
#include "ledger/transaction.h"

static int rwset_compare(struct span one, struct span other)
{
	size_t len = one.len < other.len ? one.len : other.len;
	int order = memcmp(one.bytes, other.bytes, len);

	if (order || one.len == other.len)
		return order;
	return one.len < other.len ? -1 : 1;
}

/* The key that comes next; bad unless it lies above @last. */
static struct span rwset_key(struct reader *reader, struct span *last)
{
	struct span key = reader_span16(reader, TRANSACTION_KEY_MAX);

	if (reader->bad || !key.len || (last->len && rwset_compare(*last, key) >= 0))
		reader->bad = true;
	*last = key;
	return key;
}

static void rwset_read_take(struct reader *reader, struct span *last, struct rwset_read *ret_read)
{
	ret_read->key = rwset_key(reader, last);
	ret_read->number = reader_u64(reader);
	ret_read->index = reader_u32(reader);
}

bool rwset_rate_valid(const struct rwset_write *rate)
{
	return rate->score >= 1 && rate->score <= RATING_SCORE_MOST && rate->credibility >= -RWSET_CREDIBILITY_MOST &&
	       rate->credibility <= RWSET_CREDIBILITY_MOST;
}

static void rwset_write_take(struct reader *reader, struct span *last, struct rwset_write *ret_write)
{
	ret_write->operation = reader_u8(reader);
	ret_write->key = rwset_key(reader, last);
	ret_write->value = (struct span){ NULL, 0 };
	switch (ret_write->operation) {
	case RWSET_PUT:
		ret_write->value = reader_span32(reader, TRANSACTION_MAX);
		break;
	case RWSET_DELETE:
		break;
	case RWSET_DELTA:
		ret_write->amount = (s64)reader_u64(reader);
		ret_write->least = (s64)reader_u64(reader);
		ret_write->most = (s64)reader_u64(reader);
		if (ret_write->least > ret_write->most)
			reader->bad = true;
		break;
	case RWSET_RATE:
		ret_write->node = reader_bytes(reader, TRANSACTION_KEY_LEN);
		ret_write->credibility = (s64)reader_u64(reader);
		ret_write->score = reader_u8(reader);
		if (!rwset_rate_valid(ret_write))
			reader->bad = true;
		break;
	default:
		reader->bad = true;
	}
}

static struct span rwset_since(const struct reader *reader, const u8 *start)
{
	return (struct span){ start, reader->bad ? 0 : (size_t)(reader->at - start) };
}

int rwset_decode(const void *bytes, size_t len, struct rwset *ret_rwset)
{
	struct rwset_write write;
	struct rwset_read read;
	struct reader reader;
	struct span last = { NULL, 0 };
	const u8 *start;
	u32 i;

	reader_init(&reader, bytes, len);
	ret_rwset->bytes = (struct span){ bytes, len };
	ret_rwset->read_count = reader_u16(&reader);
	if (ret_rwset->read_count > TRANSACTION_KEYS_MAX)
		return -EBADMSG;
	start = reader.at;
	for (i = 0; i < ret_rwset->read_count && !reader.bad; i++)
		rwset_read_take(&reader, &last, &read);
	ret_rwset->reads = rwset_since(&reader, start);
	ret_rwset->write_count = reader_u16(&reader);
	if (ret_rwset->write_count > TRANSACTION_KEYS_MAX)
		return -EBADMSG;
	start = reader.at;
	last = (struct span){ NULL, 0 };
	for (i = 0; i < ret_rwset->write_count && !reader.bad; i++)
		rwset_write_take(&reader, &last, &write);
	ret_rwset->writes = rwset_since(&reader, start);
	ret_rwset->result = reader_span32(&reader, TRANSACTION_MAX);
	return reader_done(&reader) ? 0 : -EBADMSG;
}

bool rwset_next_read(struct span *rest, struct rwset_read *ret_read)
{
	struct span last = { NULL, 0 };
	struct reader reader;

	if (!rest->len)
		return false;
	reader_init(&reader, rest->bytes, rest->len);
	rwset_read_take(&reader, &last, ret_read);
	*rest = (struct span){ reader.at, reader_left(&reader) };
	return !reader.bad;
}

bool rwset_next_write(struct span *rest, struct rwset_write *ret_write)
{
	struct span last = { NULL, 0 };
	struct reader reader;

	if (!rest->len)
		return false;
	reader_init(&reader, rest->bytes, rest->len);
	rwset_write_take(&reader, &last, ret_write);
	*rest = (struct span){ reader.at, reader_left(&reader) };
	return !reader.bad;
}
