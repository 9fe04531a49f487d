// SPDX-License-Identifier: GPL-2.0
/*
 * ingress.c - struct vg_ingress, kept by the agent and written whole.
 */
#include "agent/ingress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <sodium.h>
#include "agent/handshake/hello.h"
#include "voltgate/time64.h"

struct ingress {
	int fd; /* the map's; the loader's own */
	struct vg_policy policy;
	bool loaded; /* as the agent finds, whatever the policy says */
	struct vg_ingress state;
};

static u64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (u64)now.tv_sec * 1000000000u + now.tv_nsec;
}

/* Realtime minus monotonic: of several readings the one with the shortest gap, so that a preemption between does not
 * count. */
static s64 realtime_offset_us(void)
{
	u64 before, between, after, best = ~0ULL;
	s64 offset_ns = 0;
	int i;

	for (i = 0; i < 5; i++) {
		before = clock_ns(CLOCK_MONOTONIC);
		between = clock_ns(CLOCK_REALTIME);
		after = clock_ns(CLOCK_MONOTONIC);
		if (after - before < best) {
			best = after - before;
			offset_ns = (s64)(between - (before + best / 2));
		}
	}
	return offset_ns / 1000;
}

s64 ingress_clock_offset_us(const struct vg_policy *policy)
{
	return (s64)vg_time64_of_utc(realtime_offset_us(), policy->leap_seconds, policy->clock_offset_us);
}

static int ingress_write(const struct ingress *ingress)
{
	u32 key = 0;

	return bpf_map_update_elem(ingress->fd, &key, &ingress->state, BPF_ANY) ? -errno : 0;
}

static void policy_apply(struct ingress *ingress)
{
	const struct vg_policy *policy = &ingress->policy;
	struct vg_ingress *state = &ingress->state;

	state->time64_offset_us = ingress_clock_offset_us(policy);
	state->hello_rate = vg_budget_rate_of(policy->hello_rate, policy->hello_burst);
	state->its_rate = vg_budget_rate_of(policy->its_rate, policy->its_burst);
	state->its_stale_us = policy->its_stale_us;
	state->its_future_us = policy->its_future_us;
	state->stale_us = policy->stale_us;
	state->future_us = policy->future_us;
	state->session_rate = vg_budget_rate_of(policy->session_rate, policy->session_burst);
	state->alarm_new_rate = vg_budget_rate_of(policy->alarm_new_rate, policy->alarm_new_rate);
	state->under_load = policy->under_load || ingress->loaded;
	state->record_beacons = !!policy->record_beacons;
	state->record_flags = policy->clock_offset_us ? VG_RECORD_FLAG_TEST_CLOCK : 0;
}

static void key_draw(struct vg_siphash_key *ret_key)
{
	randombytes_buf(ret_key, sizeof(*ret_key));
}

int ingress_open(const struct loader *loader, const struct vg_policy *policy, struct ingress **ret_ingress)
{
	struct ingress *ingress;
	int err;

	if (sodium_init() < 0)
		return -EIO;
	ingress = calloc(1, sizeof(*ingress));
	if (!ingress)
		return -ENOMEM;
	ingress->fd = loader_map_fd(loader, LOADER_MAP_INGRESS);
	ingress->policy = *policy;
	key_draw(&ingress->state.duplicate_key);
	key_draw(&ingress->state.mac1_key);
	key_draw(&ingress->state.cookie_secrets[0]);
	key_draw(&ingress->state.cookie_secrets[1]);
	ingress->state.asked_rate = vg_budget_rate_of(INGRESS_ASKED_RATE, INGRESS_ASKED_RATE / 10);
	policy_apply(ingress);
	err = ingress_write(ingress);
	if (err) {
		ingress_close(ingress);
		return err;
	}
	*ret_ingress = ingress;
	return 0;
}

void ingress_close(struct ingress *ingress)
{
	if (!ingress)
		return;
	sodium_memzero(ingress, sizeof(*ingress));
	free(ingress);
}

u64 ingress_now(const struct ingress *ingress)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000 + ingress->state.time64_offset_us;
}

int ingress_set_policy(struct ingress *ingress, const struct vg_policy *policy)
{
	ingress->policy = *policy;
	policy_apply(ingress);
	return ingress_write(ingress);
}

int ingress_clock_stepped(struct ingress *ingress)
{
	ingress->state.time64_offset_us = ingress_clock_offset_us(&ingress->policy);
	return ingress_write(ingress);
}

int ingress_set_handshake_key(struct ingress *ingress, const u8 public_key[32])
{
	ingress->state.hello_enabled = public_key != NULL;
	if (public_key)
		hello_mac1_key(public_key, &ingress->state.mac1_key);
	return ingress_write(ingress);
}

int ingress_set_asked_rate(struct ingress *ingress, u32 per_second)
{
	ingress->state.asked_rate = vg_budget_rate_of(per_second, per_second / 10 + 1);
	return ingress_write(ingress);
}

int ingress_set_loaded(struct ingress *ingress, bool loaded)
{
	ingress->loaded = loaded;
	policy_apply(ingress);
	return ingress_write(ingress);
}

int ingress_rotate_cookie_secret(struct ingress *ingress)
{
	ingress->state.cookie_secrets[1] = ingress->state.cookie_secrets[0];
	key_draw(&ingress->state.cookie_secrets[0]);
	return ingress_write(ingress);
}

int ingress_set_deny_empty(struct ingress *ingress, bool empty)
{
	if (ingress->state.deny_empty == empty)
		return 0;
	ingress->state.deny_empty = empty;
	return ingress_write(ingress);
}

bool ingress_hello_proves(const struct ingress *ingress, const struct vg_cookie_input *from, const u8 *vid)
{
	struct vg_siphash_key cookie;
	bool proves = false;
	int i;

	for (i = 0; i < 2; i++) {
		vg_hello_cookie(&ingress->state.cookie_secrets[i], from, &cookie);
		proves |= hello_proves(vid, &cookie);
	}
	sodium_memzero(&cookie, sizeof(cookie));
	return proves;
}

void ingress_cookie_secret(const struct ingress *ingress, struct vg_siphash_key *ret_secret)
{
	*ret_secret = ingress->state.cookie_secrets[0];
}
