/* SPDX-License-Identifier: GPL-2.0 */
/* audit_room.h - one audit from inside: audit.c walks and sums, audit_bill.c judges sessions, bills and notes. Private
 * to agent/contract/audit*.c. */
#ifndef VOLTGATE_CONTRACT_AUDIT_ROOM_H
#define VOLTGATE_CONTRACT_AUDIT_ROOM_H

#include "agent/contract/audit.h"
#include "agent/contract/bill.h"

struct charging_audit_room {
	struct state *state;
	struct charging_audit *audit;
	int error;
	u64 indexed, to_index;		   /* entries of the index by organisation; what bills demand */
	__int128 balances, stations, paid; /* sums: all balances; stations' alone; what paid bills brought */
	/* what is being judged; large */
	struct session session;
	struct bill bill;
	struct tariff tariff;
};

/* Names a fault; false, so that a walk ends. */
bool charging_audit_fault(struct charging_audit_room *room, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The first eight digits of @bytes, enough to find it; good until the fourth next call. */
const char *charging_audit_name(const u8 *bytes);
/* The value of an own key; false: absent, or room->error. Good until the next call on the state. */
bool charging_audit_get(struct charging_audit_room *room, const u8 *key, size_t len, struct span *ret_value);

/* Each judges one record, @key without its first letter. */
bool charging_audit_session(struct charging_audit_room *room, struct span key, struct span value);
bool charging_audit_bill(struct charging_audit_room *room, struct span key, struct span value);
bool charging_audit_note(struct charging_audit_room *room, struct span key, struct span value);

#endif
