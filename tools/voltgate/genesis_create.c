// SPDX-License-Identifier: GPL-2.0
/*
 * genesis_create.c - a channel's genesis from words: regulators, organisations,
 * nodes, collections, parameters; checked as nodes check it, written to a new file.
 */
#include "tools/voltgate/genesis_create.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/time_text.h"
#include "tools/voltgate/genesis_file.h"
#include "tools/voltgate/org_key.h"
#include "tools/voltgate/say.h"

static int take_name(const char *value, char ret_name[MEMBERSHIP_NAME_MAX + 1])
{
	size_t len = strlen(value);

	if (!len || len > MEMBERSHIP_NAME_MAX)
		return say_usage("channel", "\"%.60s\" is no name (1 to %d letters, digits, \"-\", \".\")", value,
				 MEMBERSHIP_NAME_MAX);
	memcpy(ret_name, value, len + 1);
	return CLI_OK;
}

static int take_number(const char *option, const char *value, u64 *ret_number)
{
	char *end;

	*ret_number = strtoull(value, &end, 10);
	if (*end || value[0] < '0' || value[0] > '9')
		return say_usage("channel", "%s takes a number, not \"%.60s\"", option, value);
	return CLI_OK;
}

static int take_key(const char *word, u8 ret_key[32])
{
	struct org_key_error error;

	return org_key_public(word, ret_key, &error) ? say_failure(CLI_REFUSED, "%s", error.text) : CLI_OK;
}

static int take_regulator(struct membership *membership, const char *value)
{
	if (membership->regulator_count == MEMBERSHIP_REGULATORS_MAX)
		return say_usage("channel", "a channel has at most %d regulators", MEMBERSHIP_REGULATORS_MAX);
	return take_key(value, membership->regulators[membership->regulator_count++]);
}

/* "NAME=KEY": the name is copied out, the key's place returned. NULL: no such form. */
static const char *take_named(const char *value, char *ret_name, size_t size)
{
	const char *equals = strchr(value, '=');
	size_t len = equals ? (size_t)(equals - value) : 0;

	if (!len || len >= size || !equals[1])
		return NULL;
	memcpy(ret_name, value, len);
	ret_name[len] = '\0';
	return equals + 1;
}

static int take_organisation(struct membership *membership, const char *value)
{
	struct membership_organisation *organisation = &membership->organisations[membership->organisation_count];
	const char *key;

	if (membership->organisation_count == MEMBERSHIP_ORGANISATIONS_MAX)
		return say_usage("channel", "a channel has at most %d organisations", MEMBERSHIP_ORGANISATIONS_MAX);
	key = take_named(value, organisation->name, sizeof(organisation->name));
	if (!key)
		return say_usage("channel", "--organisation takes NAME=CERTIFICATE, not \"%.60s\"", value);
	membership->organisation_count++;
	return take_key(key, organisation->authority);
}

static int take_roles(const char *words, u8 *ret_roles)
{
	static const struct {
		const char *word;
		u8 roles;
	} roles[] = { { "replica", MEMBERSHIP_REPLICA },
		      { "endorser", MEMBERSHIP_ENDORSER },
		      { "replica,endorser", MEMBERSHIP_REPLICA | MEMBERSHIP_ENDORSER },
		      { "endorser,replica", MEMBERSHIP_REPLICA | MEMBERSHIP_ENDORSER },
		      { "keeper", 0 } };
	size_t i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (!strcmp(words, roles[i].word)) {
			*ret_roles = roles[i].roles;
			return CLI_OK;
		}
	return say_usage("channel", "\"%.60s\" are no roles of a node (replica,endorser, replica, endorser or keeper)",
			 words);
}

/* ORGANISATION:NAME:HOST:PORT:ROLES=KEY; the host may hold colons. */
static int take_node(struct membership *membership, const char *value)
{
	char words[MEMBERSHIP_NAME_MAX * 2 + MEMBERSHIP_ADDRESS_MAX + 64], *name, *address, *roles = NULL;
	struct membership_node *node = &membership->nodes[membership->node_count];
	const char *key = take_named(value, words, sizeof(words));
	int at, status;

	name = key ? strchr(words, ':') : NULL;
	address = name ? strchr(name + 1, ':') : NULL;
	if (address)
		roles = strrchr(address + 1, ':');
	if (!roles)
		return say_usage("channel",
				 "--node takes ORGANISATION:NAME:HOST:PORT:ROLES=CERTIFICATE, not \"%.100s\"", value);
	if (membership->node_count == MEMBERSHIP_NODES_MAX)
		return say_usage("channel", "a channel has at most %d nodes", MEMBERSHIP_NODES_MAX);
	*name++ = *address++ = *roles++ = '\0';
	at = membership_organisation_index(membership, words);
	if (at < 0)
		return say_usage("channel",
				 "node %.40s is of organisation \"%.40s\", which no --organisation before it names",
				 name, words);
	node->organisation = (u16)at;
	if (strlen(address) > MEMBERSHIP_ADDRESS_MAX)
		return say_usage("channel", "\"%.60s\" is too long for an address", address);
	memcpy(node->address, address, strlen(address) + 1);
	status = take_name(name, node->name);
	if (!status)
		status = take_roles(roles, &node->roles);
	if (!status)
		status = take_key(key, node->key);
	membership->node_count++;
	return status;
}

/* NAME:ORGANISATION[,ORGANISATION]...[:PURGE] */
static int take_collection(struct membership *membership, const char *value)
{
	struct membership_collection *collection = &membership->collections[membership->collection_count];
	char words[1024], *organisations, *purge, *word, *rest = NULL;
	int at, status = CLI_OK;

	snprintf(words, sizeof(words), "%s", value);
	organisations = strchr(words, ':');
	if (!organisations || strlen(value) >= sizeof(words) ||
	    membership->collection_count == MEMBERSHIP_COLLECTIONS_MAX)
		return say_usage("channel", "--collection takes NAME:ORGANISATION,...[:BLOCKS], at most %d times",
				 MEMBERSHIP_COLLECTIONS_MAX);
	*organisations++ = '\0';
	purge = strchr(organisations, ':');
	if (purge) {
		*purge++ = '\0';
		status = take_number("--collection's BLOCKS", purge, &collection->purge_blocks);
	}
	if (!status)
		status = take_name(words, collection->name);
	for (word = strtok_r(organisations, ",", &rest); word && !status; word = strtok_r(NULL, ",", &rest)) {
		at = membership_organisation_index(membership, word);
		if (at < 0)
			return say_usage("channel",
					 "collection %.40s is for organisation \"%.40s\", which no --organisation "
					 "before it names",
					 words, word);
		collection->organisations |= 1u << at;
	}
	membership->collection_count++;
	return status;
}

static int take_parameter(struct membership *membership, const char *value)
{
	const char *words[MEMBERSHIP_PARAMETER_COUNT + 1] = { NULL };
	char name[64];
	const char *number = take_named(value, name, sizeof(name));
	size_t i;

	if (!number)
		return say_usage("channel", "--set takes PARAMETER=VALUE, not \"%.60s\"", value);
	for (i = 0; i < MEMBERSHIP_PARAMETER_COUNT; i++) {
		words[i] = membership_parameter_word(i);
		if (!strcmp(words[i], name))
			return take_number(name, number, &membership->parameters[i]);
	}
	return say_unknown("channel", "parameter of a channel", name, words);
}

bool genesis_option(const char *word)
{
	static const char *const options[] = { "--name",	 "--regulator", "--regulators-needed",
					       "--organisation", "--node",	"--collection",
					       "--set" };
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(options[i], word))
			return true;
	return false;
}

int genesis_take(struct membership *membership, const char *option, const char *value)
{
	u64 number;
	int status;

	if (!strcmp(option, "--name"))
		return take_name(value, membership->name);
	if (!strcmp(option, "--regulator"))
		return take_regulator(membership, value);
	if (!strcmp(option, "--organisation"))
		return take_organisation(membership, value);
	if (!strcmp(option, "--node"))
		return take_node(membership, value);
	if (!strcmp(option, "--collection"))
		return take_collection(membership, value);
	if (!strcmp(option, "--set"))
		return take_parameter(membership, value);
	status = take_number(option, value, &number);
	membership->regulators_needed =
		number > MEMBERSHIP_REGULATORS_MAX ? MEMBERSHIP_REGULATORS_MAX + 1 : (u32)number;
	return status;
}

static int node_order(const void *one, const void *other)
{
	return memcmp(((const struct membership_node *)one)->key, ((const struct membership_node *)other)->key, 32);
}

void genesis_order(struct membership *membership)
{
	qsort(membership->nodes, membership->node_count, sizeof(membership->nodes[0]), node_order);
}

static int tell(const struct cli *cli, const struct membership *genesis, const char *file)
{
	char hex[65];
	u8 id[32];

	membership_channel_id(genesis, id);
	sodium_bin2hex(hex, sizeof(hex), id, sizeof(id));
	if (cli->json)
		return say_json(json_pack("{s:s, s:s, s:s, s:i, s:i, s:i}", "file", file, "name", genesis->name,
					  "channel", hex, "organisations", (int)genesis->organisation_count, "nodes",
					  (int)genesis->node_count, "replicas", (int)membership_replicas(genesis)));
	printf("%s: genesis of channel %s, %u organisations, %u nodes, %u of them replicas\nchannel     %s\n", file,
	       genesis->name, genesis->organisation_count, genesis->node_count, membership_replicas(genesis), hex);
	return CLI_OK;
}

static int write_genesis(const char *file, const struct membership *genesis)
{
	u8 *bytes = malloc(MEMBERSHIP_BYTES_MAX);
	struct genesis_file_error error;
	struct writer writer;
	int status = CLI_OK;

	if (!bytes)
		return say_failure(CLI_REFUSED, "out of memory");
	writer_init(&writer, bytes, MEMBERSHIP_BYTES_MAX);
	membership_encode(&writer, genesis);
	if (!writer_len(&writer))
		status = say_failure(CLI_REFUSED, "the genesis is longer than the %d bytes that fit",
				     MEMBERSHIP_BYTES_MAX);
	else if (genesis_file_write(file, (struct span){ bytes, writer_len(&writer) }, &error))
		status = say_failure(CLI_REFUSED, "%s", error.text);
	free(bytes);
	return status;
}

int genesis_create(const struct cli *cli, int argc, char **argv)
{
	static struct membership genesis;
	struct membership_error error;
	const char *file = NULL;
	int at, status = CLI_OK;

	if (sodium_init() < 0)
		return say_failure(CLI_REFUSED, "libsodium cannot start on this system");
	memset(&genesis, 0, sizeof(genesis));
	membership_defaults(&genesis);
	genesis.regulators_needed = 1;
	randombytes_buf(genesis.seed, sizeof(genesis.seed));
	for (at = 1; at < argc && !status; at++) {
		if (argv[at][0] != '-' && !file)
			file = argv[at];
		else if (!genesis_option(argv[at]) || at + 1 >= argc)
			status = say_usage("channel", "\"%.60s\" is no word of channel create, or lacks its value",
					   argv[at]);
		else
			status = genesis_take(&genesis, argv[at], argv[at + 1]), at++;
	}
	if (status)
		return status;
	if (!file || !genesis.name[0])
		return say_usage("channel", "channel create takes a new file's name and --name");
	genesis_order(&genesis);
	if (membership_check(&genesis, &error))
		return say_usage("channel", "%.*s", (int)(strlen(error.text) - 1), error.text);
	status = write_genesis(file, &genesis);
	return status ? status : tell(cli, &genesis, file);
}
