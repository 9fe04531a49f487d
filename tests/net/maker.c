// SPDX-License-Identifier: GPL-2.0
/*
 * maker.c - authorities and certificates for tests.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "tests/net/maker.h"

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "maker: %s failed\n", what);
	abort();
}

EVP_PKEY *maker_key(void)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	must(key, "making a key");
	return key;
}

void maker_public(EVP_PKEY *key, u8 ret_key[32])
{
	size_t len = 32;

	must(EVP_PKEY_get_raw_public_key(key, ret_key, &len) == 1, "reading a key");
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	must(extension && X509_add_ext(certificate, extension, -1), "an extension");
	X509_EXTENSION_free(extension);
}

static void add_unknown(X509 *certificate)
{
	ASN1_OBJECT *object = OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1);
	ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	ASN1_OCTET_STRING_set(data, (const unsigned char *)"\x05\x00", 2);
	extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, data);
	must(extension && X509_add_ext(certificate, extension, -1), "an extension");
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(data);
	ASN1_OBJECT_free(object);
}

static void add_name(X509_NAME *name, const char *field, const char *text)
{
	if (text)
		X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0);
}

X509 *maker_certificate(const struct maker_wish *wish, EVP_PKEY **ret_key)
{
	X509 *certificate = X509_new();
	EVP_PKEY *key = wish->key;
	X509_NAME *name = X509_get_subject_name(certificate);
	static long serial = 1;

	if (key)
		EVP_PKEY_up_ref(key);
	else
		key = wish->rsa ? EVP_RSA_gen(2048) : maker_key();
	X509_set_version(certificate, wish->version ? wish->version - 1 : X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
	X509_gmtime_adj(X509_getm_notBefore(certificate), wish->until_s ? wish->from_s : -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), wish->until_s ? wish->until_s : 86400);
	add_name(name, "O", wish->organisation);
	if (wish->second_organisation)
		add_name(name, "O", "another");
	add_name(name, "CN", wish->name);
	add_name(X509_get_issuer_name(certificate), "CN", "authority");
	if (!wish->version) {
		add_extension(certificate, NID_basic_constraints,
			      wish->authority_bit ? "critical,CA:TRUE" : "critical,CA:FALSE");
		add_extension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
		if (wish->usage)
			add_extension(certificate, NID_ext_key_usage, wish->usage);
		if (wish->unknown_critical)
			add_unknown(certificate);
	}
	X509_set_pubkey(certificate, key);
	must(X509_sign(certificate, wish->authority, NULL) > 0, "signing");
	if (ret_key)
		*ret_key = key;
	else
		EVP_PKEY_free(key);
	return certificate;
}

static FILE *create(const char *folder, const char *name, const char *end)
{
	char path[512];
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "%s/%s.%s", folder, name, end);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	must(file, path);
	return file;
}

void maker_store(const char *folder, const char *name, X509 *certificate, EVP_PKEY *key)
{
	FILE *file = create(folder, name, "crt");

	must(PEM_write_X509(file, certificate), "writing a certificate");
	fclose(file);
	file = create(folder, name, "key");
	must(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), "writing a key");
	fclose(file);
}

void maker_issue(const char *folder, const char *name, const char *organisation, EVP_PKEY *authority, u8 ret_public[32])
{
	struct maker_wish wish = { .organisation = organisation, .name = name, .authority = authority };
	EVP_PKEY *key;
	X509 *certificate = maker_certificate(&wish, &key);

	maker_store(folder, name, certificate, key);
	if (ret_public)
		maker_public(key, ret_public);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

struct identity_authority maker_authority(const char *organisation, EVP_PKEY *authority)
{
	struct identity_authority made = { 0 };

	snprintf(made.organisation, sizeof(made.organisation), "%s", organisation);
	maker_public(authority, made.key);
	return made;
}

struct identity_tls *maker_tls(const char *folder, const char *name, const struct identity_authority *authorities,
			       u32 count)
{
	char certificate[512], key[512];
	struct identity_error error;
	struct identity_tls *tls;

	snprintf(certificate, sizeof(certificate), "%s/%s.crt", folder, name);
	snprintf(key, sizeof(key), "%s/%s.key", folder, name);
	if (identity_tls_open(certificate, key, &tls, &error)) {
		fprintf(stderr, "maker: %s\n", error.text);
		abort();
	}
	must(!identity_tls_trust(tls, authorities, count, NULL, 0), "trusting");
	return tls;
}
