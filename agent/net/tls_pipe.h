/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tls_pipe.h - a socket under TLS that never blocks. Passive: its owner gets the
 * loop's events and calls tls_pipe_*(); nothing is called back, so that freeing it is always safe.
 *
 * What is put is collected into whole TLS records, these into one buffer, and that leaves with one system call when the
 * owner flushes. SIGPIPE is never raised.
 */
#ifndef VOLTGATE_NET_TLS_PIPE_H
#define VOLTGATE_NET_TLS_PIPE_H

#include <event2/event.h>

#include "agent/net/identity.h"

#define TLS_PIPE_UNSENT_MAX (256 * 1024) /* bytes; beyond, tls_pipe_room() is 0 */

struct tls_pipe;

/* @fd is taken over (also on failure). @event gets EV_READ and EV_WRITE. -ENOMEM. */
int tls_pipe_new(struct event_base *base, int fd, SSL_CTX *context, bool server, event_callback_fn event, void *arg,
		 struct tls_pipe **ret_pipe);
void tls_pipe_free(struct tls_pipe *pipe);
/* 0: done; -EAGAIN: goes on with the next event; else failed, see tls_pipe_why(). */
int tls_pipe_handshake(struct tls_pipe *pipe);
/* Bytes read; 0: nothing more for now; -EPIPE: closed by the peer; else failed, see tls_pipe_why(). */
ssize_t tls_pipe_read(struct tls_pipe *pipe, u8 *ret_bytes, size_t size);
/* More was read from the socket than was given out. */
bool tls_pipe_pending(const struct tls_pipe *pipe);
/* EV_READ comes again though the socket may be empty: more was read than was taken. */
void tls_pipe_again(struct tls_pipe *pipe);
/* Never refuses; the caller asks for room first. */
void tls_pipe_put(struct tls_pipe *pipe, const u8 *bytes, size_t len);
size_t tls_pipe_room(const struct tls_pipe *pipe);
/* 0: all is with the kernel; -EAGAIN: EV_WRITE comes; else failed. */
int tls_pipe_flush(struct tls_pipe *pipe);
/* Says goodbye (close_notify) if that does not block. */
void tls_pipe_bye(struct tls_pipe *pipe);
SSL *tls_pipe_ssl(struct tls_pipe *pipe);
/* A sentence on the last failure. */
const char *tls_pipe_why(const struct tls_pipe *pipe);

#endif
