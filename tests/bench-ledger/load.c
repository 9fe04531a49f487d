// SPDX-License-Identifier: GPL-2.0
/*
 * load.c - loads a running channel and measures: what was made beforehand
 * (deal.h) goes to the nodes in batches by SubmitStream, at most so many
 * transactions under way at once, or at a given rate. One JSON object on standard output.
 *
 *   load --genesis FILE --certificate FILE --key FILE [--node HOST:PORT]... --kind o|a|A|b [--authority FILE
 *        --endorser FILE --endorser FILE] [--payload BYTES] [--clients N] [--count N] [--batch N] [--inflight N]
 *        [--rate N] [--warm SECONDS] [--seconds SECONDS] [--keys N] [--writes N]
 *        [--together N] [--seed N] [--settle N] [--ready FILE]
 *
 * Latency: from handing a batch to the connection to the answer that says that the transaction is committed and on
 * the disk of the node asked. A transaction that is refused for lack of room is sent again. Measuring begins after
 * --warm and when --settle transactions were committed; --ready is made then.
 */
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/net/grpc.h"
#include "ledger/outcome.h"
#include "tests/bench-ledger/deal.h"
#include "tools/voltgate/genesis_file.h"

#define NODES_MAX 64
#define OUTCOMES_MAX 32
#define BIN_MS 10
#define BINS_MAX 60000

enum phase { PHASE_CONNECT, PHASE_ENROL, PHASE_WARM, PHASE_MEASURE, PHASE_END };

struct link {
	struct load *load;
	struct grpc_client *client;
	struct grpc_call *call;
	const char *address;
	u32 under_way;
};

struct load {
	struct event_base *base;
	struct event *tick;
	struct identity_tls *tls;
	struct membership genesis;
	struct deal_options deal_options;
	struct deal deal;
	u8 channel[32];
	const char *genesis_path, *certificate, *key, *ready;
	struct link links[NODES_MAX];
	u32 link_count, batch, inflight, rate, settle;
	double warm_s, seconds;
	enum phase phase;
	/* Transactions by number: those of the deal, then the enrolments. */
	double *sent_at; /* 0: not under way */
	u8 *link_of;
	u32 next, under_way, enrolled, turn;
	u32 *again; /* ring of numbers to send again */
	u32 again_from, again_count;
	double start, measured_from, ended, cpu_from; /* cpu_from: this process's own CPU time when measuring began */
	/* Counts while measuring. */
	u64 committed, busy, refused, lost, resent, outcomes[OUTCOMES_MAX];
	float *latencies;
	u32 latency_count;
	u32 bins[BINS_MAX]; /* commits in each 10 ms since measuring began */
	double last_commit, longest_gap;
	u8 *message;
	size_t message_room;
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

__attribute__((noreturn)) static void die(const char *what, const char *more)
{
	fprintf(stderr, "load: %s %s\n", what, more);
	exit(1);
}

static void *must(void *memory)
{
	if (!memory)
		die("out of memory", "");
	return memory;
}

/* --- protobuf by hand: SubmitBatch out, SubmitResults in (agent/node/voltgate.proto) --- */

static u8 *put_varint(u8 *at, u64 value)
{
	for (; value >= 0x80; value >>= 7)
		*at++ = (u8)value | 0x80;
	*at++ = (u8)value;
	return at;
}

static u64 get_varint(struct reader *reader)
{
	u64 value = 0;
	u32 shift;
	u8 byte;

	for (shift = 0; shift < 64; shift += 7) {
		byte = reader_u8(reader);
		value |= (u64)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	reader->bad = true;
	return 0;
}

static struct span transaction_of(const struct load *load, u32 number)
{
	return number < load->deal.count ? load->deal.transactions[number]
					 : load->deal.enrolments[number - load->deal.count];
}

static struct span encode_batch(struct load *load, u32 first, u32 count)
{
	size_t size = 64;
	struct span transaction;
	u8 *at;
	u32 i;

	for (i = 0; i < count; i++)
		size += transaction_of(load, first + i).len + 8;
	if (size > load->message_room) {
		load->message = must(realloc(load->message, size * 2));
		load->message_room = size * 2;
	}
	at = load->message;
	*at++ = 1 << 3 | 2;
	at = put_varint(at, 32);
	memcpy(at, load->channel, 32);
	at += 32;
	*at++ = 2 << 3;
	at = put_varint(at, first);
	for (i = 0; i < count; i++) {
		transaction = transaction_of(load, first + i);
		*at++ = 3 << 3 | 2;
		at = put_varint(at, transaction.len);
		memcpy(at, transaction.bytes, transaction.len);
		at += transaction.len;
	}
	return (struct span){ load->message, (size_t)(at - load->message) };
}

/* --- sending --- */

/* A link that is up and has room, taking turns; NULL: none. */
static struct link *choose_link(struct load *load)
{
	struct link *link;
	u32 i;

	for (i = 0; i < load->link_count; i++) {
		link = &load->links[load->turn++ % load->link_count];
		if (link->call && grpc_call_room(link->call))
			return link;
	}
	return NULL;
}

static bool send_batch(struct load *load, u32 first, u32 count)
{
	struct link *link = choose_link(load);
	double now = now_s();
	u32 i;

	if (!link || grpc_call_send(link->call, encode_batch(load, first, count)))
		return false;
	for (i = 0; i < count; i++) {
		load->sent_at[first + i] = now;
		load->link_of[first + i] = (u8)(link - load->links);
	}
	link->under_way += count;
	load->under_way += count;
	return true;
}

static u32 all_count(const struct load *load)
{
	return load->deal.count + load->deal.enrolment_count;
}

static void send_later(struct load *load, u32 number)
{
	load->again[(load->again_from + load->again_count++) % all_count(load)] = number;
}

static bool send_again(struct load *load)
{
	u32 number = load->again[load->again_from];

	if (!send_batch(load, number, 1))
		return false;
	load->again_from = (load->again_from + 1) % all_count(load);
	load->again_count--;
	load->resent++;
	return true;
}

/* How many may be sent now. */
static u32 allowance(const struct load *load)
{
	double due;
	u32 room;

	if (load->phase == PHASE_ENROL)
		return 4096 > load->under_way ? 4096 - load->under_way : 0;
	room = load->inflight > load->under_way ? load->inflight - load->under_way : 0;
	if (!load->rate)
		return room;
	due = (now_s() - load->start) * load->rate;
	return due > load->next ? (u32)(due - load->next) < room ? (u32)(due - load->next) : room : 0;
}

static void pump(struct load *load)
{
	u32 *next = load->phase == PHASE_ENROL ? &load->enrolled : &load->next, count, most, room;

	if (load->phase == PHASE_CONNECT || load->phase == PHASE_END)
		return;
	while (load->again_count && load->under_way < load->inflight && send_again(load))
		;
	for (;;) {
		most = (load->phase == PHASE_ENROL ? all_count(load) : load->deal.count) - *next;
		room = allowance(load);
		count = room < load->batch ? room : load->batch;
		if (count > most)
			count = most;
		/* At saturation whole batches only: crumbs would cost more than they carry. */
		if (!count || (!load->rate && count < load->batch && count < most) || !send_batch(load, *next, count))
			return;
		*next += count;
	}
}

/* --- answers --- */

static void note_commit(struct load *load, u32 number, u32 outcome, double now)
{
	u64 bin;

	load->outcomes[outcome < OUTCOMES_MAX ? outcome : OUTCOMES_MAX - 1]++;
	if (load->phase != PHASE_MEASURE || outcome != LEDGER_VALID)
		return;
	load->committed++;
	load->latencies[load->latency_count++] = (float)((now - load->sent_at[number]) * 1e3);
	bin = (u64)((now - load->measured_from) * 1e3 / BIN_MS);
	if (bin < BINS_MAX)
		load->bins[bin]++;
	if (now - load->last_commit > load->longest_gap)
		load->longest_gap = now - load->last_commit;
	load->last_commit = now;
}

static void take_result(struct load *load, struct span bytes, double now)
{
	u64 field, value, number = 0, kind = 0, outcome = 0;
	struct reader reader;

	reader_init(&reader, bytes.bytes, bytes.len);
	while (reader_left(&reader) && !reader.bad) {
		field = get_varint(&reader);
		value = get_varint(&reader);
		if (field == 1 << 3)
			number = value;
		else if (field == 2 << 3)
			kind = value;
		else if (field == 5 << 3)
			outcome = value;
	}
	if (reader.bad || number >= all_count(load) || !load->sent_at[number])
		return;
	load->links[load->link_of[number]].under_way--;
	load->under_way--;
	if (kind == 0) {
		note_commit(load, (u32)number, (u32)outcome, now);
	} else if (kind == 1) {
		load->refused++;
		load->outcomes[outcome < OUTCOMES_MAX ? outcome : OUTCOMES_MAX - 1]++;
	} else {
		load->busy++;
		send_later(load, (u32)number);
	}
	load->sent_at[number] = 0;
}

static void on_message(void *arg, struct span message)
{
	struct link *link = arg;
	double now = now_s();
	struct reader reader;
	struct span result;

	reader_init(&reader, message.bytes, message.len);
	while (reader_left(&reader) && !reader.bad) {
		if (get_varint(&reader) != (1 << 3 | 2))
			return;
		result.len = get_varint(&reader);
		result.bytes = reader_bytes(&reader, result.len);
		if (result.bytes)
			take_result(link->load, result, now);
	}
	pump(link->load);
}

static void on_writable(void *arg)
{
	pump(((struct link *)arg)->load);
}

/* The call is gone: what was under way there goes to other nodes. */
static void on_finished(void *arg, enum grpc_status status, const char *text)
{
	struct link *link = arg;
	struct load *load = link->load;
	u32 number;

	link->call = NULL;
	if (status && load->phase < PHASE_END)
		fprintf(stderr, "load: %s ended the stream with %d: %s\n", link->address, status, text ? text : "");
	for (number = 0; number < all_count(load); number++)
		if (load->sent_at[number] && load->link_of[number] == link - load->links) {
			load->sent_at[number] = 0;
			load->under_way--;
			load->lost++;
			send_later(load, number);
		}
	link->under_way = 0;
}

static void on_state(void *arg, enum grpc_client_state state, const char *why)
{
	struct link *link = arg;
	struct grpc_answer answer = {
		.message = on_message, .writable = on_writable, .finished = on_finished, .arg = link
	};

	if (state == GRPC_CLIENT_DOWN && why && *why && link->load->phase == PHASE_CONNECT)
		fprintf(stderr, "load: %s: %s\n", link->address, why);
	if (state == GRPC_CLIENT_UP && !link->call)
		grpc_client_call(link->client, "/voltgate.v1.Ledger/SubmitStream", 0, &answer, &link->call);
}

/* --- phases --- */

static bool all_up(const struct load *load)
{
	u32 i;

	for (i = 0; i < load->link_count; i++)
		if (!load->links[i].call)
			return false;
	return true;
}

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure_begin(struct load *load, double now)
{
	load->cpu_from = cpu_s();
	load->phase = PHASE_MEASURE;
	load->measured_from = load->last_commit = now;
	load->busy = load->refused = load->lost = load->resent = 0;
	memset(load->outcomes, 0, sizeof(load->outcomes));
	if (load->ready)
		close(open(load->ready, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct load *load = arg;
	double now = now_s();

	(void)fd, (void)what;
	if (load->phase == PHASE_CONNECT && now - load->start > 20)
		die("not all nodes answer within 20 s", "");
	if (load->phase == PHASE_CONNECT && all_up(load)) {
		load->phase = PHASE_ENROL;
		load->enrolled = load->deal.count;
	}
	if (load->phase == PHASE_ENROL && now - load->start > 60)
		die("the clients are not enrolled within a minute: does the channel commit?", "");
	if (load->phase == PHASE_ENROL && load->enrolled == all_count(load) && !load->under_way && !load->again_count) {
		if (load->deal.enrolment_count && load->outcomes[LEDGER_VALID] != load->deal.enrolment_count)
			die("not all clients could be enrolled", "");
		load->phase = PHASE_WARM;
		load->start = now;
	}
	if (load->phase == PHASE_WARM && now - load->start >= load->warm_s &&
	    load->outcomes[LEDGER_VALID] >= load->deal.enrolment_count + load->settle)
		measure_begin(load, now);
	if (load->phase == PHASE_MEASURE &&
	    (now - load->measured_from >= load->seconds ||
	     (load->next == load->deal.count && !load->under_way && !load->again_count))) {
		load->phase = PHASE_END;
		load->ended = now;
		if (now - load->last_commit > load->longest_gap)
			load->longest_gap = now - load->last_commit;
		event_base_loopbreak(load->base);
	}
	pump(load);
}

/* --- result --- */

static int float_order(const void *one, const void *other)
{
	float a = *(const float *)one, b = *(const float *)other;

	return a < b ? -1 : a > b;
}

static double quantile(const struct load *load, double part)
{
	return load->latency_count ? (double)load->latencies[(u32)((load->latency_count - 1) * part)] : 0;
}

static void report(struct load *load)
{
	double span = load->ended - load->measured_from;
	json_t *object, *outcomes = json_object(), *bins = json_array();
	double cpu = cpu_s() - load->cpu_from;
	u32 i, last = (u32)(span * 1e3 / BIN_MS);

	qsort(load->latencies, load->latency_count, sizeof(float), float_order);
	for (i = 0; i < OUTCOMES_MAX; i++)
		if (load->outcomes[i])
			json_object_set_new(outcomes, ledger_outcome_word(i),
					    json_integer((json_int_t)load->outcomes[i]));
	for (i = 0; i < last && i < BINS_MAX; i++)
		json_array_append_new(bins, json_integer(load->bins[i]));
	object = json_pack("{s:f, s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:f, s:o, s:b, s:o}",
			   "seconds", span, "per_second", (double)load->committed / span, "committed",
			   (json_int_t)load->committed, "p50_ms", quantile(load, 0.5), "p90_ms", quantile(load, 0.9),
			   "p99_ms", quantile(load, 0.99), "most_ms", quantile(load, 1), "longest_gap_s",
			   load->longest_gap, "busy", (json_int_t)load->busy, "refused", (json_int_t)load->refused,
			   "lost", (json_int_t)load->lost, "resent", (json_int_t)load->resent, "loader_cpu_s", cpu,
			   "outcomes", outcomes, "exhausted", load->next == load->deal.count, "bins_10ms", bins);
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

/* --- setting up --- */

static void connect_all(struct load *load)
{
	struct identity_authority authorities[MEMBERSHIP_ORGANISATIONS_MAX];
	struct grpc_client_options options = { .tls = load->tls, .state = on_state };
	struct identity_error error;
	u32 i;

	if (identity_tls_open(load->certificate, load->key, &load->tls, &error))
		die(error.text, "");
	for (i = 0; i < load->genesis.organisation_count; i++) {
		snprintf(authorities[i].organisation, sizeof(authorities[i].organisation), "%s",
			 load->genesis.organisations[i].name);
		memcpy(authorities[i].key, load->genesis.organisations[i].authority, 32);
	}
	if (identity_tls_trust(load->tls, authorities, load->genesis.organisation_count, NULL, 0))
		die("the authorities cannot be trusted", "");
	for (i = 0; !load->link_count && i < load->genesis.node_count; i++)
		load->links[i].address = load->genesis.nodes[i].address;
	if (!load->link_count)
		load->link_count = i;
	grpc_limits_default(&options.limits);
	options.tls = load->tls;
	for (i = 0; i < load->link_count; i++) {
		load->links[i].load = load;
		options.address = load->links[i].address;
		options.arg = &load->links[i];
		if (grpc_client_open(load->base, &options, &load->links[i].client, &error))
			die(error.text, "");
	}
}

static void take_option(struct load *load, const char *name, const char *value)
{
	struct deal_options *deal = &load->deal_options;

	if (!strcmp(name, "genesis"))
		load->genesis_path = value;
	else if (!strcmp(name, "certificate"))
		load->certificate = value;
	else if (!strcmp(name, "key"))
		load->key = value;
	else if (!strcmp(name, "ready"))
		load->ready = value;
	else if (!strcmp(name, "node") && load->link_count < NODES_MAX)
		load->links[load->link_count++].address = value;
	else if (!strcmp(name, "kind"))
		deal->kind = value[0];
	else if (!strcmp(name, "authority"))
		deal->authority = value;
	else if (!strcmp(name, "endorser"))
		deal->endorsers[deal->endorsers[0] ? 1 : 0] = value;
	else if (!strcmp(name, "payload"))
		deal->payload = (u32)atoi(value);
	else if (!strcmp(name, "clients"))
		deal->clients = (u32)atoi(value);
	else if (!strcmp(name, "count"))
		deal->count = (u32)atoi(value);
	else if (!strcmp(name, "writes"))
		deal->writes = (u32)atoi(value);
	else if (!strcmp(name, "keys"))
		deal->keys = (u64)atoll(value);
	else if (!strcmp(name, "together"))
		deal->together = (u32)atoi(value);
	else if (!strcmp(name, "seed"))
		deal->seed = (u64)atoll(value);
	else if (!strcmp(name, "batch"))
		load->batch = (u32)atoi(value);
	else if (!strcmp(name, "inflight"))
		load->inflight = (u32)atoi(value);
	else if (!strcmp(name, "rate"))
		load->rate = (u32)atoi(value);
	else if (!strcmp(name, "settle"))
		load->settle = (u32)atoi(value);
	else if (!strcmp(name, "warm"))
		load->warm_s = atof(value);
	else if (!strcmp(name, "seconds"))
		load->seconds = atof(value);
	else
		die("unknown option", name);
}

static void take_words(struct load *load, int argc, char **argv)
{
	int at;

	load->deal_options = (struct deal_options){ .kind = 'o', .payload = 100, .clients = 200, .count = 100000 };
	load->batch = 100;
	load->inflight = 4000;
	load->warm_s = 1;
	load->seconds = 5;
	for (at = 1; at < argc; at += 2) {
		if (strncmp(argv[at], "--", 2) || at + 1 >= argc)
			die("options come in pairs:", argv[at]);
		take_option(load, argv[at] + 2, argv[at + 1]);
	}
	if (!load->genesis_path || !load->certificate || !load->key || !load->deal_options.count ||
	    !load->deal_options.clients || load->deal_options.clients > DEAL_CLIENTS_MAX || !load->batch)
		die("--genesis, --certificate and --key are needed, and counts above 0", "");
}

int main(int argc, char **argv)
{
	static struct load load;
	struct timeval every = { 0, 1000 };
	struct genesis_file_error error;
	u32 count;

	if (sodium_init() < 0)
		return 1;
	take_words(&load, argc, argv);
	if (genesis_file_read(load.genesis_path, &load.genesis, &error))
		die(error.text, "");
	membership_channel_id(&load.genesis, load.channel);
	load.deal_options.genesis = &load.genesis;
	load.deal_options.now = deal_now();
	deal_make(&load.deal_options, &load.deal);
	count = all_count(&load);
	load.sent_at = must(calloc(count, sizeof(double)));
	load.link_of = must(calloc(count, 1));
	load.again = must(calloc(count, sizeof(u32)));
	load.latencies = must(calloc(count, sizeof(float)));
	load.base = must(event_base_new());
	load.start = now_s();
	connect_all(&load);
	load.tick = must(event_new(load.base, -1, EV_PERSIST, on_tick, &load));
	event_add(load.tick, &every);
	event_base_dispatch(load.base);
	report(&load);
	return 0;
}
