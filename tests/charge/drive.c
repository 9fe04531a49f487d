// SPDX-License-Identifier: GPL-2.0
/*
 * drive.c - a vehicle for tests: does what its standard input says, one line
 * each, and prints one JSON object for each.
 *
 *   drive --wallet FOLDER --gateway ADDRESS --key HEX     (FOLDER as of `voltgate wallet create`)
 *
 *   hello [TRIES]                            a handshake
 *   gateway ADDRESS HEX                      the next hello goes there
 *   mandate STATION TARIFF PRICE ENERGY [CHARGING]
 *                                            signs a mandate for this session
 *   act TYPE FUNCTION [ARGUMENT...]          asks the contract, in a packet of TYPE (17 to 20), again and again until
 *                                            the last answer
 *   again                                    the last proposal in a new packet
 *   replay                                   the last packet as it was
 *   send TYPE FUNCTION [ARGUMENT...]         as act, without waiting longer than for one answer
 *   twist WHAT                               the next packet is wrong: tag, sealed, mandate, session, client, channel
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ledger/outcome.h"
#include "tests/charge/car.h"
#include "tools/voltgate/org_key.h"

#define TRIES 20
#define PATIENCE_MS 700 /* of one packet; hellos too */
#define SEND_MS 400	/* for an answer that may not come */
#define WORDS_MAX 40
#define DRIVE_LINE_MAX 8192

struct drive {
	struct car car;
	int fd;
	struct sockaddr_storage to;
	socklen_t to_len;
	u8 vid[VG_VID_MAX];
	int vid_len;
	u32 type;
	u8 proposal[ACTION_PROPOSAL_MAX];
	size_t proposal_len;
	char twist[16];
};

static u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

static void die(const char *sentence)
{
	fprintf(stderr, "drive: %s\n", sentence);
	exit(2);
}

static void say(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(object);
}

static json_t *hex(const u8 *bytes, size_t len)
{
	char text[2 * 64 + 1];

	return json_string(sodium_bin2hex(text, sizeof(text), bytes, len));
}

static json_t *number(u64 value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return json_string(text);
}

static void take_gateway(struct drive *drive, const char *address, const char *key)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&drive->to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&drive->to;
	size_t len;

	memset(&drive->to, 0, sizeof(drive->to));
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(VG_VID_PORT);
		drive->to_len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(VG_VID_PORT);
		drive->to_len = sizeof(*v6);
	} else {
		die("that is no address");
	}
	if (sodium_hex2bin(drive->car.gateway, 32, key, strlen(key), NULL, &len, NULL) || len != 32)
		die("a gateway's key has 64 hex digits");
	drive->car.has_cookie = false;
}

static void take_wallet(struct drive *drive, const char *folder)
{
	struct org_key_error error;
	struct transaction transaction;
	u8 bytes[512];
	char path[512];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%.400s/client.key", folder);
	if (org_key_secret(path, drive->car.secret, &error))
		die(error.text);
	memcpy(drive->car.wallet, drive->car.secret + 32, 32);
	snprintf(path, sizeof(path), "%.400s/enrol.tx", folder);
	file = fopen(path, "re");
	len = file ? fread(bytes, 1, sizeof(bytes), file) : 0;
	if (file)
		fclose(file);
	if (transaction_decode(bytes, len, &transaction) || transaction.kind != TRANSACTION_ENROL)
		die("the wallet has no enrol.tx");
	memcpy(drive->car.hello.credential, transaction.credential.bytes, CREDENTIAL_LEN);
	memcpy(drive->car.hello.signature, transaction.signature, HELLO_SIGNATURE_LEN);
}

/* Each session from a new port, as vehicles do. */
static void open_socket(struct drive *drive)
{
	if (drive->fd >= 0)
		close(drive->fd);
	drive->fd = socket(drive->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (drive->fd < 0 || connect(drive->fd, (struct sockaddr *)&drive->to, drive->to_len))
		die(strerror(errno));
}

/* The next datagram that means something, within @patience_ms. */
static enum car_heard hear(struct drive *drive, u32 patience_ms, u8 *plain, struct answer *ret_answer)
{
	struct pollfd poll_fd = { .fd = drive->fd, .events = POLLIN };
	u64 deadline = now_ms() + patience_ms, now;
	enum car_heard heard = CAR_NOTHING;
	u8 bytes[2048];
	ssize_t got;

	while (heard == CAR_NOTHING && (now = now_ms()) < deadline) {
		if (poll(&poll_fd, 1, (int)(deadline - now)) <= 0)
			continue;
		got = recv(drive->fd, bytes, sizeof(bytes), 0);
		if (got > 0)
			heard = car_hear(&drive->car, bytes, (size_t)got, plain, ret_answer);
	}
	return heard;
}

static void hello(struct drive *drive, int most)
{
	u8 vid[HELLO_LEN], plain[VG_VID_PAYLOAD_MAX];
	struct answer answer;
	u64 began = now_ms();
	int tries;

	open_socket(drive);
	for (tries = 0; tries < most; tries++) {
		car_greet(&drive->car, vid);
		if (send(drive->fd, vid, sizeof(vid), 0) < 0)
			die(strerror(errno));
		if (hear(drive, PATIENCE_MS, plain, &answer) != CAR_WELCOME)
			continue;
		say(json_pack("{s:b, s:o, s:o, s:o, s:o, s:i, s:o, s:I}", "welcomed", 1, "session",
			      number(drive->car.welcome.session), "channel", hex(drive->car.welcome.channel, 32),
			      "attestor", hex(drive->car.welcome.attestor, 32), "epoch",
			      number(drive->car.welcome.epoch), "grade", drive->car.welcome.grade, "station",
			      hex(drive->car.welcome.station, 32), "took_ms", (json_int_t)(now_ms() - began)));
		return;
	}
	say(json_pack("{s:b}", "welcomed", 0));
}

static void take_hex(const char *word, u8 ret_bytes[32])
{
	size_t len;

	if (sodium_hex2bin(ret_bytes, 32, word, strlen(word), NULL, &len, NULL) || len != 32)
		die("64 hex digits are wanted");
}

static void mandate(struct drive *drive, char **words, u32 count)
{
	struct mandate *mandate = &drive->car.mandate;

	if (count < 5)
		die("mandate STATION TARIFF PRICE ENERGY [CHARGING]");
	memset(mandate, 0, sizeof(*mandate));
	take_hex(words[1], mandate->station);
	mandate->tariff = (u32)strtoul(words[2], NULL, 10);
	mandate->price = strtoull(words[3], NULL, 10);
	mandate->energy = strtoull(words[4], NULL, 10);
	if (count > 5)
		take_hex(words[5], mandate->charging);
	car_sign_mandate(&drive->car);
	say(json_pack("{s:o, s:o}", "mandate", hex(drive->car.mandate_id, 32), "wallet", hex(drive->car.wallet, 32)));
}

/* The last proposal in a new packet, wrong if it was asked for. */
static void seal(struct drive *drive)
{
	struct car car = drive->car;
	struct span proposal = { drive->proposal, drive->proposal_len };

	if (!strcmp(drive->twist, "mandate"))
		car.mandate_signature[10] ^= 1;
	if (!strcmp(drive->twist, "sealed"))
		randombytes_buf(car.keys.action, sizeof(car.keys.action));
	if (!strcmp(drive->twist, "tag"))
		randombytes_buf(car.keys.vid, sizeof(car.keys.vid));
	if (!strcmp(drive->twist, "session"))
		randombytes_buf(&car.welcome.session, sizeof(car.welcome.session));
	if (!strcmp(drive->twist, "client"))
		drive->proposal[32] ^= 1;
	if (!strcmp(drive->twist, "channel"))
		drive->proposal[0] ^= 1;
	drive->vid_len = car_act(&car, drive->type, proposal, drive->vid);
	drive->car.sequence = car.sequence;
	if (!strcmp(drive->twist, "client"))
		drive->proposal[32] ^= 1;
	if (!strcmp(drive->twist, "channel"))
		drive->proposal[0] ^= 1;
	if (drive->vid_len < 0)
		die("the proposal is too long");
	drive->twist[0] = '\0';
}

static void emit(struct drive *drive)
{
	if (send(drive->fd, drive->vid, (size_t)drive->vid_len, 0) < 0 && errno != ECONNREFUSED)
		die(strerror(errno));
}

static void tell(const struct answer *answer, u32 tries, bool endorsed, u64 began)
{
	say(json_pack("{s:i, s:s, s:I, s:i, s:s%, s:i, s:b, s:I}", "stage", answer->stage, "outcome",
		      answer->stage == ANSWER_ENDORSED ? "" : ledger_outcome_word(answer->outcome), "block",
		      (json_int_t)answer->block, "index", (int)answer->index, "text",
		      answer->text.len ? (const char *)answer->text.bytes : "", answer->text.len, "tries", (int)tries,
		      "endorsed", endorsed, "took_ms", (json_int_t)(now_ms() - began)));
}

/* Sends until the last answer comes, a new packet each time. */
static void persist(struct drive *drive)
{
	u8 plain[VG_VID_PAYLOAD_MAX];
	struct answer answer = { .stage = 0 };
	u64 began = now_ms();
	bool endorsed = false;
	u32 tries;

	for (tries = 1; tries <= TRIES; tries++) {
		if (tries > 1)
			seal(drive);
		emit(drive);
		while (hear(drive, PATIENCE_MS, plain, &answer) == CAR_ANSWER) {
			endorsed |= answer.stage == ANSWER_ENDORSED;
			if (answer.stage == ANSWER_ENDORSED)
				continue;
			tell(&answer, tries, endorsed, began);
			return;
		}
	}
	say(json_pack("{s:i, s:i, s:b}", "stage", 0, "tries", (int)tries, "endorsed", endorsed));
}

/* One packet, as it is; the first answer to it if there is one. */
static void once(struct drive *drive)
{
	u8 plain[VG_VID_PAYLOAD_MAX];
	struct answer answer;
	u64 began = now_ms();

	emit(drive);
	if (hear(drive, SEND_MS, plain, &answer) == CAR_ANSWER)
		tell(&answer, 1, answer.stage == ANSWER_ENDORSED, began);
	else
		say(json_pack("{s:i}", "stage", 0));
}

static void act(struct drive *drive, char **words, u32 count)
{
	const char *arguments[TRANSACTION_ARGUMENTS_MAX];
	u32 i;

	if (count < 3 || count - 3 > TRANSACTION_ARGUMENTS_MAX)
		die("act TYPE FUNCTION [ARGUMENT...]");
	for (i = 3; i < count; i++)
		arguments[i - 3] = words[i];
	drive->type = (u32)strtoul(words[1], NULL, 10);
	drive->proposal_len =
		car_propose(&drive->car, words[2], arguments, count - 3, drive->proposal, sizeof(drive->proposal));
	if (!drive->proposal_len)
		die("the proposal is too long");
	seal(drive);
}

static void obey(struct drive *drive, char **words, u32 count)
{
	if (!strcmp(words[0], "hello")) {
		hello(drive, count > 1 ? atoi(words[1]) : 3);
	} else if (!strcmp(words[0], "gateway") && count == 3) {
		take_gateway(drive, words[1], words[2]);
		say(json_pack("{s:s}", "gateway", words[1]));
	} else if (!strcmp(words[0], "mandate")) {
		mandate(drive, words, count);
	} else if (!strcmp(words[0], "act")) {
		act(drive, words, count);
		persist(drive);
	} else if (!strcmp(words[0], "send")) {
		act(drive, words, count);
		once(drive);
	} else if (!strcmp(words[0], "again")) {
		seal(drive);
		persist(drive);
	} else if (!strcmp(words[0], "replay")) {
		once(drive);
	} else if (!strcmp(words[0], "twist") && count == 2) {
		snprintf(drive->twist, sizeof(drive->twist), "%s", words[1]);
		say(json_pack("{s:s}", "twist", words[1]));
	} else {
		die("no such word");
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "wallet", required_argument, NULL, 'w' },
						 { "gateway", required_argument, NULL, 'g' },
						 { "key", required_argument, NULL, 'k' },
						 { NULL, 0, NULL, 0 } };
	const char *wallet = NULL, *gateway = NULL, *key = NULL;
	static struct drive drive = { .fd = -1 };
	static char line[DRIVE_LINE_MAX];
	char *words[WORDS_MAX], *rest, *word;
	int option;
	u32 count;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		*(option == 'w' ? &wallet : option == 'g' ? &gateway : &key) = optarg;
	if (!wallet || !gateway || !key || sodium_init() < 0)
		die("drive --wallet FOLDER --gateway ADDRESS --key HEX");
	take_wallet(&drive, wallet);
	take_gateway(&drive, gateway, key);
	while (fgets(line, sizeof(line), stdin)) {
		for (count = 0, rest = line; (word = strtok_r(rest, " \n", &rest)) && count < WORDS_MAX;)
			words[count++] = word;
		if (count)
			obey(&drive, words, count);
	}
	return 0;
}
