// SPDX-License-Identifier: GPL-2.0
/*
 * org_enrol.c - credentials (credential.h) from words, signed and written as transactions.
 */
#include "tools/voltgate/org_enrol.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "agent/time_text.h"
#include "ledger/credential.h"
#include "ledger/transaction.h"
#include "tools/voltgate/genesis_file.h"
#include "tools/voltgate/org_key.h"
#include "tools/voltgate/say.h"
#include "voltgate/record.h"

struct enrol_words {
	const char *folder, *genesis, *key, *out, *organisation;
	struct credential credential;
};

static int take_role(const char *word, struct credential *credential)
{
	static const char *const roles[] = { "client", "attestor", "administrator", "node", NULL };
	u8 at;

	for (at = 0; roles[at]; at++)
		if (!strcmp(roles[at], word)) {
			credential->role = CREDENTIAL_CLIENT + at;
			return CLI_OK;
		}
	return say_unknown("org", "role (client, attestor, administrator, node)", word, roles);
}

static int take_number(const char *option, const char *word, u64 *ret_number)
{
	char *end;

	*ret_number = strtoull(word, &end, 10);
	if (*end || word[0] < '0' || word[0] > '9' || !*ret_number)
		return say_usage("org", "%s takes a number from 1 on, not \"%.60s\"", option, word);
	return CLI_OK;
}

static u64 serial_now(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return time_text_of_unix((u64)now.tv_sec * 1000000 + (u64)now.tv_usec);
}

/* A moment, or how long from now. */
static int take_time(const char *option, const char *word, u64 *ret_time)
{
	struct timeval now;
	u64 us;

	if (!time_text_parse(word, ret_time))
		return CLI_OK;
	if (strcmp(option, "--expires") || time_text_duration(word, &us))
		return say_usage("org", "%s takes a time (2030-01-01T00:00:00Z, @TIME64%s), not \"%.60s\"", option,
				 strcmp(option, "--expires") ? "" : ", 365d from now", word);
	gettimeofday(&now, NULL);
	*ret_time = time_text_of_unix((u64)now.tv_sec * 1000000 + (u64)now.tv_usec + us);
	return CLI_OK;
}

static int take_grade(const char *word, struct credential *credential)
{
	if (!strcmp(word, "plain"))
		credential->grade = VG_GRADE_PLAIN;
	else if (!strcmp(word, "attested"))
		credential->grade = VG_GRADE_ATTESTED;
	else
		return say_usage("org", "--grade takes plain or attested, not \"%.60s\"", word);
	return CLI_OK;
}

static int take_option(const char *option, const char *value, struct enrol_words *words)
{
	const struct {
		const char *option, **to;
	} texts[] = { { "--genesis", &words->genesis },
		      { "--key", &words->key },
		      { "--out", &words->out },
		      { "--organisation", &words->organisation } };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(option, texts[i].option)) {
			*texts[i].to = value;
			return CLI_OK;
		}
	if (!strcmp(option, "--role"))
		return take_role(value, &words->credential);
	if (!strcmp(option, "--serial"))
		return take_number(option, value, &words->credential.serial);
	if (!strcmp(option, "--expires"))
		return take_time(option, value, &words->credential.expires);
	if (!strcmp(option, "--epoch"))
		return take_time(option, value, &words->credential.epoch);
	if (!strcmp(option, "--grade"))
		return take_grade(value, &words->credential);
	return say_usage("org", "\"%.60s\" is no option of org enrol and org revoke", option);
}

static int take_words(int argc, char **argv, struct enrol_words *words)
{
	bool revoke = !strcmp(argv[0], "revoke");
	int at, status = CLI_OK;

	words->credential.role = CREDENTIAL_CLIENT;
	words->credential.serial = serial_now();
	for (at = 1; at < argc && !status; at++) {
		if (argv[at][0] != '-' && !words->folder)
			words->folder = argv[at];
		else if (argv[at][0] != '-' || at + 1 >= argc)
			status = say_usage("org", "\"%.60s\" is no word of org %s, or lacks its value", argv[at],
					   argv[0]);
		else
			status = take_option(argv[at], argv[at + 1], words), at++;
	}
	if (status)
		return status;
	if (!words->folder || !words->genesis || !words->key || !words->out)
		return say_usage("org", "org %s takes the authority's folder, --genesis, --key and --out", argv[0]);
	if (revoke && words->credential.expires)
		return say_usage("org", "a revocation does not expire");
	if ((words->credential.role == CREDENTIAL_ATTESTOR) != (words->credential.grade && words->credential.epoch))
		return say_usage("org", "an attestor has --epoch and --grade, and nothing else has them");
	return CLI_OK;
}

/* Whose key it is: the organisation named, or the one whose authority signs. */
static int find_organisation(const struct membership *genesis, const struct enrol_words *words, const u8 authority[32],
			     u16 *ret_organisation)
{
	int at = words->organisation ? membership_organisation_index(genesis, words->organisation) : -1;
	u32 i;

	for (i = 0; !words->organisation && i < genesis->organisation_count; i++)
		if (!memcmp(genesis->organisations[i].authority, authority, 32))
			at = (int)i;
	if (at < 0)
		return words->organisation ? say_failure(CLI_REFUSED, "channel %s has no organisation \"%.60s\"",
							 genesis->name, words->organisation)
					   : say_failure(CLI_REFUSED,
							 "the authority in %.200s is none of channel %s; a regulator "
							 "says whose key it is "
							 "with --organisation",
							 words->folder, genesis->name);
	*ret_organisation = (u16)at;
	return CLI_OK;
}

static int write_transaction(const struct enrol_words *words, enum transaction_kind kind, const u8 secret[64])
{
	u8 credential[CREDENTIAL_LEN], hash[32], signature[64], bytes[1 + CREDENTIAL_LEN + 64 + 16];
	struct span span = { credential, sizeof(credential) };
	struct genesis_file_error error;
	struct writer writer;

	credential_encode(&words->credential, credential);
	credential_signed_hash((u8)kind, span, hash);
	crypto_sign_detached(signature, NULL, hash, sizeof(hash), secret);
	writer_init(&writer, bytes, sizeof(bytes));
	transaction_encode_credential(&writer, kind, span, signature);
	if (genesis_file_write(words->out, (struct span){ bytes, writer_len(&writer) }, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	return CLI_OK;
}

static int tell(const struct cli *cli, const struct enrol_words *words, const char *organisation, const char *verb)
{
	char key[65], channel[65];

	sodium_bin2hex(key, sizeof(key), words->credential.subject, 32);
	sodium_bin2hex(channel, sizeof(channel), words->credential.channel, 32);
	if (cli->json)
		return say_json(json_pack("{s:s, s:s, s:s, s:s, s:s}", "file", words->out, "verb", verb, "key", key,
					  "organisation", organisation, "channel", channel));
	printf("%s: %ss key %s of %s on channel %.16s\n", words->out, verb, key, organisation, channel);
	return CLI_OK;
}

/* The authority's secret, the channel and the organisation; then the signed transaction. */
static int state(struct enrol_words *words, const struct membership *genesis, enum transaction_kind kind)
{
	struct org_key_error error;
	u8 secret[64];
	char path[512];
	int status;

	snprintf(path, sizeof(path), "%.480s/org.key", words->folder);
	if (org_key_secret(path, secret, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	membership_channel_id(genesis, words->credential.channel);
	status = find_organisation(genesis, words, secret + 32, &words->credential.organisation);
	if (!status)
		status = write_transaction(words, kind, secret);
	sodium_memzero(secret, sizeof(secret));
	return status;
}

int org_enrol_client(const char *folder, const struct membership *genesis, const u8 key[32], u64 expires,
		     const char *out)
{
	struct enrol_words words = {
		.folder = folder,
		.out = out,
		.credential = { .role = CREDENTIAL_CLIENT, .serial = serial_now(), .expires = expires },
	};

	memcpy(words.credential.subject, key, sizeof(words.credential.subject));
	return state(&words, genesis, TRANSACTION_ENROL);
}

int org_enrol(const struct cli *cli, int argc, char **argv)
{
	enum transaction_kind kind = strcmp(argv[0], "revoke") ? TRANSACTION_ENROL : TRANSACTION_REVOKE;
	struct enrol_words words = { .folder = NULL };
	static struct membership genesis;
	struct genesis_file_error error;
	struct org_key_error key_error;
	int status = take_words(argc, argv, &words);

	if (status)
		return status;
	if (genesis_file_read(words.genesis, &genesis, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	if (org_key_public(words.key, words.credential.subject, &key_error))
		return say_failure(CLI_REFUSED, "%s", key_error.text);
	status = state(&words, &genesis, kind);
	if (!status)
		status = tell(cli, &words, genesis.organisations[words.credential.organisation].name, argv[0]);
	return status;
}
