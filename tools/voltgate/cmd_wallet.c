// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_wallet.c - voltgate wallet: the key with which a vehicle or a person acts
 * on a channel. A wallet is a folder: client.key, client.crt (of its organisation), enrol.tx (its enrolment,
 * to be submitted once; the vehicle shows it to gateways).
 */
#include <openssl/x509v3.h>
#include <sodium.h>
#include <stdio.h>

#include "agent/gate_json.h"
#include "tools/voltgate/genesis_file.h"
#include "tools/voltgate/org_enrol.h"
#include "tools/voltgate/org_issue.h"
#include "tools/voltgate/say.h"

#define WALLET_DAYS 825

static const char *const verbs[] = { "create", "show", NULL };

struct wallet_words {
	const char *organisation, *name, *genesis, *out;
};

static int take_words(int argc, char **argv, struct wallet_words *words)
{
	const struct {
		const char *option, **to;
	} options[] = { { "--name", &words->name }, { "--genesis", &words->genesis }, { "--out", &words->out } };
	size_t i;
	int at;

	for (at = 1; at < argc; at++) {
		if (argv[at][0] != '-' && !words->organisation) {
			words->organisation = argv[at];
			continue;
		}
		for (i = 0; i < sizeof(options) / sizeof(*options) && strcmp(argv[at], options[i].option); i++)
			;
		if (i == sizeof(options) / sizeof(*options) || at + 1 >= argc)
			return say_usage("wallet", "\"%.60s\" is no word of wallet create, or lacks its value",
					 argv[at]);
		*options[i].to = argv[++at];
	}
	if (!words->organisation || !words->name || !words->genesis || !words->out)
		return say_usage("wallet",
				 "wallet create takes the organisation's folder, --name, --genesis and --out");
	if (!org_certificate_name_valid(words->name))
		return say_usage("wallet", "\"%.60s\" is no name (1 to 32 letters, digits, \"-\", \".\")", words->name);
	return CLI_OK;
}

static int tell(const struct cli *cli, X509 *certificate)
{
	u8 key[32], handshake[32];
	char organisation[64], name[64];
	json_t *object;
	int failed = 0;

	if (org_key_of(certificate, key) || crypto_sign_ed25519_pk_to_curve25519(handshake, key))
		return say_failure(CLI_REFUSED, "the certificate's key is no Ed25519 key that a wallet can have");
	org_key_subject(certificate, NID_organizationName, organisation, sizeof(organisation));
	org_key_subject(certificate, NID_commonName, name, sizeof(name));
	if (!cli->json) {
		printf("wallet      %s of %s\n", name, organisation);
		say_hex("key", key, sizeof(key));
		say_hex("handshake", handshake, sizeof(handshake));
		return CLI_OK;
	}
	object = json_pack("{s:s, s:s}", "name", name, "organisation", organisation);
	failed |= gate_json_put_hex(object, "key", key, sizeof(key));
	failed |= gate_json_put_hex(object, "handshake", handshake, sizeof(handshake));
	return say_json(gate_json_finish(object, failed));
}

static int create(const struct cli *cli, int argc, char **argv)
{
	struct org_certificate what = { .kind = ORG_CLIENT, .days = WALLET_DAYS };
	struct wallet_words words = { .name = NULL };
	static struct membership genesis;
	struct genesis_file_error error;
	X509 *certificate = NULL;
	char path[512];
	u8 key[32];
	int status = take_words(argc, argv, &words);

	if (status)
		return status;
	if (genesis_file_read(words.genesis, &genesis, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	what.name = words.name;
	status = org_issue(words.organisation, &what, words.out, &certificate);
	if (status)
		return status;
	snprintf(path, sizeof(path), "%.400s/enrol.tx", words.out);
	if (org_key_of(certificate, key))
		status = say_failure(CLI_REFUSED, "the new certificate cannot be read");
	else
		status = org_enrol_client(words.organisation, &genesis, key, 0, path);
	if (!status)
		status = tell(cli, certificate);
	X509_free(certificate);
	return status;
}

static int show(const struct cli *cli, int argc, char **argv)
{
	struct org_key_error error;
	X509 *certificate;
	char path[512];
	int status;

	if (argc != 2)
		return say_usage("wallet", "wallet show takes a wallet's folder");
	snprintf(path, sizeof(path), "%.400s/client.crt", argv[1]);
	if (org_key_certificate(path, &certificate, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	status = tell(cli, certificate);
	X509_free(certificate);
	return status;
}

static int wallet(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return say_usage("wallet", "say what to do: create or show");
	if (sodium_init() < 0)
		return say_failure(CLI_REFUSED, "libsodium cannot start on this system");
	if (!strcmp(argv[1], "create"))
		return create(cli, argc - 1, argv + 1);
	if (!strcmp(argv[1], "show"))
		return show(cli, argc - 1, argv + 1);
	return say_unknown("wallet", "verb of wallet (create, show)", argv[1], verbs);
}

const struct cli_command cmd_wallet = {
	.name = "wallet",
	.run = wallet,
	.usage = "create ORGANISATION-FOLDER --name NAME --genesis FILE --out FOLDER\n"
		 "show FOLDER",
	.summary = "The key with which a vehicle or a person acts on a channel",
	.help = "create makes a wallet offline, in the organisation's name: client.key (it never leaves the folder),\n"
		"client.crt, and enrol.tx, the organisation's signed word that this key is its client's. Submit "
		"enrol.tx\n"
		"once (\"voltgate tx submit\"); a vehicle shows it to every gateway. show prints the public key, "
		"which\n"
		"names the wallet on the channel, and the X25519 key that the handshake derives from it.",
	.verbs = verbs,
};
