// SPDX-License-Identifier: GPL-2.0
/* vehicle.c - see vehicle.h. */
#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "agent/time_text.h"
#include "tools/vehicle/vehicle.h"

#define VEHICLE_MANDATE_US (24ULL * 3600 * 1000000)
#define VEHICLE_SILENCE 4	/* packets without an answer before a new handshake */
#define VEHICLE_PACKETS_MAX 256 /* of one request: each spends a sequence of the session */

static int vehicle_fail(struct vehicle_error *ret_error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int vehicle_fail(struct vehicle_error *ret_error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return err;
}

static uint64_t vehicle_unix_us(void)
{
	struct timeval wall;

	gettimeofday(&wall, NULL);
	return (uint64_t)wall.tv_sec * 1000000 + (uint64_t)wall.tv_usec;
}

/* Milliseconds since 1970, as the command line counts for the same wallet. */
static uint64_t vehicle_nonce(struct vehicle *vehicle)
{
	uint64_t nonce = vehicle_unix_us() / 1000;

	if (nonce <= vehicle->last_nonce)
		nonce = vehicle->last_nonce + 1;
	vehicle->last_nonce = nonce;
	return nonce;
}

uint64_t vehicle_now(struct vehicle *vehicle)
{
	uint64_t now = time_text_of_unix(vehicle_unix_us());

	if (now <= vehicle->last_now)
		now = vehicle->last_now + 1;
	vehicle->last_now = now;
	return now;
}

static uint64_t vehicle_until(uint64_t now, uint64_t wait, uint64_t deadline)
{
	return now + wait < deadline ? now + wait : deadline;
}

static int vehicle_send_hello(struct vehicle *vehicle, struct voltgate_handshake *handshake,
			      struct vehicle_error *ret_error)
{
	uint8_t hello[VOLTGATE_HELLO_LEN], random[32];
	int len, err;

	randombytes_buf(random, sizeof(random));
	len = voltgate_hello_make(handshake, vehicle_now(vehicle), random, hello);
	sodium_memzero(random, sizeof(random));
	if (len < 0)
		return vehicle_fail(ret_error, len, "The gateway's key is no key.");
	err = radio_send(&vehicle->radio, hello, sizeof(hello));
	vehicle->hellos++;
	return err ? vehicle_fail(ret_error, err, "Cannot send a hello: %s.", strerror(-err)) : 0;
}

/* 0: welcomed. One hello after another, each at once after a cookie, else after a while that no two vehicles share. */
static int vehicle_shake(struct vehicle *vehicle, struct voltgate_handshake *handshake, struct vehicle_error *ret_error)
{
	uint64_t deadline = radio_now_us() + vehicle->terms.patience_us, until;
	struct voltgate_session session;
	uint8_t packet[VOLTGATE_VID_MAX + 1];
	int len, heard, err;

	while (radio_now_us() < deadline) {
		err = vehicle_send_hello(vehicle, handshake, ret_error);
		if (err)
			return err;
		until = vehicle_until(
			radio_now_us(),
			vehicle->terms.retry_us / 2 + randombytes_uniform((uint32_t)vehicle->terms.retry_us), deadline);
		heard = -EBADMSG;
		while (heard < 0 && (len = radio_receive(&vehicle->radio, until, packet, sizeof(packet))) > 0)
			heard = voltgate_handshake_read(handshake, packet, (size_t)len, &session);
		if (heard == VOLTGATE_WELCOME) {
			voltgate_session_done(&vehicle->session);
			vehicle->session = session;
			sodium_memzero(&session, sizeof(session));
			return 0;
		}
		vehicle->cookies += heard == VOLTGATE_COOKIE;
	}
	return vehicle_fail(ret_error, -ETIMEDOUT,
			    "No welcome came for %u hellos: the gateway is away, has another key, or does not admit "
			    "this wallet (it says why in its own log only).",
			    vehicle->hellos);
}

int vehicle_greet(struct vehicle *vehicle, struct vehicle_error *ret_error)
{
	struct voltgate_handshake handshake;
	struct radio_error error;
	int err = radio_open(&vehicle->radio, &error);

	vehicle->hellos = vehicle->cookies = 0;
	if (err)
		return vehicle_fail(ret_error, err, "%s", error.text);
	voltgate_handshake_init(&handshake, &vehicle->wallet, vehicle->terms.gateway);
	err = vehicle_shake(vehicle, &handshake, ret_error);
	voltgate_handshake_done(&handshake);
	return err ? err : vehicle_beacon(vehicle, ret_error);
}

int vehicle_beacon(struct vehicle *vehicle, struct vehicle_error *ret_error)
{
	uint8_t packet[VOLTGATE_VID_MAX];
	int len = voltgate_vid_make(&vehicle->session, VOLTGATE_BEACON, vehicle_now(vehicle), NULL, 0, packet,
				    sizeof(packet));

	if (len > 0)
		len = radio_send(&vehicle->radio, packet, (size_t)len);
	return len ? vehicle_fail(ret_error, len, "Cannot send a beacon: %s.", strerror(-len)) : 0;
}

static int vehicle_sign(struct vehicle *vehicle, struct vehicle_error *ret_error)
{
	struct voltgate_mandate *mandate = &vehicle->mandate;
	uint8_t charging[32];
	uint64_t now;

	if (vehicle->mandated == vehicle->session.id)
		return 0;
	now = vehicle_now(vehicle);
	memset(mandate, 0, sizeof(*mandate));
	if (vehicle->begun)
		memcpy(mandate->charging, vehicle->charging, sizeof(mandate->charging));
	memcpy(mandate->station,
	       sodium_is_zero(vehicle->terms.station, 32) ? vehicle->session.station : vehicle->terms.station,
	       sizeof(mandate->station));
	mandate->tariff = vehicle->terms.tariff;
	mandate->price = vehicle->terms.price;
	mandate->energy = vehicle->terms.energy;
	mandate->nonce = now;
	mandate->issued = now;
	mandate->expires = now + VEHICLE_MANDATE_US;
	if (voltgate_mandate_sign(&vehicle->wallet, &vehicle->session, mandate, charging))
		return vehicle_fail(ret_error, -EINVAL,
				    "The session is of no handshake: a mandate cannot be bound to it.");
	memcpy(vehicle->charging, charging, sizeof(charging));
	vehicle->mandated = vehicle->session.id;
	return 0;
}

/* --- requests --- */

struct vehicle_request {
	enum voltgate_type type;
	uint8_t proposal[VOLTGATE_PROPOSAL_MAX];
	int len;
	uint64_t session;			 /* whose sequences these are */
	uint64_t sequences[VEHICLE_PACKETS_MAX]; /* spent on it */
	unsigned int count;
};

/* The same proposal in a new packet: the gate admits each packet once, the ledger each proposal. */
static int vehicle_send_request(struct vehicle *vehicle, struct vehicle_request *request,
				struct vehicle_error *ret_error)
{
	uint8_t packet[VOLTGATE_VID_MAX], random[16];
	uint64_t sequence;
	int len, err;

	if (request->session != vehicle->session.id)
		request->count = 0;
	request->session = vehicle->session.id;
	randombytes_buf(random, sizeof(random));
	len = voltgate_action_make(&vehicle->session, request->type, vehicle_now(vehicle), &vehicle->mandate,
				   request->proposal, (size_t)request->len, random, packet, sizeof(packet), &sequence);
	if (len < 0)
		return vehicle_fail(ret_error, len, "The request cannot be made into a packet: %s.", strerror(-len));
	request->sequences[request->count++ % VEHICLE_PACKETS_MAX] = sequence;
	err = radio_send(&vehicle->radio, packet, (size_t)len);
	vehicle->sent++;
	return err ? vehicle_fail(ret_error, err, "Cannot send the request: %s.", strerror(-err)) : 0;
}

static bool vehicle_is_answer(const struct vehicle_request *request, const struct voltgate_answer *answer)
{
	unsigned int i, count = request->count < VEHICLE_PACKETS_MAX ? request->count : VEHICLE_PACKETS_MAX;

	for (i = 0; i < count; i++)
		if (request->sequences[i] == answer->sequence)
			return true;
	return false;
}

/* True: the last word on the request. Endorsed is not: then its commit is waited for, without asking again so soon. */
static bool vehicle_hear(struct vehicle *vehicle, const struct vehicle_request *request, uint64_t *until,
			 uint64_t deadline, struct voltgate_answer *ret_answer)
{
	uint8_t packet[VOLTGATE_VID_MAX + 1];
	int len;

	while ((len = radio_receive(&vehicle->radio, *until, packet, sizeof(packet))) > 0) {
		if (voltgate_answer_read(&vehicle->session, packet, (size_t)len, ret_answer) ||
		    !vehicle_is_answer(request, ret_answer))
			continue;
		if (ret_answer->stage != VOLTGATE_ENDORSED)
			return true;
		*until = vehicle_until(radio_now_us(), 2 * vehicle->terms.retry_us, deadline);
	}
	return false;
}

int vehicle_stay(struct vehicle *vehicle, struct vehicle_error *ret_error)
{
	int err = 0;

	if (!vehicle->session.id || voltgate_session_is_due(&vehicle->session, vehicle_now(vehicle)))
		err = vehicle_greet(vehicle, ret_error);
	return err ? err : vehicle_sign(vehicle, ret_error);
}

/* A new session wants a new mandate; a start is bound to the old one by the meter's first reading. */
static bool vehicle_may_return(const char *function)
{
	return strcmp(function, "session.start");
}

/*
 * True if the session is over, or a gateway that hears nothing must be thought to have forgotten it: soon where the
 * request can go on in a new session, after half the patience where it cannot, for to leave is to lose it.
 */
static bool vehicle_is_lost(struct vehicle *vehicle, const struct vehicle_request *request, const char *function,
			    uint64_t deadline)
{
	if (vehicle_now(vehicle) >= vehicle->session.expires)
		return true;
	if (!vehicle_may_return(function) && radio_now_us() + vehicle->terms.patience_us / 2 < deadline)
		return false;
	return request->session == vehicle->session.id && request->count >= VEHICLE_SILENCE;
}

static int vehicle_return(struct vehicle *vehicle, const char *function, struct vehicle_error *ret_error)
{
	if (!vehicle_may_return(function))
		return vehicle_fail(ret_error, -ENOTCONN,
				    "The gateway lost the session while session.start was under way.");
	return vehicle_greet(vehicle, ret_error);
}

int vehicle_ask(struct vehicle *vehicle, enum voltgate_type type, const char *function, const char *const *arguments,
		unsigned int count, uint64_t expires, struct voltgate_answer *ret_answer,
		struct vehicle_error *ret_error)
{
	uint64_t deadline = radio_now_us() + vehicle->terms.patience_us, until;
	struct voltgate_request wanted = {
		.expires = expires, .function = function, .arguments = arguments, .argument_count = count
	};
	struct vehicle_request request = { .type = type };
	int err = vehicle_stay(vehicle, ret_error);

	vehicle->sent = 0;
	if (err)
		return err;
	wanted.nonce = vehicle_nonce(vehicle);
	request.len = voltgate_proposal_make(&vehicle->wallet, &vehicle->session, &wanted, request.proposal);
	if (request.len < 0)
		return vehicle_fail(ret_error, request.len, "The request is too long for a packet.");
	while (radio_now_us() < deadline) {
		if (vehicle_is_lost(vehicle, &request, function, deadline))
			err = vehicle_return(vehicle, function, ret_error);
		if (!err)
			err = vehicle_sign(vehicle, ret_error);
		if (!err)
			err = vehicle_send_request(vehicle, &request, ret_error);
		if (err)
			return err;
		until = vehicle_until(radio_now_us(), vehicle->terms.retry_us, deadline);
		if (vehicle_hear(vehicle, &request, &until, deadline, ret_answer))
			return 0;
	}
	return vehicle_fail(ret_error, -ETIMEDOUT, "%s was not answered in time (%u packets sent).", function,
			    vehicle->sent);
}

void vehicle_done(struct vehicle *vehicle)
{
	radio_close(&vehicle->radio);
	voltgate_session_done(&vehicle->session);
	voltgate_wallet_done(&vehicle->wallet);
}
