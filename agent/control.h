/* SPDX-License-Identifier: GPL-2.0 */
/*
 * control.h - the agent's control socket: a Unix stream socket (default
 * /run/voltgate/control.sock, mode 0660, group voltgate; the peer must be root
 * or of that group, by SO_PEERCRED), JSON objects, one a line, at most 64 KiB.
 *
 * Request:  {"do": VERB, ...}        Answer: any number of objects, then
 *           {"end": true}            or {"error": SENTENCE, "errno": NUMBER}
 * Objects are those of gate_json.h; 64-bit numbers are decimal strings where
 * they can pass 2^53 (ids are 16 hex digits, keys and hashes hex).
 *
 *   status                                          agent and gate in one object
 *   session-add {session} / session-remove {id} / session-revoke {id} / session-get {id} / session-dump
 *   policy-get / policy-set {key, value}            all rooms; the agent routes
 *   deny-add {prefix} / deny-remove {prefix} / deny-dump
 *   counters / counters-cpu (one object a CPU) / alarm-dump / flush
 *   attach {interface, mode} / detach {interface}   mode: native, generic or auto
 *   interfaces                                      one object each
 *   follow {what: alarms|verdicts|actions|blocks}   answers as they come, without end
 *   handshake-set {public_key}                      the gateway's X25519 key, for mac1
 *   its-trust-reload                                reads the trust directory again
 *
 * Of the ledger's node (CHANNEL: name, id, or the id's first digits; bytes are hex):
 *   node-status / channels (one object each) / channel-show {channel} / peers (one object each)
 *   channel-join {genesis} or {path}                path: absolute, a file that the agent can read
 *   channel-leave {channel}
 *   block-get {channel, number}                     the block, then its transactions, one object each
 *   block-list {channel, from, count}               blocks without their transactions
 *   tx-get {channel, hash}                          of the transaction or of its proposal
 *   tx-submit {channel, transaction}                answers when it is committed or refused
 *   state-get {channel, key, history}
 */
#ifndef VOLTGATE_CONTROL_H
#define VOLTGATE_CONTROL_H

#define CONTROL_PATH "/run/voltgate/control.sock"
#define CONTROL_LINE_MAX 65536

/* --- the server (the agent); the client is control_client.h --- */
#include <event2/event.h>
#include <jansson.h>

#include "agent/verdictlog.h"

#define CONTROL_SLOW_BYTES (4 * 1024 * 1024) /* a follower that lets so much pile up is dropped */
#define CONTROL_DUMPS 4			     /* processes that write long answers at once */

enum control_what { CONTROL_ALARMS, CONTROL_VERDICTS, CONTROL_ACTIONS, CONTROL_BLOCKS, CONTROL_WHAT_COUNT };

struct control;
struct control_peer; /* one connection */

/* Answers one request with control_send() and then control_end() or control_error(), or control_follow(). */
typedef void control_request_fn(void *arg, struct control_peer *peer, const char *verb, const json_t *request);

struct control_error {
	char text[320];
};

/*
 * Listens on @path (0660, the process's group). A stale socket is replaced, a
 * live one refused with -EADDRINUSE. At most @limit peers.
 */
int control_open(struct event_base *base, const char *path, u32 limit, control_request_fn *request, void *arg,
		 struct control **ret_control, struct control_error *ret_error);
/* Ends every connection and removes the socket. NULL is fine. */
void control_close(struct control *control);

/* Appends one object to the answer; takes the reference. */
void control_send(struct control_peer *peer, json_t *object);
void control_end(struct control_peer *peer);
/* Ends the answer with an error, as 0 or -errno. */
void control_error(struct control_peer *peer, int error, const char *text);
/*
 * The answer comes later: the peer's further requests wait for it. The ticket
 * finds the peer again; NULL once it is gone. control_end() or control_error()
 * and then control_resume() end the wait.
 */
u64 control_defer(struct control_peer *peer);
struct control_peer *control_deferred(struct control *control, u64 ticket);
void control_resume(struct control_peer *peer);
/* From now on the peer gets what is published of @what. */
void control_follow(struct control_peer *peer, enum control_what what);
/*
 * Answers in a process of its own, so that a million objects for a slow reader
 * hold up nothing here: @dump sends objects with control_send() and returns 0
 * or -errno with a sentence in @ret_error. It sees this process's memory as it is now.
 */
void control_dump(struct control_peer *peer,
		  int (*dump)(void *arg, struct control_peer *peer, struct control_error *ret_error), void *arg);

bool control_followed(const struct control *control, enum control_what what);
/* Sends @object (borrowed) to the followers of @what. */
void control_publish(struct control *control, enum control_what what, const json_t *object);
/* The records of a stored batch, one object each. */
void control_publish_batch(struct control *control, const struct batch *batch);
u32 control_peers(const struct control *control);

#endif
