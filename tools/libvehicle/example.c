// SPDX-License-Identifier: GPL-2.0
/*
 * example.c - a vehicle in forty lines: sends one beacon and one charge
 * request to a gateway.
 *
 *   cc example.c $(pkg-config --cflags --libs voltgate-vehicle) -o example
 *   ./example ADDRESS [PORT] <session     (session: one line "id key", hex, as the handshake gave them)
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <voltgate-vehicle.h>

static uint64_t now_time64(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return voltgate_time64((uint64_t)now.tv_sec, (uint32_t)now.tv_usec, 5);
}

static int send_vid(int fd, struct voltgate_session *session, enum voltgate_type type, const char *payload, size_t len)
{
	uint8_t packet[VOLTGATE_VID_MAX];
	int packet_len = voltgate_vid_make(session, type, now_time64(), payload, len, packet, sizeof(packet));

	return packet_len < 0 || send(fd, packet, (size_t)packet_len, 0) != packet_len ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in gateway = { .sin_family = AF_INET };
	struct voltgate_session session;
	unsigned long long id;
	uint8_t key[16];
	int fd, failed;
	size_t i;

	gateway.sin_port = htons(argc > 2 ? (uint16_t)atoi(argv[2]) : VOLTGATE_PORT);
	if (argc < 2 || inet_pton(AF_INET, argv[1], &gateway.sin_addr) != 1 || scanf("%16llx", &id) != 1) {
		fprintf(stderr, "usage: example ADDRESS [PORT] <session, one line \"id key\" in hex\n");
		return 1;
	}
	for (i = 0; i < sizeof(key); i++) {
		if (scanf("%2hhx", &key[i]) != 1)
			return 1;
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&gateway, sizeof(gateway)) ||
	    voltgate_session_init(&session, id, key))
		return 1;
	failed = send_vid(fd, &session, VOLTGATE_BEACON, "", 0) ||
		 send_vid(fd, &session, VOLTGATE_CHARGE_REQUEST, "20 kWh by 07:00", 15);
	voltgate_session_done(&session);
	close(fd);
	return failed;
}
