/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ingress.h - what the XDP program is told: policy, clock and the keys of the
 * cheap refusals, as one struct vg_ingress, written whole on every change.
 * Needed in both grades.
 *
 * Not thread-safe. Functions return 0 or -errno (of the map update).
 */
#ifndef VOLTGATE_AGENT_INGRESS_H
#define VOLTGATE_AGENT_INGRESS_H

#include "agent/loader.h"
#include "voltgate/policy.h"

#define INGRESS_COOKIE_SECRET_S 120 /* life of a cookie secret; the one before stays good until the next */
#define INGRESS_ASKED_RATE 200	    /* hellos without a cookie shown per second, until the agent says otherwise */

struct ingress;

/* Draws the keys, writes the first state (hellos off). @loader must outlive it. */
int ingress_open(const struct loader *loader, const struct vg_policy *policy, struct ingress **ret_ingress);
void ingress_close(struct ingress *ingress); /* wipes the keys; the program goes on with what it was told */

/* The clock of the policy: monotonic microseconds + this = Time64. Call again whenever the realtime clock was set. */
s64 ingress_clock_offset_us(const struct vg_policy *policy);
/* Time64 now by the policy's clock, as the program sees it (which reads a coarser clock). */
u64 ingress_now(const struct ingress *ingress);

/* Takes over a changed policy (all of it) and the clock as it stands now. */
int ingress_set_policy(struct ingress *ingress, const struct vg_policy *policy);
/* To be called on clock steps (timerfd TFD_TIMER_CANCEL_ON_SET) and every minute or so for slewed clocks. */
int ingress_clock_stepped(struct ingress *ingress);
/* Sets mac1's key from the gateway's X25519 public key and lets hellos in; NULL: no hellos. */
int ingress_set_handshake_key(struct ingress *ingress, const u8 public_key[32]);
/* How many hellos that lack a cookie the program shows the agent at most; at least 1. */
int ingress_set_asked_rate(struct ingress *ingress, u32 per_second);
/* The agent's own judgement that it is under load, beside the policy's under-load: hellos must carry cookies. */
int ingress_set_loaded(struct ingress *ingress, bool loaded);
/* Draws a new cookie secret; the current one becomes the previous. Every INGRESS_COOKIE_SECRET_S seconds. */
int ingress_rotate_cookie_secret(struct ingress *ingress);
/* Plain grade: whether the program may leave the deny list unasked. */
int ingress_set_deny_empty(struct ingress *ingress, bool empty);
/* True if mac2 of the hello @vid (HELLO_LEN bytes) was made with a cookie of @from, new or previous. */
bool ingress_hello_proves(const struct ingress *ingress, const struct vg_cookie_input *from, const u8 *vid);
/* The current secret, for making cookie replies. Wipe the copy after use. */
void ingress_cookie_secret(const struct ingress *ingress, struct vg_siphash_key *ret_secret);

#endif
