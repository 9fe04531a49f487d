// SPDX-License-Identifier: GPL-2.0
/*
 * org_key.c - Ed25519 keys in PEM files, and what certificates say of them.
 */
#include "tools/voltgate/org_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/voltgate/key_file.h"

__attribute__((format(printf, 3, 4))) static int fail(struct org_key_error *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

EVP_PKEY *org_key_new(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

int org_key_write(const char *path, EVP_PKEY *key, struct org_key_error *ret_error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *file;
	bool failed;

	if (fd < 0)
		return fail(ret_error, -errno, "%.200s cannot be made: %s", path,
			    errno == EEXIST ? "it is there already, and keys are never overwritten" : strerror(errno));
	file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		unlink(path);
		return fail(ret_error, -ENOMEM, "out of memory");
	}
	setvbuf(file, NULL, _IONBF, 0); /* no copy of the key stays in a buffer */
	failed = PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) != 1 || fsync(fd);
	failed |= fclose(file) != 0;
	if (failed) {
		unlink(path);
		return fail(ret_error, -EIO, "%.200s cannot be written", path);
	}
	return 0;
}

/* Asked for a passphrase: there is none, and nobody is asked. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
	(void)text, (void)size, (void)writing, (void)arg;
	return -1;
}

int org_key_read(const char *path, EVP_PKEY **ret_key, struct org_key_error *ret_error)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key = NULL;
	struct stat about;
	int error = 0;

	if (!file)
		return fail(ret_error, -errno, "%.200s cannot be opened: %s", path, strerror(errno));
	setvbuf(file, NULL, _IONBF, 0);
	if (fstat(fileno(file), &about) || about.st_mode & 077)
		error = fail(ret_error, -EACCES, "%.200s can be read by others than its owner; chmod 600 it", path);
	else
		key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
	fclose(file);
	if (!error && (!key || !EVP_PKEY_is_a(key, "ED25519")))
		error = fail(ret_error, -EINVAL, "%.200s holds no Ed25519 private key in PEM without passphrase", path);
	if (error) {
		EVP_PKEY_free(key);
		return error;
	}
	*ret_key = key;
	return 0;
}

int org_key_secret(const char *path, u8 ret_secret[64], struct org_key_error *ret_error)
{
	u8 seed[32], public[32];
	size_t len = sizeof(seed);
	EVP_PKEY *key;
	int error = org_key_read(path, &key, ret_error);

	if (error)
		return error;
	if (EVP_PKEY_get_raw_private_key(key, seed, &len) != 1 || len != sizeof(seed))
		error = fail(ret_error, -EINVAL, "%.200s holds no Ed25519 private key", path);
	else
		crypto_sign_seed_keypair(public, ret_secret, seed);
	sodium_memzero(seed, sizeof(seed));
	EVP_PKEY_free(key);
	return error;
}

int org_key_of(X509 *certificate, u8 ret_key[32])
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	size_t len = 32;

	return key && EVP_PKEY_is_a(key, "ED25519") && EVP_PKEY_get_raw_public_key(key, ret_key, &len) == 1 && len == 32
		       ? 0
		       : -EINVAL;
}

int org_key_certificate(const char *path, X509 **ret_certificate, struct org_key_error *ret_error)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return fail(ret_error, -errno, "%.200s cannot be opened: %s", path, strerror(errno));
	*ret_certificate = PEM_read_X509(file, NULL, no_passphrase, NULL);
	fclose(file);
	if (!*ret_certificate)
		return fail(ret_error, -EINVAL, "%.200s holds no certificate in PEM", path);
	return 0;
}

static int public_of_pem(const char *path, u8 ret_key[32], struct org_key_error *ret_error)
{
	size_t len = 32;
	EVP_PKEY *key = NULL;
	X509 *certificate;
	FILE *file;
	int error = org_key_certificate(path, &certificate, ret_error);

	if (!error) {
		error = org_key_of(certificate, ret_key);
		X509_free(certificate);
		return error ? fail(ret_error, error, "the certificate in %.200s has no Ed25519 key", path) : 0;
	}
	file = error == -EINVAL ? fopen(path, "re") : NULL;
	if (file) {
		key = PEM_read_PUBKEY(file, NULL, no_passphrase, NULL);
		fclose(file);
		error = key && EVP_PKEY_is_a(key, "ED25519") && EVP_PKEY_get_raw_public_key(key, ret_key, &len) == 1
				? 0
				: fail(ret_error, -EINVAL,
				       "%.200s holds neither a certificate nor an Ed25519 public key in PEM", path);
	}
	EVP_PKEY_free(key);
	return error;
}

int org_key_public(const char *word, u8 ret_key[32], struct org_key_error *ret_error)
{
	if (strlen(word) == 64 && !key_file_hex(word, ret_key, 32))
		return 0;
	return public_of_pem(word, ret_key, ret_error);
}

void org_key_subject(X509 *certificate, int nid, char *ret_text, size_t size)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, nid, -1), len;
	unsigned char *text = NULL;

	ret_text[0] = '\0';
	if (at < 0)
		return;
	len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (len > 0 && (size_t)len < size) {
		memcpy(ret_text, text, (size_t)len);
		ret_text[len] = '\0';
	}
	OPENSSL_free(text);
}
