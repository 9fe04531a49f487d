/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vehicle.h - one simulated vehicle at one gateway, step by step: hello, then
 * what it asks of the contract, each sent again in a new packet until it is answered.
 *
 *   away --vehicle_greet--> in session --vehicle_ask ...--> away (expired: greeted again from new addresses first)
 */
#ifndef VOLTGATE_VEHICLE_VEHICLE_H
#define VOLTGATE_VEHICLE_VEHICLE_H

#include "tools/libvehicle/voltgate-vehicle.h"
#include "tools/vehicle/radio.h"

struct vehicle_error {
	char text[400];
};

/* What it agrees to, and where; all but the gateway's key may be zero until they are needed. */
struct vehicle_terms {
	uint8_t gateway[32]; /* X25519 */
	uint8_t station[32]; /* zeros: the one of the welcome */
	unsigned int charger;
	uint32_t tariff;
	uint64_t price, energy; /* ceilings */
	const char *cable;	/* socket of the charger (tools/station) */
	uint64_t patience_us;	/* for one step */
	uint64_t retry_us;	/* until the same is sent again */
};

struct vehicle {
	struct vehicle_terms terms;
	struct voltgate_wallet wallet;
	struct radio radio;
	struct voltgate_session session; /* id 0: none */
	struct voltgate_mandate mandate;
	uint64_t mandated;		    /* the session it was signed for */
	uint8_t charging[32];		    /* the charging session: what the mandate names, or will begin */
	bool begun;			    /* that session's start was committed, here or at another gateway */
	uint64_t last_now, last_nonce;	    /* they rise */
	unsigned int hellos, cookies, sent; /* of the last step */
};

uint64_t vehicle_now(struct vehicle *vehicle);
/* A handshake from new addresses, and a beacon under the new session. 0; -ETIMEDOUT: no welcome came. */
int vehicle_greet(struct vehicle *vehicle, struct vehicle_error *ret_error);
int vehicle_beacon(struct vehicle *vehicle, struct vehicle_error *ret_error);
/*
 * Asks @function with @arguments and waits until that is committed or refused. 0 and the answer, which may be a no;
 * -ETIMEDOUT; -ENOTCONN: the session was lost while session.start was under way, which may be committed or not; or
 * another error with a sentence.
 */
int vehicle_ask(struct vehicle *vehicle, enum voltgate_type type, const char *function, const char *const *arguments,
		unsigned int count, uint64_t expires, struct voltgate_answer *ret_answer,
		struct vehicle_error *ret_error);
/* In a session that lasts a while, with a mandate for it: greets and signs where that is due. */
int vehicle_stay(struct vehicle *vehicle, struct vehicle_error *ret_error);
void vehicle_done(struct vehicle *vehicle);

#endif
