// SPDX-License-Identifier: GPL-2.0
/*
 * identity.c - our certificate and key, whom we trust, and the TLS contexts
 * made of both. Judging somebody else's certificate is identity_certificate.c's.
 *
 * OpenSSL's own chain building is not asked: the verify callback hands the leaf to identity_judge(). No session is
 * ever resumed (no tickets, no cache), so each handshake is judged by today's trust.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "agent/net/identity_certificate.h"

struct identity_tls {
	struct identity self;
	X509 *certificate;
	EVP_PKEY *key;
	u8 *secret; /* the same for libsodium, whose signatures cost 0.6 of OpenSSL's; in guarded memory */
	SSL_CTX *server, *client;
	struct identity_trust trust;
	struct identity_error refusal;
};

static const u8 alpn_h2[] = { 2, 'h', '2' };

__attribute__((format(printf, 3, 4))) static int fail(struct identity_error *error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	ERR_clear_error();
	return err;
}

static int read_certificate(struct identity_tls *tls, const char *path, struct identity_error *error)
{
	FILE *file = fopen(path, "re");
	int err;

	if (!file)
		return fail(error, -errno, "%s cannot be opened: %s.", path, strerror(errno));
	tls->certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	if (!tls->certificate)
		return fail(error, -EINVAL, "%s holds no certificate in PEM.", path);
	err = identity_read(tls->certificate, &tls->self, error);
	if (err) {
		struct identity_error reason = *error;

		return fail(error, -EINVAL, "%s: %s", path, reason.text);
	}
	return 0;
}

/* OpenSSL would ask the terminal for a passphrase. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
	(void)text, (void)size, (void)writing, (void)arg;
	return -1;
}

static int read_key(struct identity_tls *tls, const char *path, struct identity_error *error)
{
	FILE *file = fopen(path, "re");
	static char buffer[4096]; /* stdio's own would keep the key's bytes */
	struct stat stat;

	if (!file)
		return fail(error, -errno, "%s cannot be opened: %s.", path, strerror(errno));
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	if (fstat(fileno(file), &stat) || stat.st_mode & S_IRWXO) {
		fclose(file);
		return fail(error, -EACCES, "%s is open to everyone on this machine; chmod o-rwx it.", path);
	}
	tls->key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
	fclose(file);
	OPENSSL_cleanse(buffer, sizeof(buffer));
	if (!tls->key)
		return fail(error, -EINVAL, "%s holds no private key in PEM without passphrase.", path);
	if (X509_check_private_key(tls->certificate, tls->key) != 1)
		return fail(error, -EINVAL, "The key in %s does not belong to the certificate.", path);
	return 0;
}

static int keep_secret(struct identity_tls *tls)
{
	u8 seed[crypto_sign_SEEDBYTES], public[crypto_sign_PUBLICKEYBYTES];
	size_t len = sizeof(seed);
	int err = 0;

	if (sodium_init() < 0)
		return -ENOMEM;
	tls->secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	if (!tls->secret)
		return -ENOMEM;
	if (EVP_PKEY_get_raw_private_key(tls->key, seed, &len) != 1 || len != sizeof(seed) ||
	    crypto_sign_seed_keypair(public, tls->secret, seed) || memcmp(public, tls->self.key, sizeof(public)))
		err = -EINVAL;
	sodium_memzero(seed, sizeof(seed));
	sodium_mprotect_readonly(tls->secret);
	return err;
}

static int judge(struct identity_tls *tls, X509_STORE_CTX *context, enum identity_use use)
{
	X509 *certificate = X509_STORE_CTX_get0_cert(context);
	struct identity identity;
	int code = X509_V_ERR_CERT_REJECTED;

	tls->refusal.text[0] = '\0';
	if (!certificate)
		fail(&tls->refusal, 0, "There is no certificate.");
	else
		identity_judge(&tls->trust, certificate, use, time(NULL), &identity, &code, &tls->refusal);
	X509_STORE_CTX_set_error(context, code);
	ERR_clear_error();
	return code == X509_V_OK;
}

static int judge_client(X509_STORE_CTX *context, void *tls)
{
	return judge(tls, context, IDENTITY_CLIENT);
}

static int judge_server(X509_STORE_CTX *context, void *tls)
{
	return judge(tls, context, IDENTITY_SERVER);
}

static int select_h2(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
		     unsigned int in_len, void *arg)
{
	(void)ssl, (void)arg;
	for (unsigned int at = 0; at < in_len; at += in[at] + 1u)
		if (in[at] == 2 && at + 2 < in_len && !memcmp(in + at + 1, "h2", 2)) {
			*out = in + at + 1;
			*out_len = 2;
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *make_context(struct identity_tls *tls, bool server)
{
	SSL_CTX *context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	if (!context)
		return NULL;
	if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(
		    context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") != 1 ||
	    SSL_CTX_set1_sigalgs_list(context, "ed25519") != 1 ||
	    SSL_CTX_use_certificate(context, tls->certificate) != 1 || SSL_CTX_use_PrivateKey(context, tls->key) != 1 ||
	    SSL_CTX_set_num_tickets(context, 0) != 1 ||
	    SSL_CTX_set_alpn_protos(context, alpn_h2, sizeof(alpn_h2)) != 0) {
		SSL_CTX_free(context);
		return NULL;
	}
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_app_data(context, tls);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(context, 2 * IDENTITY_CERTIFICATE_BYTES_MAX);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	/* Who serves judges clients. */
	SSL_CTX_set_cert_verify_callback(context, server ? judge_client : judge_server, tls);
	if (server)
		SSL_CTX_set_alpn_select_cb(context, select_h2, NULL);
	return context;
}

int identity_tls_open(const char *certificate_path, const char *key_path, struct identity_tls **ret_tls,
		      struct identity_error *ret_error)
{
	struct identity_tls *tls = calloc(1, sizeof(*tls));
	int err;

	ret_error->text[0] = '\0';
	if (!tls)
		return fail(ret_error, -ENOMEM, "There is no memory for the node's identity.");
	err = read_certificate(tls, certificate_path, ret_error);
	if (!err)
		err = read_key(tls, key_path, ret_error);
	if (err)
		goto out;
	tls->server = make_context(tls, true);
	tls->client = make_context(tls, false);
	err = keep_secret(tls);
	if (err) {
		fail(ret_error, err, "libsodium does not take the key in %s.", key_path);
		goto out;
	}
	if (!tls->server || !tls->client) {
		err = fail(ret_error, -EINVAL, "OpenSSL takes no TLS 1.3 context with the certificate in %s.",
			   certificate_path);
		goto out;
	}
	*ret_tls = tls;
	return 0;
out:
	identity_tls_close(tls);
	return err;
}

void identity_tls_close(struct identity_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->server);
	SSL_CTX_free(tls->client);
	sodium_free(tls->secret);
	EVP_PKEY_free(tls->key);
	X509_free(tls->certificate);
	free(tls->trust.authorities);
	free(tls->trust.revoked);
	free(tls);
}

static int key_order(const void *one, const void *other)
{
	return memcmp(one, other, 32);
}

int identity_tls_trust(struct identity_tls *tls, const struct identity_authority *authorities, u32 count,
		       const u8 (*revoked)[32], u32 revoked_count)
{
	struct identity_trust trust = { .authority_count = count, .revoked_count = revoked_count };

	trust.authorities = calloc(count + 1, sizeof(*trust.authorities));
	trust.revoked = calloc(revoked_count + 1, sizeof(*trust.revoked));
	if (!trust.authorities || !trust.revoked) {
		free(trust.authorities);
		free(trust.revoked);
		return -ENOMEM;
	}
	if (count)
		memcpy(trust.authorities, authorities, count * sizeof(*authorities));
	for (u32 i = 0; i < count; i++)
		trust.authorities[i].organisation[IDENTITY_NAME_MAX - 1] = '\0';
	if (revoked_count)
		memcpy(trust.revoked, revoked, revoked_count * sizeof(*revoked));
	qsort(trust.revoked, revoked_count, sizeof(*trust.revoked), key_order);
	free(tls->trust.authorities);
	free(tls->trust.revoked);
	tls->trust = trust;
	return 0;
}

const struct identity *identity_tls_self(const struct identity_tls *tls)
{
	return &tls->self;
}

void identity_tls_sign(const struct identity_tls *tls, const void *message, size_t len, u8 ret_signature[64])
{
	crypto_sign_detached(ret_signature, NULL, message, len, tls->secret);
}

SSL_CTX *identity_tls_server(struct identity_tls *tls)
{
	return tls->server;
}

SSL_CTX *identity_tls_client(struct identity_tls *tls)
{
	return tls->client;
}

int identity_peer(SSL *ssl, struct identity *ret_identity, struct identity_error *ret_error)
{
	bool server = SSL_is_server(ssl);
	const struct identity_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	const unsigned char *protocol;
	unsigned int len;
	int code;

	SSL_get0_alpn_selected(ssl, &protocol, &len);
	if (len != 2 || memcmp(protocol, "h2", 2))
		return fail(ret_error, -EACCES, "The other end does not speak HTTP/2 (ALPN h2).");
	if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK)
		return fail(ret_error, -EACCES, "The other end showed no certificate that is believed.");
	return identity_judge(&tls->trust, certificate, server ? IDENTITY_CLIENT : IDENTITY_SERVER, time(NULL),
			      ret_identity, &code, ret_error);
}

const char *identity_tls_refusal(const struct identity_tls *tls)
{
	return tls->refusal.text;
}

bool identity_trusted(const struct identity_tls *tls, const struct identity *identity)
{
	if (identity_revoked(&tls->trust, identity->key) || identity->expires < (u64)time(NULL))
		return false;
	for (u32 i = 0; i < tls->trust.authority_count; i++)
		if (!strcmp(tls->trust.authorities[i].organisation, identity->organisation) &&
		    !memcmp(tls->trust.authorities[i].key, identity->authority, 32))
			return true;
	return false;
}
