// SPDX-License-Identifier: GPL-2.0
/*
 * identity_certificate.c - judging one X.509 certificate.
 *
 * There are no chains: an authority is a raw Ed25519 key and signs the certificates themselves, so that what the
 * ledger's membership says of an organisation is all there is to trust. What is checked, in this order: size and form,
 * the key's kind, the subject, critical extensions and use, dates, revocation, and the signature (dearest, so last).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "agent/net/identity_certificate.h"

__attribute__((format(printf, 2, 3))) static int refuse(struct identity_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EACCES;
}

/* The one entry @nid of the subject as text of @size bytes; people's names may not move a terminal's cursor. */
static int subject_text(X509_NAME *subject, int nid, const char *what, bool needed, char *ret_text, size_t size,
			struct identity_error *error)
{
	int at = X509_NAME_get_index_by_NID(subject, nid, -1), len, err = 0;
	unsigned char *text = NULL;

	ret_text[0] = '\0';
	if (at < 0)
		return needed ? refuse(error, "The certificate's subject has no %s; issue one that has.", what) : 0;
	if (X509_NAME_get_index_by_NID(subject, nid, at) >= 0)
		return refuse(error, "The certificate's subject has more than one %s.", what);
	len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (len < 1 || (size_t)len >= size) {
		err = refuse(error, "The %s in the certificate's subject has %d bytes; 1 to %zu are taken.", what, len,
			     size - 1);
		goto out;
	}
	for (int i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] == 0x7f) {
			err = refuse(error, "The %s in the certificate's subject has a control character.", what);
			goto out;
		}
	memcpy(ret_text, text, len);
	ret_text[len] = '\0';
out:
	OPENSSL_free(text);
	return err;
}

int identity_read(X509 *certificate, struct identity *ret_identity, struct identity_error *ret_error)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	size_t len = sizeof(ret_identity->key);
	struct tm until;
	int err;

	memset(ret_identity, 0, sizeof(*ret_identity));
	if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519 ||
	    EVP_PKEY_get_raw_public_key(key, ret_identity->key, &len) != 1 || len != sizeof(ret_identity->key))
		return refuse(ret_error, "The certificate's key is not an Ed25519 key.");
	err = subject_text(subject, NID_organizationName, "organisation (O)", true, ret_identity->organisation,
			   sizeof(ret_identity->organisation), ret_error);
	if (!err)
		err = subject_text(subject, NID_commonName, "name (CN)", false, ret_identity->name,
				   sizeof(ret_identity->name), ret_error);
	if (!err && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) == 1)
		ret_identity->expires = (u64)timegm(&until);
	return err;
}

static int check_form(X509 *certificate, enum identity_use use, struct identity_error *error)
{
	int bytes = i2d_X509(certificate, NULL);

	if (bytes <= 0 || bytes > IDENTITY_CERTIFICATE_BYTES_MAX)
		return refuse(error, "The certificate has %d bytes; at most %d are taken.", bytes,
			      IDENTITY_CERTIFICATE_BYTES_MAX);
	if (X509_get_version(certificate) != X509_VERSION_3)
		return refuse(error, "The certificate is not of X.509 version 3.");
	for (int i = 0; i < X509_get_ext_count(certificate); i++) {
		X509_EXTENSION *extension = X509_get_ext(certificate, i);

		if (X509_EXTENSION_get_critical(extension) && !X509_supported_extension(extension))
			return refuse(error, "The certificate has a critical extension that is not known here.");
	}
	if (X509_get_extension_flags(certificate) & EXFLAG_INVALID)
		return refuse(error, "The certificate's extensions contradict each other.");
	if (X509_check_ca(certificate))
		return refuse(error, "The certificate is an authority's; a node or client needs one of its own.");
	if (X509_check_purpose(certificate, use == IDENTITY_SERVER ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT,
			       0) != 1)
		return refuse(error, "The certificate's key usage does not allow %s.",
			      use == IDENTITY_SERVER ? "serving" : "calling");
	return 0;
}

static int check_dates(X509 *certificate, time_t now, int *ret_code, struct identity_error *error)
{
	int from = X509_cmp_time(X509_get0_notBefore(certificate), &now);
	int until = X509_cmp_time(X509_get0_notAfter(certificate), &now);

	if (!from || !until) {
		*ret_code = X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
		return refuse(error, "The certificate's dates cannot be read.");
	}
	if (from > 0) {
		*ret_code = X509_V_ERR_CERT_NOT_YET_VALID;
		return refuse(error, "The certificate is not valid yet; compare both machines' clocks.");
	}
	if (until < 0) {
		*ret_code = X509_V_ERR_CERT_HAS_EXPIRED;
		return refuse(error, "The certificate has expired; have the organisation issue a new one.");
	}
	return 0;
}

static int key_order(const void *one, const void *other)
{
	return memcmp(one, other, 32);
}

bool identity_revoked(const struct identity_trust *trust, const u8 key[32])
{
	return trust->revoked_count && bsearch(key, trust->revoked, trust->revoked_count, 32, key_order);
}

/* Two channels may know the same name with different authorities, so each of that name is tried. */
static int check_signature(const struct identity_trust *trust, X509 *certificate, struct identity *identity,
			   int *ret_code, struct identity_error *error)
{
	bool named = false;

	for (u32 i = 0; i < trust->authority_count; i++) {
		const struct identity_authority *authority = &trust->authorities[i];
		EVP_PKEY *key;
		int right;

		if (strcmp(authority->organisation, identity->organisation))
			continue;
		named = true;
		key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, authority->key, sizeof(authority->key));
		right = key && X509_verify(certificate, key) == 1;
		EVP_PKEY_free(key);
		if (right) {
			memcpy(identity->authority, authority->key, sizeof(identity->authority));
			return 0;
		}
	}
	*ret_code = named ? X509_V_ERR_CERT_SIGNATURE_FAILURE : X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	return named ? refuse(error, "The certificate is not signed by the authority of %s.", identity->organisation)
		     : refuse(error, "The certificate's organisation %s is not one that is trusted here.",
			      identity->organisation);
}

int identity_judge(const struct identity_trust *trust, X509 *certificate, enum identity_use use, time_t now,
		   struct identity *ret_identity, int *ret_code, struct identity_error *ret_error)
{
	int err;

	*ret_code = X509_V_ERR_CERT_REJECTED;
	err = identity_read(certificate, ret_identity, ret_error);
	if (!err)
		err = check_form(certificate, use, ret_error);
	if (!err)
		err = check_dates(certificate, now, ret_code, ret_error);
	if (!err && identity_revoked(trust, ret_identity->key)) {
		*ret_code = X509_V_ERR_CERT_REVOKED;
		err = refuse(ret_error, "The certificate's key was revoked by its organisation.");
	}
	if (!err)
		err = check_signature(trust, certificate, ret_identity, ret_code, ret_error);
	if (!err)
		*ret_code = X509_V_OK;
	return err;
}
