// SPDX-License-Identifier: GPL-2.0
/*
 * tls_pipe.c - a socket under TLS that never blocks.
 *
 *   read:   socket -> OpenSSL's read-ahead buffer (64 KiB, one read(2) for several records) -> caller
 *   write:  caller -> 16 KiB of plain text, shared by all pipes of a thread -> OpenSSL -> out (this file's BIO) ->
 * send(2)
 *
 * The shared plain text belongs to one pipe between its first tls_pipe_put() and its tls_pipe_flush(); a put of
 * another pipe in between seals the first one's record early, nothing worse.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "agent/net/tls_pipe.h"

#define RECORD 16384
#define READ_AHEAD (64 * 1024)
#define OUT_KEPT (64 * 1024) /* an empty buffer larger than this is given back */

struct tls_pipe {
	int fd;
	SSL *ssl;
	struct event *read, *write;
	u8 *out; /* sealed records */
	size_t out_at, out_len, out_size;
	bool broken;
	char why[200];
};

static _Thread_local struct {
	struct tls_pipe *owner;
	size_t len;
	u8 bytes[RECORD];
} plain;

static int out_write(BIO *bio, const char *bytes, int len)
{
	struct tls_pipe *pipe = BIO_get_data(bio);

	if (len <= 0)
		return 0;
	if (pipe->out_at && pipe->out_len + (size_t)len > pipe->out_size) { /* what was sent makes room */
		pipe->out_len -= pipe->out_at;
		memmove(pipe->out, pipe->out + pipe->out_at, pipe->out_len);
		pipe->out_at = 0;
	}
	if (pipe->out_len + (size_t)len > pipe->out_size) {
		size_t size = pipe->out_size ? pipe->out_size : RECORD + 1024;
		u8 *out;

		while (size < pipe->out_len + (size_t)len)
			size *= 2;
		out = realloc(pipe->out, size);
		if (!out)
			return -1;
		pipe->out = out;
		pipe->out_size = size;
	}
	memcpy(pipe->out + pipe->out_len, bytes, (size_t)len);
	pipe->out_len += (size_t)len;
	return len;
}

static long out_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static int out_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

/* One method for all threads; OpenSSL wants it made at run time. */
static BIO_METHOD *out_method(void)
{
	static BIO_METHOD *method;

	if (!method) {
		method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "voltgate out");
		if (method) {
			BIO_meth_set_write(method, out_write);
			BIO_meth_set_ctrl(method, out_control);
			BIO_meth_set_create(method, out_create);
		}
	}
	return method;
}

static int attach(struct tls_pipe *pipe, SSL_CTX *context, bool server)
{
	BIO_METHOD *method = out_method();
	BIO *in, *out;

	pipe->ssl = SSL_new(context);
	in = BIO_new_socket(pipe->fd, BIO_NOCLOSE);
	out = method ? BIO_new(method) : NULL;
	if (!pipe->ssl || !in || !out) {
		BIO_free(in);
		BIO_free(out);
		return -ENOMEM;
	}
	BIO_set_data(out, pipe);
	SSL_set_bio(pipe->ssl, in, out);
	SSL_set_default_read_buffer_len(pipe->ssl, READ_AHEAD);
	SSL_set_read_ahead(pipe->ssl, 1);
	if (server)
		SSL_set_accept_state(pipe->ssl);
	else
		SSL_set_connect_state(pipe->ssl);
	return 0;
}

int tls_pipe_new(struct event_base *base, int fd, SSL_CTX *context, bool server, event_callback_fn event, void *arg,
		 struct tls_pipe **ret_pipe)
{
	struct tls_pipe *pipe = calloc(1, sizeof(*pipe));

	if (!pipe) {
		close(fd);
		return -ENOMEM;
	}
	pipe->fd = fd;
	pipe->read = event_new(base, fd, EV_READ | EV_PERSIST, event, arg);
	pipe->write = event_new(base, fd, EV_WRITE, event, arg);
	if (!pipe->read || !pipe->write || attach(pipe, context, server) || event_add(pipe->read, NULL)) {
		tls_pipe_free(pipe);
		return -ENOMEM;
	}
	if (!server) /* wait for the connection itself */
		event_add(pipe->write, NULL);
	*ret_pipe = pipe;
	return 0;
}

void tls_pipe_free(struct tls_pipe *pipe)
{
	if (!pipe)
		return;
	if (plain.owner == pipe) {
		plain.owner = NULL;
		OPENSSL_cleanse(plain.bytes, plain.len);
		plain.len = 0;
	}
	if (pipe->read)
		event_free(pipe->read);
	if (pipe->write)
		event_free(pipe->write);
	SSL_free(pipe->ssl);
	close(pipe->fd);
	free(pipe->out);
	free(pipe);
}

static int broken(struct tls_pipe *pipe, const char *what)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	if (!pipe->broken)
		snprintf(pipe->why, sizeof(pipe->why), "%s: %s.", what, reason ? reason : strerror(errno));
	pipe->broken = true;
	ERR_clear_error();
	return -EIO;
}

/* Sends what is sealed. */
static int send_out(struct tls_pipe *pipe)
{
	while (pipe->out_at < pipe->out_len) {
		ssize_t sent = send(pipe->fd, pipe->out + pipe->out_at, pipe->out_len - pipe->out_at, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN)
			return broken(pipe, "The connection broke while sending");
		if (sent < 0) {
			if (!event_pending(pipe->write, EV_WRITE, NULL))
				event_add(pipe->write, NULL);
			return -EAGAIN;
		}
		pipe->out_at += (size_t)sent;
	}
	pipe->out_at = pipe->out_len = 0;
	if (pipe->out_size > OUT_KEPT) {
		free(pipe->out);
		pipe->out = NULL;
		pipe->out_size = 0;
	}
	return 0;
}

int tls_pipe_handshake(struct tls_pipe *pipe)
{
	int done, error;

	ERR_clear_error();
	errno = 0;
	done = SSL_do_handshake(pipe->ssl);
	error = SSL_get_error(pipe->ssl, done);
	if (done != 1 && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
		if (!errno && !ERR_peek_error())
			errno = ECONNRESET; /* closed without a word */
		broken(pipe, "The TLS handshake failed");
		send_out(pipe); /* the alert tells the peer why */
		return -EIO;
	}
	if (send_out(pipe) == -EIO)
		return -EIO;
	return done == 1 ? 0 : -EAGAIN;
}

ssize_t tls_pipe_read(struct tls_pipe *pipe, u8 *ret_bytes, size_t size)
{
	size_t got;
	int done, error;

	ERR_clear_error();
	errno = 0;
	done = SSL_read_ex(pipe->ssl, ret_bytes, size, &got);
	if (done == 1)
		return (ssize_t)got;
	error = SSL_get_error(pipe->ssl, done);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return 0;
	if (error == SSL_ERROR_ZERO_RETURN) {
		snprintf(pipe->why, sizeof(pipe->why), "The other end closed the connection.");
		return -EPIPE;
	}
	if (error == SSL_ERROR_SYSCALL && !errno)
		errno = ECONNRESET;
	return broken(pipe, "The connection broke");
}

bool tls_pipe_pending(const struct tls_pipe *pipe)
{
	return SSL_has_pending(pipe->ssl);
}

void tls_pipe_again(struct tls_pipe *pipe)
{
	event_active(pipe->read, EV_READ, 0);
}

/* out_write() never asks to come again, so a record is sealed whole or the connection is lost. */
static void seal(struct tls_pipe *pipe, const u8 *bytes, size_t len)
{
	size_t sealed;

	if (pipe->broken)
		return;
	ERR_clear_error();
	errno = ENOMEM;
	if (SSL_write_ex(pipe->ssl, bytes, len, &sealed) != 1)
		broken(pipe, "TLS could not seal a record");
}

static void seal_plain(void)
{
	if (plain.owner && plain.len)
		seal(plain.owner, plain.bytes, plain.len);
	plain.len = 0;
	plain.owner = NULL;
}

void tls_pipe_put(struct tls_pipe *pipe, const u8 *bytes, size_t len)
{
	if (plain.owner != pipe)
		seal_plain();
	plain.owner = pipe;
	while (len) {
		size_t part = RECORD - plain.len;

		if (!plain.len && len >= RECORD) { /* a whole record needs no copy */
			seal(pipe, bytes, RECORD);
			part = RECORD;
		} else {
			if (part > len)
				part = len;
			memcpy(plain.bytes + plain.len, bytes, part);
			plain.len += part;
			if (plain.len == RECORD) {
				seal(pipe, plain.bytes, RECORD);
				plain.len = 0;
			}
		}
		bytes += part;
		len -= part;
	}
}

size_t tls_pipe_room(const struct tls_pipe *pipe)
{
	size_t unsent = pipe->out_len - pipe->out_at;

	return pipe->broken || unsent >= TLS_PIPE_UNSENT_MAX ? 0 : TLS_PIPE_UNSENT_MAX - unsent;
}

int tls_pipe_flush(struct tls_pipe *pipe)
{
	if (plain.owner == pipe)
		seal_plain();
	return pipe->broken ? -EIO : send_out(pipe);
}

void tls_pipe_bye(struct tls_pipe *pipe)
{
	if (pipe->broken || !SSL_is_init_finished(pipe->ssl))
		return;
	tls_pipe_flush(pipe);
	SSL_shutdown(pipe->ssl);
	send_out(pipe);
	ERR_clear_error();
}

SSL *tls_pipe_ssl(struct tls_pipe *pipe)
{
	return pipe->ssl;
}

const char *tls_pipe_why(const struct tls_pipe *pipe)
{
	return pipe->why;
}
