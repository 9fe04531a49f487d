// SPDX-License-Identifier: GPL-2.0
/* reading.c - see reading.h. */
#include "agent/contract/reading.h"

#define HOUR_US 3600000000ULL

void reading_hash(const struct reading_scope *scope, const struct reading *reading, u8 ret_hash[LEDGER_HASH_LEN])
{
	u8 bytes[READING_LEN];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_bytes(&writer, scope->channel, LEDGER_HASH_LEN);
	writer_bytes(&writer, scope->station, LEDGER_HASH_LEN);
	writer_u16(&writer, scope->charger);
	writer_bytes(&writer, scope->session, LEDGER_HASH_LEN);
	writer_u32(&writer, reading->number);
	writer_u64(&writer, reading->register_wh);
	writer_u64(&writer, reading->time);
	ledger_hash_bytes(LEDGER_DOMAIN_READING, bytes, writer_len(&writer), ret_hash);
}

/* What a charger gives in @time_us, by five quarters of its rated power, and one step of a coarse register. */
static u64 reading_most(u64 power_w, u64 time_us)
{
	return (u64)((unsigned __int128)power_w * 5 / 4 * time_us / HOUR_US) + READING_SLACK_WH;
}

enum reading_fault reading_follows(const struct reading *before, const struct reading *next, u64 power_w)
{
	if (next->number <= before->number)
		return READING_REPEATED;
	if (next->number != before->number + 1)
		return READING_GAP;
	if (next->register_wh < before->register_wh)
		return READING_FALLS;
	if (next->time <= before->time)
		return READING_BACK_IN_TIME;
	if (next->register_wh - before->register_wh > reading_most(power_w, next->time - before->time))
		return READING_TOO_MUCH;
	return READING_NONE;
}

const char *reading_sentence(enum reading_fault fault)
{
	static const char *const sentences[] = {
#define READING_SENTENCE(name, sentence) [READING_##name] = sentence,
		READING_FAULTS(READING_SENTENCE)
#undef READING_SENTENCE
	};

	return sentences[fault];
}
