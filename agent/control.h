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
 *   follow {what: alarms|verdicts|actions}          answers as they come, without end
 *   handshake-set {public_key}                      the gateway's X25519 key, for mac1
 *   its-trust-reload                                reads the trust directory again
 */
#ifndef VOLTGATE_CONTROL_H
#define VOLTGATE_CONTROL_H

#define CONTROL_PATH "/run/voltgate/control.sock"
#define CONTROL_LINE_MAX 65536

#endif
