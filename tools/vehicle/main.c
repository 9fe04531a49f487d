// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - voltgate-vehicle: a vehicle at a gateway, simulated. Words say what
 * it agrees to, and then what it does, step by step (steps.h); what happened comes out line by line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/vehicle/steps.h"
#include "tools/vehicle/wallet_folder.h"
#include "tools/voltgate/key_file.h"

enum { EXIT_WORDS = 1, EXIT_REFUSED = 2, EXIT_UNREACHABLE = 3 };

struct words {
	const char *gateway, *wallet;
	bool json, keyed;
};

static const struct option options[] = {
	{ "gateway", required_argument, NULL, 'g' },  { "key", required_argument, NULL, 'k' },
	{ "wallet", required_argument, NULL, 'w' },   { "station", required_argument, NULL, 's' },
	{ "charger", required_argument, NULL, 'c' },  { "tariff", required_argument, NULL, 't' },
	{ "price", required_argument, NULL, 'p' },    { "energy", required_argument, NULL, 'e' },
	{ "cable", required_argument, NULL, 'C' },    { "charging", required_argument, NULL, 'i' },
	{ "patience", required_argument, NULL, 'P' }, { "retry", required_argument, NULL, 'r' },
	{ "device", required_argument, NULL, 'd' },   { "prefix", required_argument, NULL, 'x' },
	{ "json", no_argument, NULL, 'j' },	      { "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },	      { NULL, 0, NULL, 0 },
};

static int usage(FILE *out, int status)
{
	fprintf(out,
		"usage: voltgate-vehicle --gateway ADDRESS[:PORT] --key HEX --wallet FOLDER [OPTION...] STEP...\n"
		"  -g, --gateway ADDRESS   of the gateway\n"
		"  -k, --key HEX           the gateway's X25519 key ('voltgate status' shows it)\n"
		"  -w, --wallet FOLDER     as 'voltgate wallet create' made it\n"
		"  -s, --station HEX       the station, where the gateway's welcome names none\n"
		"  -c, --charger N         its charger (1)\n"
		"  -t, --tariff N          the tariff's version agreed to (1)\n"
		"  -p, --price N           highest price, 1/10000 yuan per kWh (20000)\n"
		"  -e, --energy N          most energy, Wh (50000)\n"
		"  -C, --cable PATH        the charger's socket (voltgate-station)\n"
		"  -i, --charging HEX      a charging session that began at another gateway\n"
		"  -P, --patience MS       for one step (15000)\n"
		"  -r, --retry MS          until the same is sent again (1000)\n"
		"  -d, --device NAME       gets a new MAC and IPv6 address with each session (needs CAP_NET_ADMIN)\n"
		"  -x, --prefix ADDRESS    the /64 that these addresses are of\n"
		"  -j, --json              one JSON object a line\n"
		"Steps: %s.\n",
		steps_words());
	return status;
}

static int wrong(const char *what, const char *value, const char *remedy)
{
	fprintf(stderr, "voltgate-vehicle: %s \"%.80s\" %s\n", what, value, remedy);
	return EXIT_WORDS;
}

static int take_hex(const char *what, const char *value, uint8_t ret_bytes[32])
{
	return key_file_hex(value, ret_bytes, 32) ? wrong(what, value, "is not 64 hex digits") : 0;
}

static int take_number(const char *what, const char *value, uint64_t most, uint64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(value, &end, 10);
	if (errno || end == value || *end || *value == '-' || *ret_number > most)
		return wrong(what, value, "is not a number that fits");
	return 0;
}

static int take_numbers(struct vehicle *vehicle, int option, const char *value)
{
	struct vehicle_terms *terms = &vehicle->terms;
	uint64_t number = 0;
	int status;

	status = take_number("the option's value", value,
			     option == 'c'		      ? 65535
			     : option == 't'		      ? UINT32_MAX
			     : option == 'P' || option == 'r' ? 86400000
							      : UINT64_MAX,
			     &number);
	switch (option) {
	case 'c':
		terms->charger = (unsigned int)number;
		break;
	case 't':
		terms->tariff = (uint32_t)number;
		break;
	case 'p':
		terms->price = number;
		break;
	case 'e':
		terms->energy = number;
		break;
	case 'P':
		terms->patience_us = number * 1000;
		break;
	default:
		terms->retry_us = (number ? number : 1) * 1000;
	}
	return status;
}

static int take_option(struct vehicle *vehicle, struct words *words, int option, const char *value)
{
	switch (option) {
	case 'g':
		words->gateway = value;
		return radio_gateway(&vehicle->radio, value) ? wrong("--gateway", value, "is no address") : 0;
	case 'k':
		words->keyed = true;
		return take_hex("--key", value, vehicle->terms.gateway);
	case 'w':
		words->wallet = value;
		return 0;
	case 's':
		return take_hex("--station", value, vehicle->terms.station);
	case 'i':
		vehicle->begun = true;
		return take_hex("--charging", value, vehicle->charging);
	case 'C':
		vehicle->terms.cable = value;
		return 0;
	case 'd':
		vehicle->radio.device = value;
		return 0;
	case 'x':
		return inet_pton(AF_INET6, value, &vehicle->radio.prefix) == 1
			       ? 0
			       : wrong("--prefix", value, "is no IPv6 address");
	case 'j':
		words->json = true;
		return 0;
	default:
		return take_numbers(vehicle, option, value);
	}
}

static int take_words(struct vehicle *vehicle, struct words *words, int argc, char **argv)
{
	int option, status = 0, at;

	while (!status && (option = getopt_long(argc, argv, "g:k:w:s:c:t:p:e:C:i:P:r:d:x:jVh", options, NULL)) != -1) {
		if (option == 'h')
			exit(usage(stdout, 0));
		if (option == 'V') {
			printf("voltgate-vehicle %s\n", VOLTGATE_VERSION);
			exit(0);
		}
		status = option == '?' ? usage(stderr, EXIT_WORDS) : take_option(vehicle, words, option, optarg);
	}
	if (status)
		return status;
	if (!words->gateway || !words->keyed || !words->wallet || optind >= argc)
		return usage(stderr, EXIT_WORDS);
	if (vehicle->radio.device && vehicle->radio.gateway.any.sa_family != AF_INET6)
		return wrong("--device", vehicle->radio.device,
			     "gets IPv6 addresses: name the gateway by its IPv6 address");
	for (at = optind; at < argc; at++)
		if (!steps_known(argv[at]))
			return wrong("the step", argv[at], "is not known; --help lists them");
	return 0;
}

static void tell(const struct words *words, const json_t *told)
{
	const char *key;
	json_t *value;
	char *text;

	if (words->json) {
		json_dumpf(told, stdout, JSON_COMPACT);
		printf("\n");
		fflush(stdout);
		return;
	}
	json_object_foreach ((json_t *)told, key, value) {
		text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		if (!strcmp(key, "do"))
			printf("%s\n", json_string_value(value));
		else if (text)
			printf("  %-10s %s\n", key, json_is_string(value) ? json_string_value(value) : text);
		free(text);
	}
	fflush(stdout);
}

static int drive(struct vehicle *vehicle, const struct words *words, char **steps)
{
	struct vehicle_error error = { "" };
	json_t *told;
	int err = 0;

	for (; !err && *steps; steps++) {
		err = steps_do(vehicle, *steps, &told, &error);
		if (told)
			tell(words, told);
		else
			fprintf(stderr, "voltgate-vehicle: %s: %s\n", *steps, error.text);
		json_decref(told);
	}
	return err == -ETIMEDOUT ? EXIT_UNREACHABLE : err ? EXIT_REFUSED : 0;
}

int main(int argc, char **argv)
{
	struct vehicle vehicle = {
		.terms = { .charger = 1,
			   .tariff = 1,
			   .price = 20000,
			   .energy = 50000,
			   .patience_us = 15000000,
			   .retry_us = 1000000 },
		.radio.fd = -1,
	};
	struct wallet_folder_error error;
	struct words words = { NULL };
	int status;

	if (sodium_init() < 0)
		return EXIT_REFUSED;
	status = take_words(&vehicle, &words, argc, argv);
	if (!status && wallet_folder_read(words.wallet, &vehicle.wallet, &error)) {
		fprintf(stderr, "voltgate-vehicle: %s\n", error.text);
		status = EXIT_WORDS;
	}
	if (!status)
		status = drive(&vehicle, &words, argv + optind);
	vehicle_done(&vehicle);
	return status;
}
