// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_deny.c - voltgate deny: sources whose packets are refused unseen.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/gate_json.h"
#include "agent/source_text.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

static const char *const verbs[] = { "add", "remove", "list", NULL };

static void clear_beyond(struct vg_source *source, u32 prefix_bits)
{
	u32 bit;

	for (bit = prefix_bits; bit < vg_source_bits(source->family); bit++)
		source->addr[bit / 8] &= (u8) ~(0x80 >> (bit % 8));
}

static int parse_prefix(const char *word, struct gate_deny *ret_deny)
{
	char meant[SOURCE_TEXT_LEN];
	int error;

	memset(ret_deny, 0, sizeof(*ret_deny));
	error = source_text_parse(word, &ret_deny->source, &ret_deny->prefix_bits);
	if (error == -EDOM) {
		clear_beyond(&ret_deny->source, ret_deny->prefix_bits);
		source_text_format_prefix(&ret_deny->source, ret_deny->prefix_bits, meant);
		return say_usage("deny", "\"%.60s\" has bits set beyond its prefix length; do you mean %s", word,
				 meant);
	}
	if (error == -ERANGE)
		return say_usage("deny", "\"%.60s\" has a prefix length longer than its address (%u bits)", word,
				 vg_source_bits(ret_deny->source.family));
	if (error)
		return say_usage("deny", "\"%.60s\" is no IPv4, IPv6 or MAC address with an optional /LENGTH", word);
	return CLI_OK;
}

static int each_entry(void *arg, const struct gate_deny *deny)
{
	const struct cli *cli = arg;
	char prefix[SOURCE_TEXT_LEN];

	if (cli->json)
		return say_json(gate_json_deny(deny)) ? -EIO : 0;
	source_text_format_prefix(&deny->source, deny->prefix_bits, prefix);
	printf("%-44s hits %s\n", prefix, say_count(deny->hits));
	return ferror(stdout) ? -EIO : 0;
}

static int list(const struct cli *cli)
{
	struct gate *gate;
	int error = room_gate(cli, &gate);

	if (error)
		return error;
	error = gate->ops->deny_dump(gate, each_entry, (void *)cli);
	return room_close(gate, error);
}

static int change(const struct cli *cli, bool add, const char *word)
{
	char prefix[SOURCE_TEXT_LEN];
	struct gate_deny deny;
	struct gate *gate;
	int error = parse_prefix(word, &deny);

	if (!error)
		error = room_gate(cli, &gate);
	if (error)
		return error;
	error = add ? gate->ops->deny_add(gate, &deny) : gate->ops->deny_remove(gate, &deny);
	source_text_format_prefix(&deny.source, deny.prefix_bits, prefix);
	if (!error && cli->json)
		say_json(json_pack("{s:s, s:b}", "prefix", prefix, "denied", add));
	else if (!error)
		printf("%s is %s\n", prefix, add ? "denied" : "no longer denied");
	return room_close(gate, error);
}

static int deny(const struct cli *cli, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "list";
	int i;

	for (i = 0; verbs[i] && strcmp(verbs[i], verb); i++)
		;
	if (!verbs[i])
		return say_unknown("deny", "verb of deny (add, remove, list)", verb, verbs);
	if (!strcmp(verb, "list"))
		return argc > 2 ? say_usage("deny", "deny list takes no words, not \"%.60s\"", argv[2]) : list(cli);
	if (argc != 3)
		return say_usage("deny", "deny %s needs one address or prefix", verb);
	return change(cli, !strcmp(verb, "add"), argv[2]);
}

const struct cli_command cmd_deny = {
	.name = "deny",
	.run = deny,
	.usage = "add PREFIX\nremove PREFIX\nlist",
	.summary = "Refuse sources by address",
	.help = "PREFIX is an IPv4, IPv6 or MAC address with an optional /LENGTH: 192.0.2.0/24, 2001:db8::/32,\n"
		"02:00:00:00:00:01. Vehicle-ID packets are matched by IP address, ITS frames by MAC. Hits are counted "
		"in\n"
		"the attested grade only.",
	.verbs = verbs,
};
