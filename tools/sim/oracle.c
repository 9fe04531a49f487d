// SPDX-License-Identifier: GPL-2.0
/* oracle.c - an environment for authenticate.h that holds one session. */
#include "tools/sim/oracle.h"

struct vg_env {
	struct vg_session *session;
	const u8 *vid;
	u32 len;
};

static struct vg_session *vg_env_session(struct vg_env *env, u64 id)
{
	return env->session && env->session->auth.id == id ? env->session : NULL;
}

static enum vg_reason vg_env_absent(struct vg_env *env, u64 id)
{
	(void)env;
	(void)id;
	return VG_UNKNOWN_SESSION;
}

static int vg_env_tag(struct vg_env *env, const struct vg_siphash_key *key, struct vg_siphash_tag *ret_tag)
{
	vg_siphash(key, env->vid, env->len - VG_VID_TAG_LEN, ret_tag);
	return 0;
}

static bool vg_env_tag_matches(struct vg_env *env, const struct vg_siphash_tag *tag)
{
	return vg_siphash_tag_equal(tag, env->vid + env->len - VG_VID_TAG_LEN);
}

static bool vg_env_reserve(struct vg_env *env, struct vg_session *session, const struct vg_vid_fields *vid)
{
	(void)env;
	(void)session;
	(void)vid;
	return true;
}

static void vg_env_release(struct vg_env *env, struct vg_session *session, const struct vg_vid_fields *vid,
			   enum vg_reason reason)
{
	(void)env;
	(void)session;
	(void)vid;
	(void)reason;
}

static void vg_env_lock(struct vg_env *env, struct vg_session *session)
{
	(void)env;
	(void)session;
}

static void vg_env_unlock(struct vg_env *env, struct vg_session *session)
{
	(void)env;
	(void)session;
}

#define VG_AUTHENTICATE_ENV
#include "voltgate/authenticate.h"

static enum vg_reason oracle_decide(const struct oracle *oracle, struct vg_session *session, const u8 *vid, u32 len,
				    u64 now, bool hello_proven)
{
	struct vg_auth_policy policy = { .stale_us = oracle->stale_us, .future_us = oracle->future_us, .now = now };
	struct vg_env env = { session, vid, len };
	struct vg_vid_fields fields;

	if (len < VG_VID_OVERHEAD || !vg_vid_decode((const struct vg_vid *)vid, len, &fields))
		return VG_MALFORMED;
	if (fields.type == VG_VID_HELLO)
		return hello_proven ? VG_ACCEPTED : VG_BAD_COOKIE;
	return vg_auth_decide(&env, &policy, &fields);
}

enum vg_reason oracle_judge(const struct oracle *oracle, struct vehicle *vehicle, const u8 *vid, u32 len, u64 now,
			    bool hello_proven)
{
	return oracle_decide(oracle, vehicle ? &vehicle->gate : NULL, vid, len, now, hello_proven);
}

enum vg_reason oracle_ask(const struct oracle *oracle, const struct vehicle *vehicle, const u8 *vid, u32 len, u64 now)
{
	struct vg_session copy = vehicle->gate;

	return oracle_decide(oracle, &copy, vid, len, now, false);
}
