// SPDX-License-Identifier: GPL-2.0
/*
 * misbehaviour.c - reports that prove themselves, and what an organisation
 * has decided to do about them (PROTOCOL.md M8).
 *
 *   conflict   two statements that one wallet signed and one honest vehicle cannot have made: one nonce for two
 *              mandates ("nonce"), or charging begun at two places too far apart for the time between ("place").
 *              Counted; suspends the account where the wallet's organisation wants that (policy). Nothing else does:
 *              forged, replayed or relayed packets bear no second signature of their victim.
 *   alarms     a gate's signed alarm record: what was refused there. Counted by gate and reason, names no wallet.
 *
 * 'z' 'c' wallet 32, mandate_hash() 32, the other's 32, ascending: version u8 1, kind u8, time u64, reporter's
 *                             organisation u16
 * 'z' 'n' wallet 32:          conflicts, counter
 * 'z' 'p' organisation u16:   policy: version u8 1, kinds u8 (1 nonce, 2 place), time u64
 * 'z' 'l' attestor 32:        the last alarm record counted: version u8 1, epoch u64, batch u64, index u16
 * 'z' 'a' attestor 32, reason u8: packets refused, counter      'z' 'r' the same: alarm records, counter
 */
#include <errno.h>
#include <stdint.h>

#include "agent/contract/account.h"
#include "agent/contract/alarmproof.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/charging.h"
#include "agent/contract/statement.h"
#include "agent/contract/travel.h"
#include "voltgate/reason.h"

#define VERSION 1
#define SHOWN_MOST 1000

enum conflict_kind { CONFLICT_NONCE = 1, CONFLICT_PLACE = 2 };

static const char *kind_word(u8 kind)
{
	return kind == CONFLICT_NONCE ? "nonce" : "place";
}

struct z_key {
	u8 bytes[2 + 32 + 64];
	size_t len;
};

static struct span z_key(struct z_key *key, char space, const void *one, size_t one_len, const void *other,
			 size_t other_len)
{
	key->bytes[0] = 'z';
	key->bytes[1] = space;
	memcpy(key->bytes + 2, one, one_len);
	if (other_len)
		memcpy(key->bytes + 2 + one_len, other, other_len);
	key->len = 2 + one_len + other_len;
	return (struct span){ key->bytes, key->len };
}

/* --- policy --- */

static const char *const policy_words[] = { "none", "nonce", "place", "both" }; /* bits of enum conflict_kind */

static struct span policy_key(struct z_key *key, u16 organisation)
{
	u8 index[2] = { organisation >> 8, (u8)organisation };

	return z_key(key, 'p', index, 2, NULL, 0);
}

/* Kinds for which @organisation suspends; 0 where it never said. */
static int policy_get(struct contract_run *run, u16 organisation, u8 *ret_kinds)
{
	struct reader reader;
	struct z_key key;
	struct span value;
	int result = contract_get(run, policy_key(&key, organisation), &value);

	*ret_kinds = 0;
	if (result)
		return result == -ENOENT ? 0 : result;
	reader_init(&reader, value.bytes, value.len);
	reader_u8(&reader);
	*ret_kinds = reader_u8(&reader);
	return 0;
}

static int misbehaviour_policy(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct contract_member asker;
	struct writer writer;
	struct z_key key;
	json_t *object;
	u8 bytes[10], kinds;
	int result;

	(void)count;
	for (kinds = 0; kinds < 4; kinds++)
		if (strlen(policy_words[kinds]) == arguments[0].len &&
		    !memcmp(policy_words[kinds], arguments[0].bytes, arguments[0].len))
			break;
	if (kinds == 4)
		return contract_refuse(run, -EINVAL, "KINDS is none, nonce, place or both.");
	result = charging_asker(run, &asker);
	if (result)
		return result;
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, VERSION);
	writer_u8(&writer, kinds);
	writer_u64(&writer, contract_time(run));
	result = contract_put(run, policy_key(&key, asker.organisation), (struct span){ bytes, writer_len(&writer) });
	if (result)
		return result;
	object = json_object();
	answer_organisation(object, "organisation", run, asker.organisation);
	answer_text(object, "suspends", policy_words[kinds]);
	return answer_give(run, object);
}

/* --- conflict --- */

static u64 apart(u64 one, u64 other)
{
	return one > other ? one - other : other - one;
}

/* Both vehicles' places are proved by meters; the time between is the longest that anybody signed. */
static int judge_places(struct contract_run *run, const struct span *presences, const struct statement *one,
			const struct statement *other)
{
	static const char same[] = "Both are one mandate: that is no conflict.";
	u64 times[2], between, metres;
	int latitudes[2], longitudes[2], result;

	if (!memcmp(one->hash, other->hash, LEDGER_HASH_LEN))
		return contract_refuse(run, -EINVAL, same);
	result = statement_presence(run, presences[0], "PRESENCE", one, &times[0], &latitudes[0], &longitudes[0]);
	result = result
			 ?: statement_presence(run, presences[1], "OTHER_PRESENCE", other, &times[1], &latitudes[1],
					       &longitudes[1]);
	if (result)
		return result;
	between = apart(times[0], times[1]);
	if (apart(one->mandate.issued, other->mandate.issued) > between)
		between = apart(one->mandate.issued, other->mandate.issued);
	if (travel_possible(run, between, latitudes[0], longitudes[0], latitudes[1], longitudes[1], &metres))
		return contract_refuse(run, -EINVAL,
				       "A vehicle can have come from one place to the other in that time.");
	return 0;
}

static int judge_nonces(struct contract_run *run, const struct statement *one, const struct statement *other)
{
	if (one->mandate.nonce != other->mandate.nonce)
		return contract_refuse(run, -EINVAL,
				       "The mandates have different nonces, and nothing shows where they were used.");
	if (!memcmp(one->hash, other->hash, LEDGER_HASH_LEN))
		return contract_refuse(run, -EINVAL, "Both are one mandate: that is no conflict.");
	return 0;
}

/* Writes the report, once a pair whatever the order. */
static int record_conflict(struct contract_run *run, const u8 wallet[32], u8 kind, const u8 *first, const u8 *second)
{
	u8 pair[2 * LEDGER_HASH_LEN], bytes[12];
	struct contract_member asker;
	struct z_key key, counter;
	struct writer writer;
	struct span value;
	bool swap = memcmp(first, second, LEDGER_HASH_LEN) > 0;
	int result = charging_asker(run, &asker);

	memcpy(pair, swap ? second : first, LEDGER_HASH_LEN);
	memcpy(pair + LEDGER_HASH_LEN, swap ? first : second, LEDGER_HASH_LEN);
	result = result ?: contract_get(run, z_key(&key, 'c', wallet, 32, pair, sizeof(pair)), &value);
	if (!result)
		return contract_refuse(run, -EALREADY, "This conflict is on the ledger already.");
	if (result != -ENOENT)
		return result;
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, VERSION);
	writer_u8(&writer, kind);
	writer_u64(&writer, contract_time(run));
	writer_u16(&writer, asker.organisation);
	result = contract_put(run, (struct span){ key.bytes, key.len }, (struct span){ bytes, writer_len(&writer) });
	return result ?: contract_delta(run, z_key(&counter, 'n', wallet, 32, NULL, 0), 1, 0, INT64_MAX);
}

static int misbehaviour_conflict(struct contract_run *run, const struct span *arguments, u32 count)
{
	u8 wallet[32], kinds, kind = count == 3 ? CONFLICT_NONCE : CONFLICT_PLACE;
	struct statement one, other;
	struct account account;
	json_t *object;
	int result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet));

	if (count == 4)
		return contract_refuse(run, -EINVAL, "PRESENCE and OTHER_PRESENCE go together.");
	result = result ?: account_get(run, wallet, &account);
	result = result ?: statement_read(run, arguments[1], "STATEMENT", wallet, &one);
	result = result ?: statement_read(run, arguments[2], "OTHER_STATEMENT", wallet, &other);
	if (!result && kind == CONFLICT_NONCE)
		result = judge_nonces(run, &one, &other);
	else if (!result)
		result = judge_places(run, arguments + 3, &one, &other);
	result = result ?: record_conflict(run, wallet, kind, one.hash, other.hash);
	result = result ?: policy_get(run, account.organisation, &kinds);
	if (!result && kinds & kind)
		result = account_suspend(run, wallet);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "wallet", wallet, sizeof(wallet));
	answer_text(object, "conflict", kind_word(kind));
	answer_bool(object, "suspended", account.state == ACCOUNT_SUSPENDED || kinds & kind);
	return answer_give(run, object);
}

/* --- alarms --- */

/* Alarm records of a gate are counted in its chain's order, so that one place to remember is enough. */
static int alarm_in_turn(struct contract_run *run, const struct evidence *proof)
{
	struct writer writer;
	struct z_key key;
	struct span value;
	u8 bytes[19];
	int result;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, VERSION);
	writer_u64(&writer, vg_be64(proof->head.epoch));
	writer_u64(&writer, vg_be64(proof->head.number));
	writer_u16(&writer, proof->index);
	result = contract_get(run, z_key(&key, 'l', proof->head.attestor, VG_KEY_LEN, NULL, 0), &value);
	if (!result && (value.len != sizeof(bytes) || memcmp(bytes, value.bytes, sizeof(bytes)) <= 0))
		return contract_refuse(run, -EALREADY,
				       "This alarm was counted already, or a later one of this gate was.");
	if (result && result != -ENOENT)
		return result;
	return contract_put(run, (struct span){ key.bytes, key.len }, (struct span){ bytes, sizeof(bytes) });
}

static int misbehaviour_alarms(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct evidence proof;
	struct z_key packets, records;
	json_t *object;
	u64 refused;
	int result = alarmproof_read(run, arguments[0], count > 1 ? arguments[1] : (struct span){ NULL, 0 }, &proof);

	result = result ?: alarm_in_turn(run, &proof);
	if (result)
		return result;
	refused = vg_be64(proof.record.sequence);
	if (refused > INT64_MAX)
		refused = INT64_MAX;
	result = contract_delta(run, z_key(&packets, 'a', proof.head.attestor, VG_KEY_LEN, &proof.record.reason, 1),
				(s64)refused, 0, INT64_MAX);
	result = result
			 ?: contract_delta(
				    run, z_key(&records, 'r', proof.head.attestor, VG_KEY_LEN, &proof.record.reason, 1),
				    1, 0, INT64_MAX);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "attestor", proof.head.attestor, VG_KEY_LEN);
	answer_text(object, "reason", vg_reason_word(proof.record.reason));
	answer_number(object, "packets", refused);
	return answer_give(run, object);
}

/* --- what is known --- */

struct listing {
	struct contract_run *run;
	json_t *array;
};

static bool list_conflict(void *arg, struct span key, struct span value)
{
	struct listing *listing = arg;
	json_t *object = json_object();
	struct reader reader;

	reader_init(&reader, value.bytes, value.len);
	reader_u8(&reader);
	answer_text(object, "conflict", kind_word(reader_u8(&reader)));
	answer_number(object, "time", reader_u64(&reader));
	answer_organisation(object, "reporter", listing->run, reader_u16(&reader));
	if (key.len == 2 + 32 + 64) {
		answer_hex(object, "mandate", key.bytes + 34, 32);
		answer_hex(object, "other_mandate", key.bytes + 66, 32);
	}
	answer_item(listing->array, object);
	return json_array_size(listing->array) < SHOWN_MOST;
}

static int misbehaviour_show(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct listing listing = { .run = run };
	struct account account;
	struct z_key key;
	json_t *object;
	u8 wallet[32], kinds;
	int result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet));

	(void)count;
	result = result ?: account_get(run, wallet, &account);
	result = result ?: policy_get(run, account.organisation, &kinds);
	if (result)
		return result;
	listing.array = json_array();
	z_key(&key, 'c', wallet, 32, NULL, 0);
	result = contract_scan(run, (struct span){ key.bytes, key.len }, (struct span){ key.bytes, key.len },
			       list_conflict, &listing);
	object = json_object();
	answer_hex(object, "wallet", wallet, sizeof(wallet));
	answer_text(object, "state", account.state == ACCOUNT_ACTIVE ? "active" : "suspended");
	answer_text(object, "suspends", policy_words[kinds & 3]);
	answer_part(object, "conflicts", listing.array);
	if (!result)
		return answer_give(run, object);
	json_decref(object);
	return result;
}

/* One wallet at two places: sessions too far apart for the time between them. */
static int misbehaviour_travel(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct account account;
	u8 wallet[32];
	json_t *array;
	int result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet));

	(void)count;
	result = result ?: account_get(run, wallet, &account);
	result = result ?: travel_find(run, wallet, &array);
	return result ?: answer_give(run, array);
}

/* One gate's packets refused for one reason; the number of records beside it. */
static bool list_gate(void *arg, struct span key, struct span value)
{
	struct listing *listing = arg;
	struct span records_value;
	struct reader reader;
	struct z_key records;
	json_t *object;

	if (key.len != 2 + VG_KEY_LEN + 1)
		return true;
	object = json_object();
	reader_init(&reader, value.bytes, value.len);
	answer_hex(object, "attestor", key.bytes + 2, VG_KEY_LEN);
	answer_text(object, "reason", vg_reason_word(key.bytes[2 + VG_KEY_LEN]));
	answer_number(object, "packets", reader_u64(&reader));
	if (!contract_peek(listing->run, z_key(&records, 'r', key.bytes + 2, VG_KEY_LEN + 1, NULL, 0),
			   &records_value)) {
		reader_init(&reader, records_value.bytes, records_value.len);
		answer_number(object, "alarms", reader_u64(&reader));
	}
	answer_item(listing->array, object);
	return json_array_size(listing->array) < SHOWN_MOST;
}

static int misbehaviour_gates(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct listing listing = { .run = run };
	u8 attestor[VG_KEY_LEN];
	struct span under;
	struct z_key key;
	int result = count ? argument_hex(run, arguments[0], "ATTESTOR", attestor, sizeof(attestor)) : 0;

	if (result)
		return result;
	under = z_key(&key, 'a', attestor, count ? sizeof(attestor) : 0, NULL, 0);
	listing.array = json_array();
	result = contract_scan(run, under, under, list_gate, &listing);
	if (!result)
		return answer_give(run, listing.array);
	json_decref(listing.array);
	return result;
}

static const struct charging_function functions[] = {
	{ "conflict", 3, 5, 0, misbehaviour_conflict, "WALLET STATEMENT OTHER_STATEMENT [PRESENCE OTHER_PRESENCE]" },
	{ "alarms", 1, 2, 0, misbehaviour_alarms, "PROOF [AGGREGATE]" },
	{ "policy", 1, 1, CHARGING_ADMINISTRATOR, misbehaviour_policy, "none|nonce|place|both" },
	{ "show", 1, 1, CHARGING_QUERY, misbehaviour_show, "WALLET" },
	{ "travel", 1, 1, CHARGING_QUERY, misbehaviour_travel, "WALLET" },
	{ "gates", 0, 1, CHARGING_QUERY, misbehaviour_gates, "[ATTESTOR]" },
	{ .name = NULL },
};

const struct charging_noun charging_misbehaviour = { "misbehaviour", functions };
