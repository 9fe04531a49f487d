/* SPDX-License-Identifier: GPL-2.0 */
/*
 * authenticate.h - the decision on one authenticated VID: the same text in
 * the module (attested grade) and in the BPF program (plain grade).
 *
 * Who includes this defines, before, the environment it runs in:
 *   struct vg_env
 *       whatever the functions below need
 *   vg_env_session(env, id)
 *       struct vg_session * or NULL
 *   vg_env_absent(env, id)
 *       VG_REVOKED or VG_UNKNOWN_SESSION, for an id without a session
 *   vg_env_tag(env, key, &tag)
 *       the MAC over all but the tag; 0, or negative if the packet's bytes cannot be read
 *   vg_env_tag_matches(env, &tag)
 *       true if the packet's tag is it (constant time)
 *   vg_env_reserve(env, session, fields)
 *       true if a record slot is now held (or none is needed)
 *   vg_env_release(env, session, fields, reason)
 *       gives the slot up (reason is not accepted) or publishes the record
 *   vg_env_lock(env, session), vg_env_unlock(env, session)
 *
 * Order (PROTOCOL.md D1, D2): lookup, expiry, freshness, replay pre-check, MAC,
 * slot, replay commit, session budget. Before the MAC nothing of the session
 * is written; a packet that finds no slot leaves its sequence unspent.
 */
#ifndef VOLTGATE_AUTHENTICATE_H
#define VOLTGATE_AUTHENTICATE_H

#include "types.h"
#include "vid.h"
#include "reason.h"
#include "siphash.h"
#include "replay.h"
#include "budget.h"
#include "time64.h"

/* What a decision depends on besides packet and session; the shell fills it in. */
struct vg_auth_policy {
	s64 stale_us;
	s64 future_us;
	struct vg_budget_rate session_budget;
	u64 now;    /* Time64, microseconds */
	u64 now_ns; /* monotonic clock, for budgets */
};

/* The part of a session that authentication reads and writes, embedded in each environment's own struct vg_session. */
struct vg_session_auth {
	u64 id; /* rechecked under the lock: the memory may have been given to another session */
	struct vg_siphash_key key;
	u64 expires; /* Time64; refused from then on */
	struct vg_budget budget;
	u64 beacon_second; /* last Time64 second of which a beacon was recorded */
	struct vg_replay replay;
};

struct vg_env;
struct vg_session;

VG_INLINE enum vg_reason vg_auth_commit(struct vg_session_auth *auth, const struct vg_auth_policy *policy,
					const struct vg_vid_fields *vid)
{
	if (auth->id != vid->session)
		return VG_UNKNOWN_SESSION;
	if (!vg_replay_commit(&auth->replay, vid->sequence))
		return VG_REPLAYED;
	if (!vg_budget_take(&auth->budget, &policy->session_budget, policy->now_ns))
		return VG_OVER_BUDGET;
	return VG_ACCEPTED;
}

/* The refusals that cost little; they only read. */
VG_INLINE enum vg_reason vg_auth_precheck(const struct vg_session_auth *auth, const struct vg_auth_policy *policy,
					  const struct vg_vid_fields *vid)
{
	enum vg_reason reason;

	if (policy->now >= auth->expires)
		return VG_EXPIRED;
	reason = vg_time64_fresh(policy->now, vid->generated, policy->stale_us, policy->future_us);
	if (reason != VG_ACCEPTED)
		return reason;
	return vg_replay_seen(&auth->replay, vid->sequence) ? VG_REPLAYED : VG_ACCEPTED;
}

#endif /* VOLTGATE_AUTHENTICATE_H */

/*
 * The decision itself needs struct vg_session, which embeds the types above:
 * include this header (or maps.h) for the types, define session and
 * environment, then define VG_AUTHENTICATE_ENV and include it once more.
 */
#if defined(VG_AUTHENTICATE_ENV) && !defined(VOLTGATE_AUTHENTICATE_DECIDE)
#define VOLTGATE_AUTHENTICATE_DECIDE
VG_INLINE enum vg_reason vg_auth_decide(struct vg_env *env, const struct vg_auth_policy *policy,
					const struct vg_vid_fields *vid)
{
	struct vg_session *session = vg_env_session(env, vid->session);
	struct vg_siphash_tag tag;
	enum vg_reason reason;

	if (!session)
		return vg_env_absent(env, vid->session);
	reason = vg_auth_precheck(&session->auth, policy, vid);
	if (reason != VG_ACCEPTED)
		return reason;
	if (vg_env_tag(env, &session->auth.key, &tag))
		return VG_MALFORMED;
	if (!vg_env_tag_matches(env, &tag))
		return VG_FORGED;
	if (!vg_env_reserve(env, session, vid))
		return VG_BACKLOG;
	vg_env_lock(env, session);
	reason = vg_auth_commit(&session->auth, policy, vid);
	vg_env_unlock(env, session);
	vg_env_release(env, session, vid, reason);
	return reason;
}
#endif
