/* SPDX-License-Identifier: GPL-2.0 */
/*
 * money_stage.h - a channel in memory with accounts, stations and meters, for
 * tests of the contract "charging": functions are simulated on committed state as endorsers do it, and what comes of
 * them is ordered in real blocks. Keys follow from names; the collection "vehicles" is organisation 0's and 1's.
 */
#ifndef VOLTGATE_TESTS_CONTRACT_MONEY_STAGE_H
#define VOLTGATE_TESTS_CONTRACT_MONEY_STAGE_H

#include <jansson.h>

#include "agent/contract/charging.h"
#include "agent/contract/reading.h"
#include "tests/txn/world.h"

#define STAGE_CLIENTS_MAX 1200
#define STAGE_PRIVATES_MAX 64

struct stage_client {
	struct world_key key;
	char hex[65];
	u64 nonce; /* the last one used */
};

struct stage_private { /* what nodes of entitled organisations hold */
	u8 collection_key[128];
	size_t key_len;
	u8 value[128];
	size_t value_len;
};

struct stage {
	struct world world;
	struct stage_client clients[STAGE_CLIENTS_MAX];
	u32 client_count;
	struct stage_client *administrator[WORLD_ORGANISATIONS], *wallet,
		*other; /* enrolled by organisations 0 and 1 */
	struct world_draft draft;
	struct contract_output output; /* of the last simulation */
	struct evidence *evidence;     /* the next simulations come by this one; NULL: client-signed */
	struct span private_arguments; /* of the next simulations */
	u32 asker;		       /* organisation of queries */
	struct stage_private privates[STAGE_PRIVATES_MAX];
	u32 private_count;
};

/* A signed reading as three arguments. */
struct stage_reading {
	char reg[24], time[24], signature[129];
};

extern struct stage stage;

void stage_open(void);
void stage_close(void);
struct stage_client *stage_enrol(const char *name, u16 organisation, u8 role);
/* Enrols many in few blocks: NAME0, NAME1 and so on; the first of them. */
struct stage_client *stage_enrol_many(const char *name, u32 count, u16 organisation);

/* Simulates on committed state, with the client's next nonce. 0 or -errno; stage.output has the rest. */
int stage_simulate(struct stage_client *client, const char *function, const char *const *arguments, u32 count);
int stage_query(const char *function, const char *const *arguments, u32 count);
/* Puts the last simulation, which succeeded, into the next block. */
void stage_order(struct stage_client *client);
/* The next block; stage.world.result has outcomes. */
void stage_block(u64 later_us);
/* Simulates and orders in a block alone. 0, -errno of the simulation, or the outcome (above 0, where not valid). */
int stage_do(struct stage_client *client, const char *function, const char *const *arguments, u32 count);

#define STAGE_ARGUMENTS(...)                            \
	(const char *const[]){ "", ##__VA_ARGS__ } + 1, \
		sizeof((const char *const[]){ "", ##__VA_ARGS__ }) / sizeof(char *) - 1
#define SIMULATE(client, function, ...) stage_simulate(client, function, STAGE_ARGUMENTS(__VA_ARGS__))
#define DO(client, function, ...) stage_do(client, function, STAGE_ARGUMENTS(__VA_ARGS__))
#define QUERY(function, ...) stage_query(function, STAGE_ARGUMENTS(__VA_ARGS__))

/* A member of the last result: a number, or a string in static memory good until the eighth next call; 0, "" if none.
 */
s64 stage_number(const char *member);
const char *stage_text(const char *member);
/* The last result; the caller drops it. */
json_t *stage_json(void);
const char *stage_hex(const void *bytes, size_t len); /* in static memory, good until the sixteenth next call */
const char *stage_decimal(u64 number);

/* --- charging --- */
/* A station of organisation 0 with @chargers of @power_w each, meters "NAME-meterN", registers at 1000 Wh; its id. */
const char *stage_station(const char *name, const char *periods, u32 chargers, u32 power_w);
struct stage_reading stage_reading(const char *station_name, const char *station, u32 charger, const char *session,
				   u32 number, u64 register_wh, u64 time);
/* The id that the client's next session.start gives. */
const char *stage_session_id(const struct stage_client *client, const char *station, u32 tariff, u64 price,
			     u64 energy_wh);

/* Sum of all balances, wallets' and stations', is deposits less withdrawals, and none is negative. */
bool stage_conserved(void);

#endif
