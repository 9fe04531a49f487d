// SPDX-License-Identifier: GPL-2.0
/*
 * channel_update.c - voltgate channel update: takes the present configuration
 * from the agent, changes it by the words of `channel create` and those that take away, signs it with the regulators'
 * keys, and submits it or writes it to a file.
 */
#include "tools/voltgate/channel_update.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/transaction.h"
#include "tools/voltgate/genesis_create.h"
#include "tools/voltgate/genesis_file.h"
#include "tools/voltgate/inquiry.h"
#include "tools/voltgate/org_key.h"
#include "tools/voltgate/say.h"
#include "tools/voltgate/tx_invoke.h"

struct update_words {
	const char *channel, *out;
	const char *keys[MEMBERSHIP_REGULATORS_MAX];
	u32 key_count;
};

static int remove_node(struct membership *membership, const char *name)
{
	u32 i;

	for (i = 0; i < membership->node_count && strcmp(membership->nodes[i].name, name); i++)
		;
	if (i == membership->node_count)
		return say_failure(CLI_REFUSED, "the channel has no node \"%.60s\"", name);
	memmove(&membership->nodes[i], &membership->nodes[i + 1],
		(membership->node_count - i - 1) * sizeof(membership->nodes[0]));
	memset(&membership->nodes[--membership->node_count], 0, sizeof(membership->nodes[0]));
	return CLI_OK;
}

/* Its place stays, for credentials name it; its authority is taken away. */
static int remove_organisation(struct membership *membership, const char *name)
{
	int at = membership_organisation_index(membership, name);

	if (at < 0)
		return say_failure(CLI_REFUSED, "the channel has no organisation \"%.60s\"", name);
	memset(membership->organisations[at].authority, 0, sizeof(membership->organisations[at].authority));
	return CLI_OK;
}

static int take_change(struct membership *next, const char *option, const char *value)
{
	if (!strcmp(option, "--remove-node"))
		return remove_node(next, value);
	if (!strcmp(option, "--remove-organisation"))
		return remove_organisation(next, value);
	if (!genesis_option(option) || !strcmp(option, "--name"))
		return say_usage("channel", "\"%.60s\" is no option of channel update", option);
	return genesis_take(next, option, value);
}

static int take_words(int argc, char **argv, struct update_words *words, struct membership *next)
{
	int at, status = CLI_OK;

	for (at = 2; at < argc && !status; at += 2) {
		if (argv[at][0] != '-' || at + 1 >= argc)
			return say_usage("channel", "\"%.60s\" is no word of channel update, or lacks its value",
					 argv[at]);
		if (!strcmp(argv[at], "--out")) {
			words->out = argv[at + 1];
		} else if (!strcmp(argv[at], "--key")) {
			if (words->key_count == MEMBERSHIP_REGULATORS_MAX)
				return say_usage("channel", "a channel has at most %d regulators",
						 MEMBERSHIP_REGULATORS_MAX);
			words->keys[words->key_count++] = argv[at + 1];
		} else if (next) {
			status = take_change(next, argv[at], argv[at + 1]);
		}
	}
	return status;
}

static int ask_configuration(const struct cli *cli, const char *channel, struct membership *ret_present, u8 ret_id[32])
{
	const char *hex, *id;
	u8 *bytes = malloc(MEMBERSHIP_BYTES_MAX);
	size_t len = 0, id_len = 0;
	json_t *object;
	int status = inquiry_one(cli, json_pack("{s:s, s:s}", "do", "channel-show", "channel", channel), &object);

	if (status) {
		free(bytes);
		return status;
	}
	hex = inquiry_text(object, "configuration");
	id = inquiry_text(object, "id");
	if (!bytes || sodium_hex2bin(bytes, MEMBERSHIP_BYTES_MAX, hex, strlen(hex), NULL, &len, NULL) ||
	    sodium_hex2bin(ret_id, 32, id, strlen(id), NULL, &id_len, NULL) || id_len != 32 ||
	    membership_decode((struct span){ bytes, len }, ret_present))
		status = say_failure(CLI_REFUSED, "the agent does not know the channel's configuration now");
	json_decref(object);
	free(bytes);
	return status;
}

/* One regulator's signature, in its place by its index. */
static int sign(const struct membership *present, const char *path, const u8 digest[32],
		u8 (*signatures)[TRANSACTION_SIGNATURE_LEN], bool *signed_by)
{
	struct org_key_error error;
	u8 secret[64];
	u32 i;

	if (org_key_secret(path, secret, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	for (i = 0; i < present->regulator_count; i++)
		if (!memcmp(present->regulators[i], secret + 32, 32))
			break;
	if (i < present->regulator_count) {
		crypto_sign_detached(signatures[i], NULL, digest, 32, secret);
		signed_by[i] = true;
	}
	sodium_memzero(secret, sizeof(secret));
	return i < present->regulator_count
		       ? CLI_OK
		       : say_failure(CLI_REFUSED, "%s is not a regulator's key of this channel", path);
}

static int encode(const struct membership *present, const struct membership *next, const u8 id[32],
		  const struct update_words *words, u8 *bytes, size_t room, size_t *ret_len)
{
	u8 signatures[MEMBERSHIP_REGULATORS_MAX][TRANSACTION_SIGNATURE_LEN], digest[32];
	u8 list[MEMBERSHIP_REGULATORS_MAX * TRANSACTION_CONFIG_SIGNATURE_LEN], *update = malloc(MEMBERSHIP_UPDATE_MAX);
	bool signed_by[MEMBERSHIP_REGULATORS_MAX] = { false };
	struct writer writer, list_writer;
	struct span span;
	int status = CLI_OK;
	u32 i;

	if (!update)
		return say_failure(CLI_REFUSED, "out of memory");
	writer_init(&writer, update, MEMBERSHIP_UPDATE_MAX);
	membership_update_encode(&writer, present->sequence, next);
	span = (struct span){ update, writer_len(&writer) };
	membership_update_hash(id, span, digest);
	for (i = 0; i < words->key_count && !status; i++)
		status = sign(present, words->keys[i], digest, signatures, signed_by);
	writer_init(&list_writer, list, sizeof(list));
	for (i = 0; i < present->regulator_count; i++)
		if (signed_by[i]) {
			writer_u8(&list_writer, (u8)i);
			writer_bytes(&list_writer, signatures[i], TRANSACTION_SIGNATURE_LEN);
		}
	writer_init(&writer, bytes, room);
	transaction_encode_config(&writer, span, (struct span){ list, writer_len(&list_writer) });
	*ret_len = writer_len(&writer);
	free(update);
	return status;
}

static int deliver(const struct cli *cli, const struct update_words *words, struct span transaction)
{
	struct genesis_file_error error;
	char *hex;
	int status;

	if (words->out) {
		if (genesis_file_write(words->out, transaction, &error))
			return say_failure(CLI_REFUSED, "%s", error.text);
		return CLI_OK;
	}
	hex = malloc(2 * transaction.len + 1);
	if (!hex)
		return say_failure(CLI_REFUSED, "out of memory");
	sodium_bin2hex(hex, 2 * transaction.len + 1, transaction.bytes, transaction.len);
	status = tx_submit_hex(cli, words->channel, hex);
	free(hex);
	return status;
}

int channel_update(const struct cli *cli, int argc, char **argv)
{
	static struct membership present, next;
	static u8 bytes[MEMBERSHIP_UPDATE_MAX + 1024];
	struct update_words words = { .channel = NULL };
	struct membership_error error;
	size_t len = 0;
	u8 id[32];
	int status = take_words(argc, argv, &words, NULL);

	if (status)
		return status;
	if (argc < 2 || argv[1][0] == '-' || !words.key_count)
		return say_usage("channel",
				 "channel update takes a channel, --key with a regulator's key, and changes");
	words.channel = argv[1];
	if (sodium_init() < 0)
		return say_failure(CLI_REFUSED, "libsodium cannot start on this system");
	status = ask_configuration(cli, words.channel, &present, id);
	if (status)
		return status;
	next = present;
	words.key_count = 0;
	status = take_words(argc, argv, &words, &next);
	if (status)
		return status;
	genesis_order(&next);
	next.sequence = present.sequence + 1;
	next.epoch = present.epoch + membership_renews(&present, &next);
	if (membership_follows(&present, &next, &error))
		return say_failure(CLI_REFUSED, "%.*s", (int)(strlen(error.text) - 1), error.text);
	status = encode(&present, &next, id, &words, bytes, sizeof(bytes), &len);
	return status ? status : deliver(cli, &words, (struct span){ bytes, len });
}
