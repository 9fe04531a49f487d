// SPDX-License-Identifier: GPL-2.0
/* statement.c - see statement.h. */
#include <errno.h>

#include "agent/contract/argument.h"
#include "agent/contract/reading.h"
#include "agent/contract/statement.h"
#include "agent/contract/station.h"

int statement_read(struct contract_run *run, struct span text, const char *name, const u8 wallet[32],
		   struct statement *ret_statement)
{
	struct mandate_scope scope = { .channel = contract_channel(run), .wallet = wallet };
	u8 bytes[STATEMENT_LEN];
	struct reader reader;
	const u8 *mandate;
	int result = argument_hex(run, text, name, bytes, sizeof(bytes));

	if (result)
		return result;
	reader_init(&reader, bytes, sizeof(bytes));
	reader_copy(&reader, ret_statement->attestor, sizeof(ret_statement->attestor));
	ret_statement->epoch = reader_u64(&reader);
	ret_statement->session = reader_u64(&reader);
	mandate = reader_bytes(&reader, MANDATE_LEN);
	reader_copy(&reader, ret_statement->signature, sizeof(ret_statement->signature));
	if (!mandate || mandate_decode((struct span){ mandate, MANDATE_LEN }, &ret_statement->mandate))
		return contract_refuse(run, -EINVAL, "%s holds no mandate: it expires before it was issued.", name);
	scope.attestor = ret_statement->attestor;
	scope.epoch = ret_statement->epoch;
	scope.session = ret_statement->session;
	mandate_hash(&scope, &ret_statement->mandate, ret_statement->hash);
	if (!contract_verify(run, wallet, ret_statement->hash, LEDGER_HASH_LEN, ret_statement->signature))
		return contract_refuse(run, -EACCES, "The wallet did not sign %s: it says nothing about it.", name);
	return 0;
}

int statement_presence(struct contract_run *run, struct span text, const char *name, const struct statement *statement,
		       u64 *ret_time, int *ret_latitude, int *ret_longitude)
{
	struct reading_scope scope = { .channel = contract_channel(run),
				       .station = statement->mandate.station,
				       .session = statement->hash };
	struct reading reading = { .number = 0 };
	u8 bytes[STATEMENT_PRESENCE_LEN], hash[LEDGER_HASH_LEN];
	struct charger charger;
	struct station station;
	struct reader reader;
	int result = argument_hex(run, text, name, bytes, sizeof(bytes));

	if (result)
		return result;
	reader_init(&reader, bytes, sizeof(bytes));
	scope.charger = reader_u16(&reader);
	reading.register_wh = reader_u64(&reader);
	reading.time = *ret_time = reader_u64(&reader);
	result = station_get(run, statement->mandate.station, &station);
	result = result ?: charger_get(run, statement->mandate.station, scope.charger, &charger);
	if (result)
		return result;
	reading_hash(&scope, &reading, hash);
	if (!contract_verify(run, charger.meter, hash, sizeof(hash), reader_bytes(&reader, MANDATE_SIGNATURE_LEN)))
		return contract_refuse(run, -EACCES,
				       "The charger's meter did not sign %s for the session that the mandate begins.",
				       name);
	*ret_latitude = station.latitude;
	*ret_longitude = station.longitude;
	return 0;
}
