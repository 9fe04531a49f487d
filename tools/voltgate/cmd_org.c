// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_org.c - voltgate org: an organisation's authority, offline. It makes
 * certificates for nodes and clients, and transactions that enrol and revoke keys on a channel.
 */
#include <errno.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/voltgate/org_certificate.h"
#include "tools/voltgate/org_enrol.h"
#include "tools/voltgate/org_issue.h"
#include "tools/voltgate/say.h"

#define AUTHORITY_DAYS 7300
#define ISSUED_DAYS 825
#define DAYS_MAX 36500

static const char *const verbs[] = { "create", "issue", "show", "enrol", "revoke", NULL };

static void join(char ret_path[512], const char *folder, const char *name)
{
	snprintf(ret_path, 512, "%s/%s", folder, name);
}

static int folder_make(const char *folder)
{
	if (strlen(folder) > 400)
		return say_usage("org", "the folder's name is too long");
	if (mkdir(folder, 0700) && errno != EEXIST)
		return say_failure(CLI_REFUSED, "%.200s cannot be made: %s", folder, strerror(errno));
	return CLI_OK;
}

/* Key and certificate into @folder; what was made of them goes away again if the second fails. */
static int pair_write(const char *folder, const char *name, EVP_PKEY *key, X509 *certificate)
{
	char key_path[512], certificate_path[512];
	struct org_key_error error;

	snprintf(key_path, sizeof(key_path), "%s/%s.key", folder, name);
	snprintf(certificate_path, sizeof(certificate_path), "%s/%s.crt", folder, name);
	if (org_key_write(key_path, key, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	if (org_certificate_write(certificate_path, certificate, &error)) {
		unlink(key_path);
		return say_failure(CLI_REFUSED, "%s", error.text);
	}
	return CLI_OK;
}

static const char *kind_word(X509 *certificate)
{
	if (X509_check_ca(certificate))
		return "authority";
	return X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) == 1 ? "node" : "client";
}

static void date_text(const ASN1_TIME *time, char ret_text[32])
{
	struct tm broken;

	ret_text[0] = '\0';
	if (ASN1_TIME_to_tm(time, &broken) == 1)
		strftime(ret_text, 32, "%Y-%m-%dT%H:%M:%SZ", &broken);
}

static int tell(const struct cli *cli, X509 *certificate)
{
	char organisation[128], name[128], from[32], until[32], hex[65] = "";
	json_t *object;
	u8 key[32];

	org_key_subject(certificate, NID_organizationName, organisation, sizeof(organisation));
	org_key_subject(certificate, NID_commonName, name, sizeof(name));
	date_text(X509_get0_notBefore(certificate), from);
	date_text(X509_get0_notAfter(certificate), until);
	if (!org_key_of(certificate, key))
		sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
	if (!cli->json) {
		printf("%s %s of %s\nkey         %s\nvalid       %s to %s\n", kind_word(certificate), name,
		       organisation, hex, from, until);
		return CLI_OK;
	}
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind", kind_word(certificate), "organisation",
			   organisation, "name", name, "key", hex, "valid_from", from, "valid_until", until);
	return say_json(object);
}

static int create(const struct cli *cli, int argc, char **argv)
{
	struct org_certificate what = { .kind = ORG_AUTHORITY, .days = AUTHORITY_DAYS };
	struct org_key_error error;
	X509 *certificate = NULL;
	EVP_PKEY *key;
	int status;

	if (argc != 3)
		return say_usage("org", "org create takes a name and a folder");
	if (!org_certificate_name_valid(argv[1]))
		return say_usage("org",
				 "\"%.60s\" is no name of an organisation (1 to 32 letters, digits, \"-\", \".\")",
				 argv[1]);
	status = folder_make(argv[2]);
	if (status)
		return status;
	what.organisation = what.name = argv[1];
	key = org_key_new();
	if (key)
		certificate = org_certificate_make(&what, key, NULL, key, &error);
	if (!certificate)
		status = say_failure(CLI_REFUSED, "%s", key ? error.text : "OpenSSL could not make a key");
	if (!status)
		status = pair_write(argv[2], "org", key, certificate);
	if (!status)
		status = tell(cli, certificate);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return status;
}

struct issue_words {
	struct org_certificate what;
	const char *folder, *out;
};

static int issue_words(int argc, char **argv, struct issue_words *words)
{
	char *end;
	int at;

	words->what.days = ISSUED_DAYS;
	for (at = 1; at < argc; at++) {
		bool node = !strcmp(argv[at], "--node"), client = !strcmp(argv[at], "--client");

		if (argv[at][0] != '-' && !words->folder) {
			words->folder = argv[at];
			continue;
		}
		if (argv[at][0] != '-' || at + 1 >= argc)
			return say_usage("org", "\"%.60s\" is no word of org issue, or lacks its value", argv[at]);
		if (node || client) {
			if (words->what.name)
				return say_usage("org", "org issue makes one certificate at a time");
			words->what.kind = node ? ORG_NODE : ORG_CLIENT;
			words->what.name = argv[++at];
		} else if (!strcmp(argv[at], "--out")) {
			words->out = argv[++at];
		} else if (!strcmp(argv[at], "--address")) {
			words->what.address = argv[++at];
		} else if (!strcmp(argv[at], "--days")) {
			words->what.days = (u32)strtoul(argv[++at], &end, 10);
			if (*end || !words->what.days || words->what.days > DAYS_MAX)
				return say_usage("org", "--days takes a number from 1 to %d", DAYS_MAX);
		} else {
			return say_usage("org", "\"%.60s\" is no option of org issue", argv[at]);
		}
	}
	if (!words->folder || !words->what.name || !words->out)
		return say_usage("org",
				 "org issue takes the authority's folder, --node or --client NAME, and --out FOLDER");
	if (!org_certificate_name_valid(words->what.name))
		return say_usage("org", "\"%.60s\" is no name (1 to 32 letters, digits, \"-\", \".\")",
				 words->what.name);
	return CLI_OK;
}

int org_issue(const char *folder, struct org_certificate *what, const char *out, X509 **ret_certificate)
{
	X509 *issuer = NULL, *certificate = NULL;
	EVP_PKEY *authority = NULL, *key = NULL;
	char path[512], organisation[64];
	struct org_key_error error;
	int status = folder_make(out);

	*ret_certificate = NULL;
	if (status)
		return status;
	join(path, folder, "org.crt");
	if (org_key_certificate(path, &issuer, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	join(path, folder, "org.key");
	org_key_subject(issuer, NID_organizationName, organisation, sizeof(organisation));
	what->organisation = organisation;
	if (org_key_read(path, &authority, &error))
		goto fail;
	snprintf(error.text, sizeof(error.text), "the key in %.200s does not belong to the certificate beside it",
		 path);
	if (X509_check_private_key(issuer, authority) != 1)
		goto fail;
	snprintf(error.text, sizeof(error.text), "OpenSSL could not make a key");
	key = org_key_new();
	if (key)
		certificate = org_certificate_make(what, key, issuer, authority, &error);
	if (!certificate)
		goto fail;
	status = pair_write(out, what->kind == ORG_NODE ? "node" : "client", key, certificate);
	if (!status) {
		*ret_certificate = certificate;
		certificate = NULL;
	}
	goto out;
fail:
	status = say_failure(CLI_REFUSED, "%s", error.text);
out:
	what->organisation = NULL;
	X509_free(certificate);
	X509_free(issuer);
	EVP_PKEY_free(key);
	EVP_PKEY_free(authority);
	return status;
}

static int issue(const struct cli *cli, int argc, char **argv)
{
	struct issue_words words = { .folder = NULL };
	X509 *certificate = NULL;
	int status = issue_words(argc, argv, &words);

	if (!status)
		status = org_issue(words.folder, &words.what, words.out, &certificate);
	if (!status)
		status = tell(cli, certificate);
	X509_free(certificate);
	return status;
}

static int show(const struct cli *cli, int argc, char **argv)
{
	struct org_key_error error;
	struct stat about;
	X509 *certificate;
	char path[512];
	int status;

	if (argc != 2)
		return say_usage("org", "org show takes a certificate's file or an authority's folder");
	snprintf(path, sizeof(path), "%s", argv[1]);
	if (!stat(argv[1], &about) && S_ISDIR(about.st_mode))
		join(path, argv[1], "org.crt");
	if (org_key_certificate(path, &certificate, &error))
		return say_failure(CLI_REFUSED, "%s", error.text);
	status = tell(cli, certificate);
	X509_free(certificate);
	return status;
}

static int org(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return say_usage("org", "say what to do: create, issue, show, enrol or revoke");
	if (sodium_init() < 0)
		return say_failure(CLI_REFUSED, "libsodium cannot start on this system");
	if (!strcmp(argv[1], "create"))
		return create(cli, argc - 1, argv + 1);
	if (!strcmp(argv[1], "issue"))
		return issue(cli, argc - 1, argv + 1);
	if (!strcmp(argv[1], "show"))
		return show(cli, argc - 1, argv + 1);
	if (!strcmp(argv[1], "enrol") || !strcmp(argv[1], "revoke"))
		return org_enrol(cli, argc - 1, argv + 1);
	return say_unknown("org", "verb of org (create, issue, show, enrol, revoke)", argv[1], verbs);
}

const struct cli_command cmd_org = {
	.name = "org",
	.run = org,
	.usage = "create NAME FOLDER\n"
		 "issue FOLDER --node NAME|--client NAME --out FOLDER [--address HOST:PORT] [--days N]\n"
		 "show FILE|FOLDER\n"
		 "enrol FOLDER --genesis FILE --key KEY --out FILE [--role ROLE] [--expires TIME] [--epoch TIME] "
		 "[--grade GRADE] [--organisation NAME] [--serial N]\n"
		 "revoke FOLDER --genesis FILE --key KEY --out FILE [--role ROLE] [--epoch TIME] [--grade GRADE] "
		 "[--organisation NAME] [--serial N]",
	.summary = "An organisation's authority: certificates, and who may act on a channel",
	.help = "All of it works offline. create makes an Ed25519 key (org.key, which never leaves this folder) and a\n"
		"certificate (org.crt) for the channel's genesis. issue makes key and certificate for a node or a "
		"client.\n"
		"A regulator's key is made the same way. enrol and revoke write a signed transaction to a new file, "
		"for\n"
		"\"voltgate tx submit\". KEY is a certificate's file, a public key's file or 64 hex digits. ROLE is "
		"client\n"
		"(what it is if nothing is said), attestor, administrator or node; an attestor needs --epoch and "
		"--grade (plain\n"
		"or attested) as \"voltgate key\" shows them. --serial must rise with each statement about a key; it "
		"is the time if\n"
		"nothing is said. --organisation names whose key it is where a regulator revokes.",
	.verbs = verbs,
};
