// SPDX-License-Identifier: GPL-2.0
/*
 * fleet.c - vehicles that charge, as many at once as are wanted, one charging
 * session after the other; and how long it took them. One JSON object on standard output.
 *
 *   fleet --genesis FILE --certificate FILE --key FILE --authority FILE --node HEX --vehicles N --courses N
 *         [--gateway ADDRESS --gateway-key HEX]     by packets and verdicts; else each proposal is signed by its wallet
 *         [--stations N] [--rate SESSIONS-A-SECOND] [--warm SECONDS] [--seconds SECONDS]
 *
 * What vehicles and meters sign is made before; a vehicle sends its next request when the one before is committed.
 * Latency: from a request's first packet (or from handing it to the client) to the answer that it is committed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/client/invoker.h"
#include "tests/bench-charging/course.h"
#include "tests/bench-charging/market.h"
#include "tools/voltgate/genesis_file.h"
#include "tools/voltgate/org_key.h"

#define AGAIN_S 5.0 /* without an answer the same proposal goes in another packet */
#define HELLO_S 30.0
#define LATENCIES_MAX 4000000

struct vehicle {
	struct fleet *fleet;
	struct market_vehicle *market;
	int fd;
	struct event *event;
	struct course *courses;
	u32 course, step;
	bool busy, broken;
	double first_sent, sent, began;
};

struct figures {
	float *start, *step, *session; /* seconds */
	u32 starts, steps, sessions;
	u64 bills, again, invalid, refused, outcomes[LEDGER_OUTCOME_COUNT];
};

struct fleet {
	struct consortium *consortium;
	struct invoker *invoker;
	struct market_options market;
	struct vehicle *vehicles;
	struct market_vehicle *markets;
	u32 count, courses, idle;
	bool by_evidence, measuring;
	struct sockaddr_in gateway;
	u8 gateway_key[32];
	double rate, warm, seconds, began, measured_from, ended, looked, cpu_from;
	u64 begun;
	u32 turn;
	struct figures figures;
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void die(const char *sentence)
{
	fprintf(stderr, "fleet: %s\n", sentence);
	exit(1);
}

/* --- a vehicle's way --- */

static void vehicle_send(struct vehicle *vehicle)
{
	struct course *course = &vehicle->courses[vehicle->course];
	struct car *car = &vehicle->market->car;
	u8 vid[VG_VID_MAX];
	int len;

	vehicle->sent = now_s();
	if (!vehicle->fleet->by_evidence) {
		struct invoker_call call = { .number = (u64)(vehicle - vehicle->fleet->vehicles),
					     .proposal = course->proposals[vehicle->step],
					     .signature = course->signatures[vehicle->step] };

		if (invoker_start(vehicle->fleet->invoker, &call))
			die("a call cannot be made");
		return;
	}
	car->mandate = course->mandate;
	memcpy(car->mandate_signature, course->mandate_signature, sizeof(car->mandate_signature));
	len = car_act(car, course_type(vehicle->step), course->proposals[vehicle->step], vid);
	if (len < 0)
		die("a proposal is too long");
	if (send(vehicle->fd, vid, (size_t)len, 0) < 0 && errno != ENOBUFS && errno != EAGAIN && errno != ECONNREFUSED)
		die(strerror(errno));
}

static void vehicle_step(struct vehicle *vehicle)
{
	vehicle->first_sent = now_s();
	if (!vehicle->step)
		vehicle->began = vehicle->first_sent;
	vehicle_send(vehicle);
}

static void vehicle_begin(struct vehicle *vehicle)
{
	struct fleet *fleet = vehicle->fleet;

	if (vehicle->course == fleet->courses)
		vehicle->broken = true;
	if (vehicle->broken)
		return;
	vehicle->busy = true;
	vehicle->step = 0;
	fleet->idle--;
	fleet->begun++;
	vehicle_step(vehicle);
}

static void note(float *list, u32 *count, double seconds)
{
	if (*count < LATENCIES_MAX)
		list[(*count)++] = (float)seconds;
}

static void vehicle_note(struct vehicle *vehicle, double now)
{
	struct figures *figures = &vehicle->fleet->figures;

	if (!vehicle->fleet->measuring)
		return;
	note(figures->step, &figures->steps, now - vehicle->first_sent);
	if (!vehicle->step)
		note(figures->start, &figures->starts, now - vehicle->first_sent);
	figures->bills += vehicle->step == COURSE_STOP;
	if (vehicle->step + 1 == COURSE_STEPS)
		note(figures->session, &figures->sessions, now - vehicle->began);
}

static void vehicle_end(struct vehicle *vehicle)
{
	struct fleet *fleet = vehicle->fleet;

	vehicle->busy = false;
	vehicle->course++;
	fleet->idle++;
	if (!fleet->rate)
		vehicle_begin(vehicle);
}

/* The request at hand was answered for good. */
static void vehicle_answered(struct vehicle *vehicle, bool committed, u8 outcome, const char *text, size_t len)
{
	struct figures *figures = &vehicle->fleet->figures;

	if (!vehicle->busy)
		return;
	if (committed && outcome == LEDGER_VALID) {
		vehicle_note(vehicle, now_s());
		vehicle->step++;
		if (vehicle->step == COURSE_STEPS)
			vehicle_end(vehicle);
		else
			vehicle_step(vehicle);
		return;
	}
	if (figures->invalid + figures->refused < 5)
		fprintf(stderr, "fleet: step %u: %s: %.*s\n", vehicle->step, ledger_outcome_word(outcome), (int)len,
			text);
	figures->outcomes[outcome < LEDGER_OUTCOME_COUNT ? outcome : LEDGER_NOT_ALLOWED]++;
	*(committed ? &figures->invalid : &figures->refused) += 1;
	vehicle->busy = false; /* its charger stays taken: it drops out */
	vehicle->broken = true;
}

static void on_done(void *arg, const struct invoker_result *result)
{
	struct fleet *fleet = arg;
	const char *text = result->trouble ? result->trouble : "";

	vehicle_answered(&fleet->vehicles[result->number], result->committed, result->outcome, text, strlen(text));
}

static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
	struct vehicle *vehicle = arg;
	struct car *car = &vehicle->market->car;
	u8 bytes[2048], plain[VG_VID_PAYLOAD_MAX];
	struct answer answer;
	ssize_t got;

	(void)what;
	while ((got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		if (car_hear(car, bytes, (size_t)got, plain, &answer) != CAR_ANSWER || answer.stage == ANSWER_ENDORSED)
			continue;
		/* Answers are in order of requests; one to an earlier step has an earlier sequence. */
		if (answer.sequence != car->sequence)
			continue;
		vehicle_answered(vehicle, answer.stage == ANSWER_COMMITTED, answer.outcome,
				 (const char *)answer.text.bytes, answer.text.len);
	}
}

/* --- getting ready --- */

/* Each vehicle has an address of its own, as it would have on the road. */
static void open_socket(struct vehicle *vehicle, u32 number)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int one = 1;

	from.sin_addr.s_addr = htonl(0x0a4e8000 + (number / 250 << 8) + number % 250 + 1);
	vehicle->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (vehicle->fd < 0 || setsockopt(vehicle->fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one)) ||
	    bind(vehicle->fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(vehicle->fd, (struct sockaddr *)&vehicle->fleet->gateway, sizeof(vehicle->fleet->gateway)))
		die(strerror(errno));
	vehicle->event =
		event_new(vehicle->fleet->consortium->base, vehicle->fd, EV_READ | EV_PERSIST, on_datagram, vehicle);
	if (!vehicle->event || event_add(vehicle->event, NULL))
		die("out of memory");
}

static bool all_welcomed(void *arg)
{
	struct fleet *fleet = arg;
	u32 i, welcomed = 0, under_way = 0;
	double now = now_s();
	u8 vid[HELLO_LEN];

	for (i = 0; i < fleet->count && under_way < 16; i++) {
		struct vehicle *vehicle = &fleet->vehicles[i];

		if (vehicle->market->car.welcomed) {
			welcomed++;
			continue;
		}
		under_way++;
		if (now - vehicle->sent < 1)
			continue;
		vehicle->sent = now;
		car_greet(&vehicle->market->car, vid);
		if (send(vehicle->fd, vid, sizeof(vid), 0) < 0 && errno != ECONNREFUSED)
			die(strerror(errno));
	}
	return welcomed == fleet->count;
}

static void get_ready(struct fleet *fleet)
{
	u32 i;

	fleet->vehicles = calloc(fleet->count, sizeof(struct vehicle));
	fleet->markets = calloc(fleet->count, sizeof(struct market_vehicle));
	if (!fleet->vehicles || !fleet->markets)
		die("out of memory");
	market_open(&fleet->market, fleet->markets, fleet->count);
	for (i = 0; i < fleet->count; i++) {
		struct vehicle *vehicle = &fleet->vehicles[i];

		vehicle->fleet = fleet;
		vehicle->market = &fleet->markets[i];
		memcpy(vehicle->market->car.gateway, fleet->gateway_key, 32);
		if (fleet->by_evidence)
			open_socket(vehicle, i);
	}
	if (fleet->by_evidence && !consortium_wait(fleet->consortium, (u32)(HELLO_S * 1000), all_welcomed, fleet))
		die("not all vehicles were admitted");
	for (i = 0; i < fleet->count; i++) {
		struct vehicle *vehicle = &fleet->vehicles[i];

		vehicle->courses = calloc(fleet->courses, sizeof(struct course));
		if (!vehicle->courses)
			die("out of memory");
		course_make(&vehicle->market->car, &vehicle->market->meter, !fleet->by_evidence, vehicle->courses,
			    fleet->courses);
	}
	fprintf(stderr, "fleet: %u vehicles are ready, %u sessions each\n", fleet->count, fleet->courses);
}

/* --- measuring --- */

static void begin_due(struct fleet *fleet, double now)
{
	u64 due = fleet->rate ? (u64)((now - fleet->began) * fleet->rate) : 0;
	u32 tries;

	if (!fleet->rate && !fleet->begun)
		due = fleet->count;
	for (tries = 0; fleet->begun < due && tries < fleet->count; tries++) {
		struct vehicle *vehicle = &fleet->vehicles[fleet->turn++ % fleet->count];

		if (!vehicle->busy)
			vehicle_begin(vehicle);
	}
}

static void send_again(struct fleet *fleet, double now)
{
	u32 i;

	if (now - fleet->looked < 0.1)
		return;
	fleet->looked = now;
	for (i = 0; i < fleet->count; i++)
		if (fleet->vehicles[i].busy && now - fleet->vehicles[i].sent > AGAIN_S) {
			fleet->figures.again++;
			vehicle_send(&fleet->vehicles[i]);
		}
}

static bool all_measured(void *arg)
{
	struct fleet *fleet = arg;
	double now = now_s();

	begin_due(fleet, now);
	if (fleet->by_evidence)
		send_again(fleet, now);
	if (fleet->invoker)
		invoker_tick(fleet->invoker);
	if (!fleet->measuring && now - fleet->began > fleet->warm) {
		fleet->measuring = true;
		fleet->measured_from = now;
		fleet->cpu_from = cpu_s();
		fprintf(stderr, "fleet: measuring\n");
	}
	if (!fleet->measuring || now - fleet->measured_from <= fleet->seconds)
		return false;
	fleet->ended = now;
	fprintf(stderr, "fleet: measured\n");
	return true;
}

static int by_size(const void *one, const void *other)
{
	float a = *(const float *)one, b = *(const float *)other;

	return a < b ? -1 : a > b;
}

static json_t *milliseconds(float *list, u32 count)
{
	qsort(list, count, sizeof(*list), by_size);
	return json_pack("{s:i, s:f, s:f, s:f}", "count", (int)count, "p50_ms",
			 count ? 1e3 * (double)list[count / 2] : 0.0, "p99_ms",
			 count ? 1e3 * (double)list[(u64)count * 99 / 100] : 0.0, "most_ms",
			 count ? 1e3 * (double)list[count - 1] : 0.0);
}

static void report(struct fleet *fleet)
{
	struct figures *figures = &fleet->figures;
	double seconds = fleet->ended - fleet->measured_from;
	u32 broken = 0, i;
	json_t *outcomes = json_object();

	for (i = 0; i < fleet->count; i++)
		broken += fleet->vehicles[i].broken;
	for (i = 1; i < LEDGER_OUTCOME_COUNT; i++)
		if (figures->outcomes[i])
			json_object_set_new(outcomes, ledger_outcome_word(i),
					    json_integer((json_int_t)figures->outcomes[i]));
	json_dumpf(json_pack("{s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:I, s:I, s:I, s:i, s:o, s:f}", "path",
			     fleet->by_evidence ? "evidence" : "signed", "vehicles", (int)fleet->count, "rate",
			     fleet->rate, "seconds", seconds, "sessions_per_second", figures->sessions / seconds,
			     "bills_per_second", (double)figures->bills / seconds, "transactions_per_second",
			     figures->steps / seconds, "start", milliseconds(figures->start, figures->starts), "step",
			     milliseconds(figures->step, figures->steps), "session",
			     milliseconds(figures->session, figures->sessions), "again", (json_int_t)figures->again,
			     "invalid", (json_int_t)figures->invalid, "refused", (json_int_t)figures->refused, "broken",
			     (int)broken, "outcomes", outcomes, "own_cpu", (cpu_s() - fleet->cpu_from) / seconds),
		   stdout, JSON_INDENT(1));
	putchar('\n');
}

static void measure(struct fleet *fleet)
{
	struct invoker_options options = {
		.consortium = fleet->consortium, .timeout_ms = 60000, .done = on_done, .arg = fleet
	};
	struct figures *figures = &fleet->figures;

	figures->start = malloc(LATENCIES_MAX * sizeof(float));
	figures->step = malloc(LATENCIES_MAX * sizeof(float));
	figures->session = malloc(LATENCIES_MAX * sizeof(float));
	if (!figures->start || !figures->step || !figures->session ||
	    (!fleet->by_evidence && invoker_new(&options, &fleet->invoker)))
		die("out of memory");
	fleet->idle = fleet->count;
	fleet->began = now_s();
	consortium_wait(fleet->consortium, 3600000, all_measured, fleet);
	report(fleet);
}

/* --- words --- */

static void take_hex(const char *word, u8 ret_bytes[32])
{
	size_t len;

	if (sodium_hex2bin(ret_bytes, 32, word, strlen(word), NULL, &len, NULL) || len != 32)
		die("64 hex digits are wanted");
}

static void open_consortium(struct fleet *fleet, const char *genesis_path, const char *certificate, const char *key)
{
	static struct membership genesis;
	struct consortium_options options = { .certificate = certificate, .key = key, .membership = &genesis };
	struct genesis_file_error file_error;
	struct identity_error error;
	u8 channel[32];

	if (!genesis_path || !certificate || !key)
		die("--genesis, --certificate and --key are wanted");
	if (genesis_file_read(genesis_path, &genesis, &file_error))
		die(file_error.text);
	membership_channel_id(&genesis, channel);
	options.channel = channel;
	if (consortium_new(&options, &fleet->consortium, &error))
		die(error.text);
	fleet->market.consortium = fleet->consortium;
}

static void take(struct fleet *fleet, int option, const char *value)
{
	struct org_key_error error;

	switch (option) {
	case 'a':
		if (org_key_secret(value, fleet->market.authority, &error))
			die(error.text);
		break;
	case 'n':
		take_hex(value, fleet->market.node);
		break;
	case 'v':
		fleet->count = (u32)strtoul(value, NULL, 10);
		break;
	case 'o':
		fleet->courses = (u32)strtoul(value, NULL, 10);
		break;
	case 'G':
		fleet->gateway = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(VG_VID_PORT) };
		if (inet_pton(AF_INET, value, &fleet->gateway.sin_addr) != 1)
			die("that is no address");
		fleet->by_evidence = true;
		break;
	case 'K':
		take_hex(value, fleet->gateway_key);
		break;
	case 's':
		fleet->market.stations = (u32)strtoul(value, NULL, 10);
		break;
	case 'r':
		fleet->rate = strtod(value, NULL);
		break;
	default:
		*(option == 'w' ? &fleet->warm : &fleet->seconds) = strtod(value, NULL);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "genesis", required_argument, NULL, 'g' },	 { "certificate", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },	 { "authority", required_argument, NULL, 'a' },
		{ "node", required_argument, NULL, 'n' },	 { "vehicles", required_argument, NULL, 'v' },
		{ "courses", required_argument, NULL, 'o' },	 { "gateway", required_argument, NULL, 'G' },
		{ "gateway-key", required_argument, NULL, 'K' }, { "stations", required_argument, NULL, 's' },
		{ "rate", required_argument, NULL, 'r' },	 { "warm", required_argument, NULL, 'w' },
		{ "seconds", required_argument, NULL, 'e' },	 { NULL, 0, NULL, 0 },
	};
	static struct fleet fleet = { .count = 100, .courses = 10, .warm = 2, .seconds = 6 };
	const char *genesis = NULL, *certificate = NULL, *key = NULL;
	int option;

	if (sodium_init() < 0)
		die("libsodium cannot start");
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return 1;
		if (option == 'g' || option == 'c' || option == 'k')
			*(option == 'g' ? &genesis : option == 'c' ? &certificate : &key) = optarg;
		else
			take(&fleet, option, optarg);
	}
	open_consortium(&fleet, genesis, certificate, key);
	get_ready(&fleet);
	measure(&fleet);
	return 0;
}
