// SPDX-License-Identifier: GPL-2.0
/* option_word.c - values and rules of the command line. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/sim/option_word.h"

int option_word_number(const char *text, u64 min, u64 max, u64 *ret_number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	return *end || errno || *ret_number < min || *ret_number > max ? -EINVAL : 0;
}

int option_word_modes(const char *text, struct craft_plan *plan, char *ret_why, size_t why_len)
{
	u64 weight;
	int mode;

	while (*text) {
		size_t len = strcspn(text, ",:");
		char digits[8] = "1";

		mode = mode_find(text, len);
		if (mode < 0) {
			snprintf(ret_why, why_len, "%.*s is no mode; voltgate-sim --help lists them.",
				 len < 40 ? (int)len : 40, text);
			return -EINVAL;
		}
		text += len;
		if (*text == ':') {
			len = strcspn(++text, ",");
			snprintf(digits, sizeof(digits), "%.*s", len < 7 ? (int)len : 7, text);
			text += len;
		}
		if (option_word_number(digits, 1, 100000, &weight)) {
			snprintf(ret_why, why_len, "a weight is a whole number from 1 to 100000.");
			return -EINVAL;
		}
		plan->weights[mode] += (u32)weight;
		plan->weight_total += (u32)weight;
		text += *text == ',';
	}
	return 0;
}

int option_word_vlans(const char *text, struct route *route)
{
	char outer[8];
	u64 id;

	while (*text && route->vlan_count < ROUTE_VLANS_MAX) {
		size_t len = strcspn(text, ".");

		snprintf(outer, sizeof(outer), "%.*s", len < 7 ? (int)len : 7, text);
		if (option_word_number(outer, 1, 4094, &id))
			return -EINVAL;
		route->vlans[route->vlan_count++] = (u16)id;
		text += len + (text[len] == '.');
	}
	return *text || !route->vlan_count ? -EINVAL : 0;
}

int option_word_secret(const char *path, struct vg_siphash_key *ret_key)
{
	char digits[40] = "";
	struct stat about;
	size_t len = 0;
	u8 key[16];
	int fd, ret = -EINVAL;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -EINVAL;
	if (fstat(fd, &about) || (about.st_mode & 077))
		ret = -EPERM;
	else if (read(fd, digits, sizeof(digits) - 1) >= 32 &&
		 !sodium_hex2bin(key, sizeof(key), digits, 32, NULL, &len, NULL) && len == sizeof(key))
		ret = 0;
	if (!ret)
		vg_siphash_key_decode(key, ret_key);
	sodium_memzero(digits, sizeof(digits));
	sodium_memzero(key, sizeof(key));
	close(fd);
	return ret;
}

#define ITS_SIGNER_RATE 40ULL /* the agent's signer-rate is 50, with bursts */

static int refuse(const char *sentence)
{
	fprintf(stderr, "voltgate-sim: %s\n", sentence);
	return -EINVAL;
}

struct needs {
	bool vehicles, address, mac1, cookie, its;
	u64 spending; /* weight of what counts against session budgets */
	u64 hellos;   /* weight of all hellos */
	u64 signing;  /* weight of authentic ITS frames */
};

static struct needs needs_of(const struct options *options)
{
	struct needs needs = { 0 };
	int mode;

	for (mode = 0; mode < MODE_COUNT; mode++) {
		u32 weight = options->plan.weights[mode];

		if (!weight)
			continue;
		needs.vehicles |= !mode_is_hello(mode) && !mode_is_its(mode);
		needs.its |= mode_is_its(mode);
		needs.address |= !mode_is_its(mode);
		needs.mac1 |= mode_is_hello(mode) && mode != MODE_HELLO_BAD_MAC1;
		needs.cookie |= mode == MODE_HELLO_COOKIE;
		needs.spending += mode_spends(mode) ? weight : 0;
		needs.signing += mode == MODE_ITS || mode == MODE_ITS_DUPLICATE ? weight : 0;
		needs.hellos += mode_is_hello(mode) ? weight : 0;
	}
	return needs;
}

/* The most frames that both bounds allow. */
static u64 frames_at_most(const struct options *options)
{
	u64 by_time =
		options->rate && options->duration_us ? options->rate * options->duration_us / 1000000 + 1 : ~0ULL;

	return options->count && options->count < by_time ? options->count : by_time;
}

static int check_route(const struct options *options, const struct needs *needs)
{
	static const u8 no_mac[6];
	const struct route *route = &options->plan.route;

	if (!needs->address)
		return 0;
	if (!route->has4 && !route->has6)
		return refuse("say where to send: --to ADDRESS, once for IPv4, once for IPv6, or both.");
	if ((route->has4 && !route->from4.s_addr) || (route->has6 && IN6_IS_ADDR_UNSPECIFIED(&route->from6)))
		return refuse("say from which addresses: --from PREFIX for each family of --to.");
	if (!options->udp && !memcmp(route->to_mac, no_mac, 6))
		return refuse("say to which MAC address: --to-mac; `ip neigh` knows the gateway's.");
	if (options->udp && ((route->has4 && route->has6) || route->vlan_count || route->headers || needs->hellos ||
			     options->plan.weights[MODE_FRAGMENT] || options->plan.weights[MODE_FOREIGN]))
		return refuse(
			"--udp goes through the kernel's own stack: one --to, no VLAN tags, no --headers, no hello, "
			"fragment or foreign modes.");
	return 0;
}

/* Beyond the gate's budgets the tally could not be exact. */
int option_word_budgets(const struct options *options, u32 vehicles)
{
	struct needs all = needs_of(options), *needs = &all;
	u64 frames = frames_at_most(options), each;

	if (needs->hellos && frames != ~0ULL && options->plan.weight_total &&
	    frames * needs->hellos / options->plan.weight_total + options->threads > route_span(&options->plan.route))
		return refuse("there are more hellos to send than addresses to send them from; widen --from, or lower "
			      "--count or --rate.");
	if (needs->hellos && frames == ~0ULL)
		return refuse("hellos need a --count or a --rate, so that each can have an address of its own.");
	if (needs->signing && (!options->rate || options->rate * needs->signing / options->plan.weight_total >
							 ITS_SIGNER_RATE * options->its_stations))
		return refuse(
			"the gate would refuse authentic ITS frames as its-over-budget; give more --its-stations or a "
			"lower --rate, at most 40 frames per second and station.");
	if (!needs->spending || !options->session_rate || options->plan.expect >= 0 || !vehicles)
		return 0;
	each = frames == ~0ULL ? frames : frames * needs->spending / options->plan.weight_total / vehicles;
	if (each > options->plan.session_burst * 9ULL / 10 &&
	    (!options->rate || options->rate * needs->spending / options->plan.weight_total / vehicles >
				       options->session_rate * 9ULL / 10))
		return refuse("the gate would refuse authentic packets as over-budget; give more --vehicles, a lower "
			      "--rate, or the gate's own --session-rate and --session-burst.");
	return 0;
}

int option_word_check(struct options *options)
{
	struct needs needs = needs_of(options);
	int ret;

	if (options->add_only)
		return options->gate && options->vehicles ? 0 : refuse("--add-only needs --gate and --vehicles.");
	if (!options->interface)
		return refuse("say on which interface to send: -i INTERFACE; nothing is sent on others.");
	if (!options->plan.weight_total)
		return refuse("say what to send: -m MODE[:WEIGHT],...; voltgate-sim --help lists the modes.");
	if (!options->count && !options->duration_us)
		return refuse("a run without --count and without --duration would have no end; give one of them.");
	if (needs.vehicles && !options->sessions && !options->vehicles)
		return refuse("these modes need vehicles: --sessions FILE, or --vehicles N with --gate SOCKET.");
	if (options->sessions && options->vehicles)
		return refuse("--sessions and --vehicles exclude each other.");
	if (needs.mac1 && !options->has_mac1_key)
		return refuse("a right mac1 needs the gateway's public key: --gateway-key HEX.");
	if (needs.cookie && !options->has_cookie_secret)
		return refuse("a right cookie needs the gate's secret: --cookie-secret FILE.");
	if (needs.its && options->udp)
		return refuse("ITS frames are not UDP; leave out --udp.");
	ret = check_route(options, &needs);
	return ret ? ret : option_word_budgets(options, options->vehicles);
}
