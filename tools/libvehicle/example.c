// SPDX-License-Identifier: GPL-2.0
/*
 * example.c - a vehicle in a hundred lines: shakes hands with a gateway, sends
 * a beacon, reserves a charger, and says what it was answered.
 *
 *   cc example.c $(pkg-config --cflags --libs voltgate-vehicle) -lsodium -o example
 *   ./example ADDRESS [PORT] <vehicle
 *
 * vehicle: five lines of hex: the wallet's Ed25519 seed (32 bytes), its credential (92), the credential's signature
 * (64), the gateway's X25519 key (32), the charging station's id (32).
 */
#include <arpa/inet.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <voltgate-vehicle.h>

static uint64_t now_time64(void)
{
	static uint64_t last;
	struct timeval now;
	uint64_t time;

	gettimeofday(&now, NULL);
	time = voltgate_time64((uint64_t)now.tv_sec, (uint32_t)now.tv_usec, 5);
	last = time > last ? time : last + 1; /* timestamps rise */
	return last;
}

/* Milliseconds since 1970, as "voltgate account" and its like count for the same wallet: a nonce far below is refused.
 */
static uint64_t request_nonce(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_usec / 1000;
}

static int read_hex(uint8_t *bytes, size_t len)
{
	char line[256];
	size_t got;

	return !fgets(line, sizeof(line), stdin) ||
	       sodium_hex2bin(bytes, len, line, strlen(line), "\r\n", &got, NULL) || got != len;
}

/* What comes within a second; 0: nothing. */
static size_t receive(int fd, uint8_t *packet, size_t size)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t len = poll(&wait, 1, 1000) > 0 ? recv(fd, packet, size, 0) : 0;

	return len > 0 ? (size_t)len : 0;
}

static int shake_hands(int fd, const struct voltgate_wallet *wallet, const uint8_t gateway[32],
		       struct voltgate_session *session)
{
	uint8_t hello[VOLTGATE_HELLO_LEN], packet[VOLTGATE_VID_MAX], random[32];
	struct voltgate_handshake handshake;
	int tries, heard = -1;
	size_t len;

	voltgate_handshake_init(&handshake, wallet, gateway);
	for (tries = 0; tries < 10 && heard != VOLTGATE_WELCOME; tries++) {
		randombytes_buf(random, sizeof(random));
		if (voltgate_hello_make(&handshake, now_time64(), random, hello) < 0)
			break;
		send(fd, hello, sizeof(hello), 0);
		for (heard = -1; heard < 0 && (len = receive(fd, packet, sizeof(packet)));)
			heard = voltgate_handshake_read(&handshake, packet, len, session);
	}
	voltgate_handshake_done(&handshake);
	return heard == VOLTGATE_WELCOME ? 0 : -1;
}

static int send_beacon(int fd, struct voltgate_session *session)
{
	uint8_t packet[VOLTGATE_VID_MAX];
	int len = voltgate_vid_make(session, VOLTGATE_BEACON, now_time64(), NULL, 0, packet, sizeof(packet));

	return len < 0 || send(fd, packet, (size_t)len, 0) != len ? -1 : 0;
}

/* Sends the same proposal in a new packet each second until it is committed or refused. */
static int reserve(int fd, const struct voltgate_wallet *wallet, struct voltgate_session *session,
		   const uint8_t station[32], struct voltgate_answer *answer)
{
	uint64_t now = now_time64(), sequence;
	struct voltgate_mandate mandate = { .tariff = 1, .price = 20000, .energy = 50000, .nonce = now, .issued = now };
	uint8_t packet[VOLTGATE_VID_MAX], proposal[VOLTGATE_PROPOSAL_MAX], charging[32], random[16];
	const char *arguments[2] = { NULL, "1" }; /* its first charger */
	struct voltgate_request request = { request_nonce(), now + 60000000, "session.reserve", arguments, 2 };
	char hex[65];
	int tries, len, proposal_len;
	size_t got;

	memcpy(mandate.station, station, 32);
	mandate.expires = now + 3600ULL * 1000000;
	arguments[0] = sodium_bin2hex(hex, sizeof(hex), station, 32);
	if (voltgate_mandate_sign(wallet, session, &mandate, charging))
		return -1;
	proposal_len = voltgate_proposal_make(wallet, session, &request, proposal);
	for (tries = 0; proposal_len > 0 && tries < 10; tries++) {
		randombytes_buf(random, sizeof(random));
		len = voltgate_action_make(session, VOLTGATE_CHARGE_REQUEST, now_time64(), &mandate, proposal,
					   (size_t)proposal_len, random, packet, sizeof(packet), &sequence);
		if (len < 0 || send(fd, packet, (size_t)len, 0) != len)
			return -1;
		while ((got = receive(fd, packet, sizeof(packet))))
			if (!voltgate_answer_read(session, packet, got, answer) && answer->stage != VOLTGATE_ENDORSED)
				return 0;
	}
	return -1;
}

int main(int argc, char **argv)
{
	uint8_t seed[32], credential[VOLTGATE_CREDENTIAL_LEN], signature[64], gateway_key[32], station[32];
	struct sockaddr_in gateway = { .sin_family = AF_INET };
	struct voltgate_session session = { 0 };
	struct voltgate_wallet wallet;
	struct voltgate_answer answer;
	int fd, failed = 1;

	gateway.sin_port = htons(argc > 2 ? (uint16_t)atoi(argv[2]) : VOLTGATE_PORT);
	if (argc < 2 || inet_pton(AF_INET, argv[1], &gateway.sin_addr) != 1 || sodium_init() < 0 ||
	    read_hex(seed, 32) || read_hex(credential, sizeof(credential)) || read_hex(signature, 64) ||
	    read_hex(gateway_key, 32) || read_hex(station, 32) ||
	    voltgate_wallet_init(&wallet, seed, credential, signature)) {
		fprintf(stderr, "usage: example ADDRESS [PORT] <vehicle (see the top of example.c)\n");
		return 1;
	}
	sodium_memzero(seed, sizeof(seed));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&gateway, sizeof(gateway)) &&
	    !shake_hands(fd, &wallet, gateway_key, &session) && !send_beacon(fd, &session) &&
	    !reserve(fd, &wallet, &session, station, &answer)) {
		failed = answer.stage != VOLTGATE_COMMITTED || answer.outcome;
		printf("%s: %s\n", failed ? "refused" : "reserved", answer.text);
	}
	voltgate_session_done(&session);
	voltgate_wallet_done(&wallet);
	return failed;
}
