/* SPDX-License-Identifier: GPL-2.0 */
/*
 * voltgate-vehicle.h - libvoltgate-vehicle: what a vehicle needs to be let in
 * by a gateway, to ask for charging and to read what it is answered.
 *
 *   wallet --hello_make--> gateway --cookie, welcome--> handshake_read --> session
 *   session --vid_make (beacons), action_make--> gateway --answer--> answer_read
 *
 * No allocation, no I/O, no clock, no randomness of its own: time and random bytes come in as values. A struct may be
 * used by one thread at a time. Times are Time64 (voltgate_time64()). Links libsodium, whose sodium_init() the
 * program calls first. Formats: PROTOCOL.md sections 1, 10 and 11.
 */
#ifndef VOLTGATE_VEHICLE_H
#define VOLTGATE_VEHICLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VOLTGATE_PORT 47800
#define VOLTGATE_PAYLOAD_MAX 1024
#define VOLTGATE_VID_MAX 1072
#define VOLTGATE_HELLO_LEN 336
#define VOLTGATE_CREDENTIAL_LEN 92
#define VOLTGATE_PROPOSAL_MAX 770
#define VOLTGATE_ARGUMENTS_MAX 16

enum voltgate_type {
	VOLTGATE_BEACON = 16,
	VOLTGATE_CHARGE_REQUEST = 17,
	VOLTGATE_METER = 18,
	VOLTGATE_CHARGE_STOP = 19,
	VOLTGATE_RATING = 20,
};

/* --- the wallet --- */

/* A vehicle's Ed25519 key with what its organisation signed for it. Wipe with voltgate_wallet_done(). */
struct voltgate_wallet {
	uint8_t key[32]; /* public: the wallet's address */
	uint8_t secret[64];
	uint8_t exchange[32]; /* the same key for the handshake (X25519), secret */
	uint8_t credential[VOLTGATE_CREDENTIAL_LEN];
	uint8_t signature[64];
};

/* @seed: the Ed25519 seed. 0; -EINVAL: the credential is of another key. */
int voltgate_wallet_init(struct voltgate_wallet *wallet, const uint8_t seed[32],
			 const uint8_t credential[VOLTGATE_CREDENTIAL_LEN], const uint8_t signature[64]);
void voltgate_wallet_done(struct voltgate_wallet *wallet);

/* --- sessions --- */

/* One admitted session. Wipe with voltgate_session_done() when it ends. */
struct voltgate_session {
	uint64_t id;
	uint8_t key[16];
	uint64_t next_sequence;
	/* From here on of a handshake only. */
	uint8_t action_key[32], answer_key[32];
	uint64_t began, expires;
	uint64_t answered; /* highest count of an answer */
	uint64_t answers;  /* which of the 64 below it were read */
	uint8_t channel[32];
	uint8_t station[32]; /* zeros: the gateway has none */
	uint8_t attestor[32];
	uint64_t epoch;
	uint8_t grade; /* 1 plain, 2 attested */
};

/* Starts a session that an administrator gave. 0, or -EINVAL if @id is 0. */
int voltgate_session_init(struct voltgate_session *session, uint64_t id, const uint8_t key[16]);
/* Wipes keys and counters. */
void voltgate_session_done(struct voltgate_session *session);
/* True from when a quarter of the session's life is left: time for a new handshake, from new addresses. */
int voltgate_session_is_due(const struct voltgate_session *session, uint64_t now);

/* --- the handshake --- */

/* One handshake with one gateway: many hellos, one session. Wipe with voltgate_handshake_done(). */
struct voltgate_handshake {
	uint64_t opaque[112];
};

/* @gateway: its X25519 key, as its operator publishes it. @wallet must outlive the handshake. */
void voltgate_handshake_init(struct voltgate_handshake *handshake, const struct voltgate_wallet *wallet,
			     const uint8_t gateway[32]);
void voltgate_handshake_done(struct voltgate_handshake *handshake);
/*
 * Writes a hello, with the gateway's cookie once there is one. @now rises with every hello of the wallet. @random:
 * fresh, wiped by the caller. Only the last hello's welcome is understood. VOLTGATE_HELLO_LEN, or -EINVAL: the
 * gateway's key is none.
 */
int voltgate_hello_make(struct voltgate_handshake *handshake, uint64_t now, const uint8_t random[32],
			uint8_t ret_packet[VOLTGATE_HELLO_LEN]);

enum voltgate_heard { VOLTGATE_WELCOME = 0, VOLTGATE_COOKIE = 1 };

/*
 * Reads what came back. VOLTGATE_WELCOME: @ret_session began, and the handshake is over; VOLTGATE_COOKIE: make another
 * hello; -EBADMSG: neither, or forged, damaged, old: go on waiting.
 */
int voltgate_handshake_read(struct voltgate_handshake *handshake, const void *packet, size_t len,
			    struct voltgate_session *ret_session);

/* --- packets --- */

/*
 * Time64 (IEEE 1609.2): microseconds since 2004-01-01T00:00:00 UTC with leap
 * seconds counted. @leap_seconds since 2004: 5 in 2026.
 */
uint64_t voltgate_time64(uint64_t unix_seconds, uint32_t microseconds, unsigned int leap_seconds);

/*
 * Writes one VID into @ret_packet and spends one sequence number. @generated is Time64. The payload is not encrypted.
 * Returns the packet's length (48 + payload_len), or
 *   -EINVAL     @type is not of enum voltgate_type
 *   -EMSGSIZE   payload longer than VOLTGATE_PAYLOAD_MAX
 *   -ENOBUFS    @capacity is too small
 *   -EOVERFLOW  the session has used up its sequence numbers
 */
int voltgate_vid_make(struct voltgate_session *session, enum voltgate_type type, uint64_t generated,
		      const void *payload, size_t payload_len, uint8_t *ret_packet, size_t capacity);

/* --- charging --- */

/* What a wallet allows for one charging session and one gate session. */
struct voltgate_mandate {
	uint8_t charging[32]; /* the charging session that goes on at another gateway; zeros: a new one */
	uint8_t station[32];
	uint32_t tariff; /* version */
	uint64_t price;	 /* ceiling, 1/10000 yuan per kWh */
	uint64_t energy; /* ceiling, Wh */
	uint64_t nonce;	 /* rises with each mandate of the wallet */
	uint64_t issued, expires;
	uint8_t signature[64]; /* by voltgate_mandate_sign() */
};

/*
 * Signs @mandate for @session, which a handshake of @wallet began. @ret_charging: the charging session's id, the
 * mandate's own where its charging is zeros. 0; -EINVAL: the session is of no handshake, or it expires before issued.
 */
int voltgate_mandate_sign(const struct voltgate_wallet *wallet, const struct voltgate_session *session,
			  struct voltgate_mandate *mandate, uint8_t ret_charging[32]);

/* What is asked of the contract "charging": a function and its arguments, text (agent/contract/CHARGING.md). */
struct voltgate_request {
	uint64_t nonce; /* the wallet's, each once; milliseconds since 1970, as the wallet's other programs count */
	uint64_t expires;
	const char *function;
	const char *const *arguments;
	unsigned int argument_count;
};

/*
 * Writes the proposal, which stays the same however often it is sent. Its length; -EMSGSIZE: longer than
 * VOLTGATE_PROPOSAL_MAX; -EINVAL: nonce 0, or too many arguments.
 */
int voltgate_proposal_make(const struct voltgate_wallet *wallet, const struct voltgate_session *session,
			   const struct voltgate_request *request, uint8_t ret_proposal[VOLTGATE_PROPOSAL_MAX]);
/*
 * Writes an action: @proposal sealed for the gateway under @mandate, in a packet of @type, and spends one sequence
 * number, which @ret_sequence tells. @random: fresh. The packet's length, or as voltgate_vid_make(); -EINVAL also:
 * the session is of no handshake.
 */
int voltgate_action_make(struct voltgate_session *session, enum voltgate_type type, uint64_t generated,
			 const struct voltgate_mandate *mandate, const uint8_t *proposal, size_t proposal_len,
			 const uint8_t random[16], uint8_t *ret_packet, size_t capacity, uint64_t *ret_sequence);

enum voltgate_stage { VOLTGATE_REFUSED = 1, VOLTGATE_ENDORSED = 2, VOLTGATE_COMMITTED = 3 };

struct voltgate_answer {
	uint64_t sequence; /* of the action answered */
	uint8_t stage;	   /* enum voltgate_stage */
	uint8_t outcome;   /* 0: valid */
	uint64_t block;
	uint32_t index;
	char text[VOLTGATE_PAYLOAD_MAX]; /* a sentence, or the contract's result; ends with 0 */
};

/* 0; -EALREADY: this very answer was read before; -EBADMSG: not an answer to this session. */
int voltgate_answer_read(struct voltgate_session *session, const void *packet, size_t len,
			 struct voltgate_answer *ret_answer);

#ifdef __cplusplus
}
#endif

#endif
