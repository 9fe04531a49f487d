// SPDX-License-Identifier: GPL-2.0
/* options.c - reads the words, then checks that they make sense together. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "agent/source_text.h"
#include "agent/time_text.h"
#include "tools/sim/knock.h"
#include "tools/sim/options.h"
#include "tools/sim/option_word.h"

static const struct option words[] = {
	{ "interface", required_argument, NULL, 'i' },
	{ "to", required_argument, NULL, 't' },
	{ "to-mac", required_argument, NULL, 'M' },
	{ "from", required_argument, NULL, 'f' },
	{ "vlan", required_argument, NULL, 'V' },
	{ "mode", required_argument, NULL, 'm' },
	{ "count", required_argument, NULL, 'c' },
	{ "duration", required_argument, NULL, 'd' },
	{ "rate", required_argument, NULL, 'r' },
	{ "seed", required_argument, NULL, 's' },
	{ "sessions", required_argument, NULL, 'S' },
	{ "save", required_argument, NULL, 'w' },
	{ "vehicles", required_argument, NULL, 'n' },
	{ "gate", required_argument, NULL, 'g' },
	{ "lifetime", required_argument, NULL, 'L' },
	{ "threads", required_argument, NULL, 'T' },
	{ "payload", required_argument, NULL, 'p' },
	{ "from-port", required_argument, NULL, 'P' },
	{ "gateway-key", required_argument, NULL, 'k' },
	{ "cookie-secret", required_argument, NULL, 'K' },
	{ "expect", required_argument, NULL, 'e' },
	{ "clock-offset-us", required_argument, NULL, 'o' },
	{ "leap-seconds", required_argument, NULL, 'l' },
	{ "stale-us", required_argument, NULL, '1' },
	{ "future-us", required_argument, NULL, '2' },
	{ "session-rate", required_argument, NULL, '3' },
	{ "session-burst", required_argument, NULL, '4' },
	{ "first-sequence", required_argument, NULL, '5' },
	{ "its-stations", required_argument, NULL, '6' },
	{ "its-trust", required_argument, NULL, '7' },
	{ "headers", no_argument, NULL, 'H' },
	{ "udp", no_argument, NULL, 'u' },
	{ "add-only", no_argument, NULL, 'A' },
	{ "dry-run", no_argument, NULL, 'N' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

static const char *word_of(int letter)
{
	const struct option *word;

	for (word = words; word->name; word++) {
		if (word->val == letter)
			return word->name;
	}
	return "?";
}

static int refuse(int letter, const char *value, const char *remedy)
{
	fprintf(stderr, "voltgate-sim: --%s %s: %s\n", word_of(letter), value, remedy);
	return -EINVAL;
}

static int read_number(int letter, const char *value, u64 min, u64 max, u64 *ret_number)
{
	char remedy[96];

	if (!option_word_number(value, min, max, ret_number))
		return 0;
	snprintf(remedy, sizeof(remedy), "give a whole number from %llu to %llu.", (unsigned long long)min,
		 (unsigned long long)max);
	return refuse(letter, value, remedy);
}

static int read_number32(int letter, const char *value, u32 min, u32 max, u32 *ret_number)
{
	u64 number = 0;
	int ret = read_number(letter, value, min, max, &number);

	if (!ret)
		*ret_number = (u32)number;
	return ret;
}

static int read_to(struct options *options, const char *value)
{
	struct route *route = &options->plan.route;
	struct vg_source to;
	u32 bits;

	if (source_text_parse(value, &to, &bits) || bits != vg_source_bits(to.family) || to.family == VG_SOURCE_MAC)
		return refuse('t', value, "give the gateway's IPv4 or IPv6 address.");
	if (to.family == VG_SOURCE_IPV4) {
		route->has4 = true;
		memcpy(&route->to4, to.addr, 4);
	} else {
		route->has6 = true;
		memcpy(&route->to6, to.addr, 16);
	}
	return 0;
}

static int read_from(struct options *options, const char *value)
{
	struct route *route = &options->plan.route;
	struct vg_source from;
	u32 bits;

	if (source_text_parse(value, &from, &bits) || from.family == VG_SOURCE_MAC)
		return refuse('f', value, "give a source prefix such as 10.7.0.0/16 or fd00:7::/64.");
	if (from.family == VG_SOURCE_IPV4) {
		memcpy(&route->from4, from.addr, 4);
		route->from4_bits = bits;
	} else {
		memcpy(&route->from6, from.addr, 16);
		route->from6_bits = bits;
	}
	return 0;
}

static int read_to_mac(struct options *options, const char *value)
{
	struct vg_source mac;
	u32 bits;

	if (source_text_parse(value, &mac, &bits) || mac.family != VG_SOURCE_MAC || bits != 48)
		return refuse('M', value, "give a MAC address such as 02:00:00:00:00:01.");
	memcpy(options->plan.route.to_mac, mac.addr, 6);
	return 0;
}

static int read_expect(struct options *options, const char *value)
{
	int reason;

	for (reason = 0; reason < VG_REASON_COUNT; reason++) {
		if (!strcmp(vg_reason_word(reason), value)) {
			options->plan.expect = reason;
			return 0;
		}
	}
	return refuse('e', value, "is no reason; `voltgate counters` shows the words.");
}

static int read_offset(struct options *options, const char *value)
{
	char *end;

	errno = 0;
	options->clock_offset_us = strtoll(value, &end, 10);
	return !*value || *end || errno ? refuse('o', value, "give microseconds, with a sign if need be.") : 0;
}

static int read_gateway_key(struct options *options, const char *value)
{
	u8 key[NOISE_KEY_LEN];
	size_t len;

	if (sodium_hex2bin(key, sizeof(key), value, strlen(value), NULL, &len, NULL) || len != sizeof(key))
		return refuse('k', value, "give the gateway's X25519 public key, 64 hex digits.");
	hello_mac1_key(key, &options->plan.mac1_key);
	options->has_mac1_key = true;
	return 0;
}

static int read_cookie_secret(struct options *options, const char *path)
{
	int ret = option_word_secret(path, &options->plan.cookie_secret);

	if (ret == -EPERM)
		return refuse('K', path, "the file can be read by others; run chmod 600 on it.");
	if (ret)
		return refuse('K', path, "give a file that holds the gate's cookie secret, 32 hex digits.");
	options->has_cookie_secret = true;
	return 0;
}

static int read_plan_word(struct options *options, int letter, char *value)
{
	struct craft_plan *plan = &options->plan;
	char reason[160];
	u64 number = 0;
	int ret = 0;

	switch (letter) {
	case 'm':
		if (option_word_modes(value, plan, reason, sizeof(reason)))
			return refuse(letter, value, reason);
		return 0;
	case 'V':
		if (option_word_vlans(value, &plan->route))
			return refuse(letter, value, "give a VLAN id from 1 to 4094, or two as OUTER.INNER.");
		return 0;
	case 'p':
		ret = read_number(letter, value, 0, VG_VID_PAYLOAD_MAX, &number);
		plan->payload_len = (int)number;
		return ret;
	case 'P':
		ret = read_number(letter, value, 1, 65535, &number);
		plan->from_port = (u16)number;
		return ret;
	case '1':
		ret = read_number(letter, value, 1000, 3600000000ULL, &number);
		plan->oracle.stale_us = (s64)number;
		return ret;
	case '2':
		ret = read_number(letter, value, 0, 3600000000ULL, &number);
		plan->oracle.future_us = (s64)number;
		return ret;
	case '4':
		return read_number32(letter, value, 1, 1000000, &plan->session_burst);
	case 'H':
		plan->route.headers = true;
		return 0;
	}
	return letter == 't'   ? read_to(options, value)
	       : letter == 'f' ? read_from(options, value)
	       : letter == 'M' ? read_to_mac(options, value)
	       : letter == 'e' ? read_expect(options, value)
	       : letter == 'k' ? read_gateway_key(options, value)
			       : read_cookie_secret(options, value);
}

static int read_run_number(struct options *options, int letter, const char *value)
{
	switch (letter) {
	case 'c':
		return read_number(letter, value, 0, 1000000000000ULL, &options->count);
	case 'r':
		return read_number(letter, value, 0, 100000000, &options->rate);
	case 's':
		return read_number(letter, value, 1, ~0ULL, &options->seed);
	case 'n':
		return read_number32(letter, value, 1, FLEET_MAX, &options->vehicles);
	case 'T':
		return read_number32(letter, value, 1, OPTIONS_THREADS_MAX, &options->threads);
	case 'l':
		return read_number32(letter, value, 0, 255, &options->leap_seconds);
	case '3':
		return read_number32(letter, value, 0, 1000000000, &options->session_rate);
	case '5':
		return read_number(letter, value, 1, ~0ULL, &options->first_sequence);
	default:
		return read_number32(letter, value, 1, 10000, &options->its_stations);
	}
}

static int read_word(struct options *options, int letter, char *value)
{
	switch (letter) {
	case 'i':
		options->interface = value;
		return strlen(value) < 16 ? 0 : refuse(letter, value, "is too long for an interface.");
	case 'd':
		return time_text_duration(value, &options->duration_us)
			       ? refuse(letter, value, "give a duration such as 30s or 5m.")
			       : 0;
	case 'L':
		return time_text_duration(value, &options->lifetime_us)
			       ? refuse(letter, value, "give a duration such as 30s or 8h.")
			       : 0;
	case 'S':
		options->sessions = value;
		return 0;
	case 'w':
		options->save = value;
		return 0;
	case 'g':
		options->gate = value;
		return 0;
	case '7':
		options->its_trust = value;
		return 0;
	case 'o':
		return read_offset(options, value);
	case 'u':
		options->udp = true;
		return 0;
	case 'A':
		options->add_only = true;
		return 0;
	case 'N':
		options->dry_run = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	}
	return strchr("crsnTl356", letter) ? read_run_number(options, letter, value)
					   : read_plan_word(options, letter, value);
}

static void options_default(struct options *options)
{
	memset(options, 0, sizeof(*options));
	options->count = 10000;
	options->duration_us = 10000000;
	options->rate = 1000;
	options->lifetime_us = 3600000000ULL;
	options->leap_seconds = 5;
	options->session_rate = 100;
	options->threads = 1;
	options->its_stations = 8;
	options->plan.session_burst = 200;
	options->plan.expect = -1;
	options->plan.payload_len = -1;
	options->plan.from_port = 47801;
	options->plan.oracle.stale_us = 2000000;
	options->plan.oracle.future_us = 500000;
}

int options_read(struct options *ret_options, int argc, char **argv)
{
	int letter, ret;

	options_default(ret_options);
	while ((letter = getopt_long(argc, argv, "i:t:M:f:m:c:d:r:s:S:w:n:g:L:T:p:jhvN", words, NULL)) != -1) {
		if (letter == 'h') {
			options_help();
			return 1;
		}
		if (letter == 'v') {
			printf("voltgate-sim %s\n", VOLTGATE_VERSION);
			return 1;
		}
		if (letter == '?')
			return -EINVAL;
		ret = read_word(ret_options, letter, optarg);
		if (ret)
			return ret;
	}
	if (optind < argc) {
		fprintf(stderr, "voltgate-sim: %s: not an option; voltgate-sim --help lists them.\n", argv[optind]);
		return -EINVAL;
	}
	return option_word_check(ret_options);
}
