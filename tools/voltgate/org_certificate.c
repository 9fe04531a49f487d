// SPDX-License-Identifier: GPL-2.0
/*
 * org_certificate.c - makes X.509 v3 certificates.
 */
#include "tools/voltgate/org_certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

#define NAME_MAX_LEN 32
#define CLOCK_SLACK_S 3600 /* machines' clocks differ */

bool org_certificate_name_valid(const char *name)
{
	static const char taken[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	size_t len = strlen(name);

	return len && len <= NAME_MAX_LEN && strspn(name, taken) == len;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool added;

	X509V3_set_ctx(&context, issuer ? issuer : certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	added = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

/* "IP:192.0.2.1" or "DNS:name" of host[:port] or [v6]:port. */
static bool address_word(const char *address, char *ret_word, size_t size)
{
	char host[128];
	u8 ip[16];
	const char *end = strrchr(address, ':');
	size_t len;

	if (address[0] == '[') {
		end = strchr(address, ']');
		len = end ? (size_t)(end - ++address) : 0;
	} else {
		len = end && strchr(address, ':') == end ? (size_t)(end - address) : strlen(address);
	}
	if (!len || len >= sizeof(host))
		return false;
	memcpy(host, address, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1)
		snprintf(ret_word, size, "IP:%s", host);
	else if (strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == len)
		snprintf(ret_word, size, "DNS:%s", host);
	else
		return false;
	return true;
}

static bool add_extensions(const struct org_certificate *what, X509 *certificate, X509 *issuer)
{
	char address[160];
	bool added;

	if (what->kind == ORG_AUTHORITY)
		return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
		       add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign") &&
		       add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
	added = add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
		add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
		add_extension(certificate, issuer, NID_ext_key_usage,
			      what->kind == ORG_NODE ? "serverAuth,clientAuth" : "clientAuth") &&
		add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
		add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
	if (added && what->address)
		added = address_word(what->address, address, sizeof(address)) &&
			add_extension(certificate, issuer, NID_subject_alt_name, address);
	return added;
}

static bool set_names(const struct org_certificate *what, X509 *certificate, X509 *issuer)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_NAME_add_entry_by_NID(subject, NID_organizationName, MBSTRING_UTF8, (const u8 *)what->organisation,
					  -1, -1, 0) == 1 &&
	       X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, (const u8 *)what->name, -1, -1, 0) ==
		       1 &&
	       X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject) == 1;
}

static bool set_serial(X509 *certificate)
{
	u8 bytes[16];
	BIGNUM *number;
	bool set;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] &= 0x7f; /* positive */
	bytes[0] |= 0x40; /* and of one length */
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return set;
}

X509 *org_certificate_make(const struct org_certificate *what, EVP_PKEY *key, X509 *issuer, EVP_PKEY *authority,
			   struct org_key_error *ret_error)
{
	X509 *certificate = X509_new();
	char address[160];

	if (what->address && !address_word(what->address, address, sizeof(address))) {
		snprintf(ret_error->text, sizeof(ret_error->text), "\"%.100s\" is no address of a node (host:port)",
			 what->address);
		X509_free(certificate);
		return NULL;
	}
	if (certificate && X509_set_version(certificate, 2) == 1 && set_serial(certificate) &&
	    X509_gmtime_adj(X509_getm_notBefore(certificate), -CLOCK_SLACK_S) &&
	    X509_time_adj_ex(X509_getm_notAfter(certificate), (int)what->days, 0, NULL) &&
	    X509_set_pubkey(certificate, key) == 1 && set_names(what, certificate, issuer) &&
	    add_extensions(what, certificate, issuer) && X509_sign(certificate, authority, NULL))
		return certificate;
	snprintf(ret_error->text, sizeof(ret_error->text), "OpenSSL could not make the certificate");
	X509_free(certificate);
	return NULL;
}

int org_certificate_write(const char *path, X509 *certificate, struct org_key_error *ret_error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	bool failed;

	if (!file) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%.200s cannot be made: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -EEXIST;
	}
	failed = PEM_write_X509(file, certificate) != 1;
	failed |= fclose(file) != 0;
	if (failed) {
		unlink(path);
		snprintf(ret_error->text, sizeof(ret_error->text), "%.200s cannot be written", path);
		return -EIO;
	}
	return 0;
}
