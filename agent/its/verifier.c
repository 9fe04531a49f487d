// SPDX-License-Identifier: GPL-2.0
/*
 * verifier.c - the way of a frame: structure, freshness, whose certificate,
 * may it sign this, budget, signature, the signer's budget. What costs nothing
 * comes first; nothing is spent on a signer's account before its signature
 * proved right, and nothing is kept of a certificate before its holder did.
 */
#include "agent/its/verifier.h"

#include <errno.h>
#include <stdlib.h>
#include <linux/bpf.h>

#include "agent/its/certcache.h"
#include "agent/its/geonet.h"
#include "agent/its/permission.h"
#include "agent/its/trust.h"
#include "agent/its/waiting.h"
#include "voltgate/maps.h"
#include "voltgate/time64.h"

#define LEARNED_MAX 64 /* authorities that frames brought and a trusted issuer signed */
#define PSID_CAM 36
#define PSID_DENM 37
#define PORT_CAM 2001
#define PORT_DENM 2002

struct its_verifier {
	struct its_limits limits;
	const struct its_trust *trust;
	struct its_trust *learned;
	its_verdict_fn *verdict;
	void *arg;
	struct its_curves *curves;
	struct its_certcache *cache;
	struct its_waiting *waiting;
	struct vg_budget_rate rates[2];
	struct vg_budget budgets[2];
	struct vg_budget_rate signer_rate;
};

/* One frame under judgement. */
struct judgement {
	struct its_verdict verdict;
	struct its_outer outer;
	struct its_inner inner;
	struct its_signed data;
	u8 signer_hash[ITS_HASH_LEN]; /* of the certificate in the frame, if there is one */
	u64 now;
	u64 now_us;
};

static struct vg_budget_rate rate_of(u32 per_second)
{
	return vg_budget_rate_of(per_second, per_second);
}

int its_verifier_new(const struct its_limits *limits, const struct its_trust *trust, its_verdict_fn *verdict, void *arg,
		     struct its_verifier **ret_verifier)
{
	struct its_verifier *verifier = calloc(1, sizeof(*verifier));
	int error;

	if (!verifier)
		return -ENOMEM;
	verifier->limits = *limits;
	verifier->trust = trust;
	verifier->verdict = verdict;
	verifier->arg = arg;
	verifier->rates[0] = rate_of(limits->p256_rate);
	verifier->rates[1] = rate_of(limits->brainpool_rate);
	verifier->signer_rate = rate_of(limits->signer_rate);
	error = its_curves_new(&verifier->curves);
	if (!error)
		error = its_certcache_new(limits->cache_certificates, &verifier->cache);
	if (!error)
		error = its_waiting_new(limits->waiting_frames, &verifier->waiting);
	if (!error)
		error = its_trust_new(&verifier->learned);
	if (error)
		its_verifier_free(verifier);
	else
		*ret_verifier = verifier;
	return error;
}

/* Gives back the verdict of a frame that waited in vain. */
static void dismiss(struct its_verifier *verifier, struct its_waiter *waiter, enum vg_reason reason)
{
	waiter->verdict.reason = reason;
	verifier->verdict(verifier->arg, &waiter->verdict);
	free(waiter);
}

void its_verifier_free(struct its_verifier *verifier)
{
	struct its_waiter *waiter;

	if (!verifier)
		return;
	while (verifier->waiting && (waiter = its_waiting_expire(verifier->waiting, ~0ULL)))
		dismiss(verifier, waiter, VG_ITS_UNKNOWN_SIGNER);
	its_waiting_free(verifier->waiting);
	its_certcache_free(verifier->cache);
	its_trust_free(verifier->learned);
	its_curves_free(verifier->curves);
	free(verifier);
}

static bool take_budget(struct its_verifier *verifier, enum its_curve curve, u64 now_us)
{
	u32 i = curve == ITS_CURVE_BRAINPOOL_P256R1;

	return vg_budget_take(&verifier->budgets[i], &verifier->rates[i], now_us * 1000);
}

static enum vg_reason reason_of_error(int error)
{
	switch (error) {
	case -EBADMSG:
		return VG_ITS_MALFORMED;
	case -EOPNOTSUPP:
		return VG_ITS_UNSUPPORTED;
	case -ENOKEY:
		return VG_ITS_UNSIGNED;
	default:
		return VG_INTERNAL;
	}
}

/* --- structure and time --- */

static int note_fields(struct judgement *judgement)
{
	struct its_verdict *verdict = &judgement->verdict;
	const struct its_signed *data = &judgement->data;

	verdict->generated = data->generated;
	verdict->psid = data->psid;
	verdict->curve = data->signature.curve;
	if (data->digest) {
		verdict->has_signer = true;
		memcpy(verdict->signer, data->digest, ITS_ID_LEN);
	}
	if (!data->chain_len)
		return 0;
	verdict->has_signer = true;
	if (its_certificate_hash(&data->chain[0], judgement->signer_hash))
		return -ENOMEM;
	memcpy(verdict->signer, its_hash_id(judgement->signer_hash), ITS_ID_LEN);
	return 0;
}

static enum vg_reason judge_structure(struct judgement *judgement)
{
	struct its_signed *data = &judgement->data;
	int error;

	if (judgement->verdict.frame_len > VG_ITS_FRAME_MAX)
		return VG_ITS_MALFORMED;
	error = its_outer_decode(judgement->verdict.frame, judgement->verdict.frame_len, &judgement->outer);
	if (error)
		return reason_of_error(error);
	error = its_signed_decode(judgement->outer.secured, data);
	if (note_fields(judgement))
		return VG_INTERNAL;
	if (error)
		return reason_of_error(error);
	if (data->content == ITS_CONTENT_UNSECURED)
		return VG_ITS_UNSIGNED;
	if (data->content != ITS_CONTENT_SIGNED || data->signer_kind == ITS_SIGNER_SELF)
		return VG_ITS_UNSUPPORTED;
	/* ETSI TS 103 097 5.2: every signed message says when it was made, and before when it is of use. */
	if (!data->has_generated || (data->has_expiry && data->expiry <= data->generated))
		return VG_ITS_MALFORMED;
	its_inner_decode(data->payload, &judgement->inner);
	return VG_ACCEPTED;
}

static enum vg_reason judge_time(const struct its_verifier *verifier, const struct judgement *judgement)
{
	const struct its_signed *data = &judgement->data;

	switch (vg_time64_fresh(judgement->now, data->generated, (s64)verifier->limits.stale_us,
				(s64)verifier->limits.future_us)) {
	case VG_STALE:
		return VG_ITS_STALE;
	case VG_FUTURE:
		return VG_ITS_FUTURE;
	default:
		return data->has_expiry && data->expiry <= judgement->now ? VG_ITS_STALE : VG_ACCEPTED;
	}
}

/* Signals about a frame whose signer is known; see verifier.h. */
static u32 find_anomalies(const struct judgement *judgement)
{
	const struct its_inner *inner = &judgement->inner;
	u32 psid = judgement->data.psid, anomalies = 0;

	if (inner->has_source && memcmp(inner->address + 4, judgement->verdict.signer + 4, 4))
		anomalies |= ITS_ANOMALY_GN_ADDRESS;
	if (inner->has_source && inner->single_hop && memcmp(inner->address + 2, judgement->outer.source, 6))
		anomalies |= ITS_ANOMALY_SOURCE_MAC;
	if (inner->has_port &&
	    ((inner->port == PORT_CAM && psid != PSID_CAM) || (inner->port == PORT_DENM && psid != PSID_DENM)))
		anomalies |= ITS_ANOMALY_BTP_PORT;
	return anomalies;
}

/* --- certificates --- */

static const struct its_kept *find_authority(const struct its_verifier *verifier, const u8 id[ITS_ID_LEN])
{
	const struct its_kept *authority = its_trust_find(verifier->trust, id);

	return authority ? authority : its_trust_find(verifier->learned, id);
}

/*
 * Whether we believe a certificate that is not in the cache, by its issuer;
 * without a trust list every one is believed. *ret_issuer: NULL without.
 */
static enum vg_reason judge_certificate(struct its_verifier *verifier, const struct its_certificate *certificate,
					const u8 hash[ITS_HASH_LEN], u64 now_us, const struct its_kept **ret_issuer)
{
	enum vg_reason reason = its_certcache_condemned(verifier->cache, hash);
	const struct its_kept *issuer;
	int error;

	*ret_issuer = NULL;
	if (reason != VG_ACCEPTED)
		return reason;
	if (!verifier->trust)
		return VG_ACCEPTED;
	issuer = its_trust_find(verifier->trust, its_hash_id(hash));
	if (issuer && !memcmp(issuer->hash, hash, ITS_HASH_LEN))
		return VG_ACCEPTED; /* it lies in the trust list itself: the administrator vouches for this one */
	issuer = certificate->self_signed ? NULL : find_authority(verifier, certificate->issuer);
	if (!issuer)
		return VG_ITS_UNTRUSTED;
	if (!its_may_issue(&issuer->certificate, certificate))
		return VG_ITS_BAD_CERTIFICATE;
	if (!take_budget(verifier, its_key_curve(issuer->key), now_us))
		return VG_ITS_OVER_BUDGET;
	error = its_certificate_verify(verifier->curves, certificate, issuer, NULL);
	if (error == -EKEYREJECTED) {
		its_certcache_condemn(verifier->cache, hash, VG_ITS_BAD_CERTIFICATE);
		return VG_ITS_BAD_CERTIFICATE;
	}
	*ret_issuer = issuer;
	return error ? VG_INTERNAL : VG_ACCEPTED;
}

/* Takes in an authority that a frame brought, if a trusted one issued it. Whatever else it is, it is ignored. */
static void learn_authority(struct its_verifier *verifier, const struct its_certificate *certificate, u64 now_us)
{
	const struct its_kept *issuer;

	if (!verifier->trust || certificate->self_signed || !certificate->issue_count)
		return;
	issuer = find_authority(verifier, certificate->issuer);
	if (!issuer || its_trust_count(verifier->learned) >= LEARNED_MAX)
		return;
	if (take_budget(verifier, its_key_curve(issuer->key), now_us))
		its_trust_add_issued(verifier->learned, certificate, issuer);
}

static void learn_chain(struct its_verifier *verifier, const struct its_signed *data, u64 now_us)
{
	u32 i;

	for (i = data->chain_len; i-- > 1;)
		if (data->chain[i - 1].issuer && !find_authority(verifier, data->chain[i - 1].issuer))
			learn_authority(verifier, &data->chain[i], now_us);
}

static void learn_requested(struct its_verifier *verifier, const struct its_signed *data, u64 now_us)
{
	struct its_certificate certificate;
	u8 hash[ITS_HASH_LEN];

	if (data->requested.len && !its_certificate_decode(data->requested.at, data->requested.len, &certificate) &&
	    !its_certificate_hash(&certificate, hash) && !find_authority(verifier, its_hash_id(hash)))
		learn_authority(verifier, &certificate, now_us);
}

/* --- one frame, its signer's certificate at hand --- */

/* What needs no arithmetic: may this certificate sign this, then and there? */
static enum vg_reason judge_right(const struct judgement *judgement, const struct its_certificate *certificate,
				  const struct its_kept *issuer)
{
	const struct its_signed *data = &judgement->data;
	const struct its_location *location = data->has_location	    ? &data->location
					      : judgement->inner.has_source ? &judgement->inner.location
									    : NULL;

	if (certificate->curve != data->signature.curve)
		return VG_ITS_FORGED;
	if (!its_may_sign(certificate, data->psid) || !its_chain_valid(certificate, issuer, data->generated, location))
		return VG_ITS_BAD_CERTIFICATE;
	return VG_ACCEPTED;
}

static enum vg_reason judge_signature(struct its_verifier *verifier, const struct judgement *judgement,
				      const struct its_key *key, const u8 signer_hash[ITS_HASH_LEN])
{
	u8 hash[ITS_HASH_LEN];
	int error = its_signed_hash(&judgement->data, signer_hash, hash);

	if (!error)
		error = its_key_verify(verifier->curves, key, hash, &judgement->data.signature);
	return error == -EKEYREJECTED ? VG_ITS_FORGED : error ? VG_INTERNAL : VG_ACCEPTED;
}

static enum vg_reason spend_signer(struct its_verifier *verifier, struct its_holder *holder, u64 now_us)
{
	return vg_budget_take(&holder->budget, &verifier->signer_rate, now_us * 1000) ? VG_ACCEPTED
										      : VG_ITS_OVER_BUDGET;
}

static enum vg_reason judge_known(struct its_verifier *verifier, struct judgement *judgement, struct its_holder *holder)
{
	const struct its_kept *kept = holder->kept;
	enum vg_reason reason = judge_right(judgement, &kept->certificate, kept->issuer);

	if (reason == VG_ACCEPTED && !take_budget(verifier, kept->certificate.curve, judgement->now_us))
		reason = VG_ITS_OVER_BUDGET;
	if (reason == VG_ACCEPTED)
		reason = judge_signature(verifier, judgement, kept->key, kept->hash);
	if (reason == VG_ACCEPTED)
		reason = spend_signer(verifier, holder, judgement->now_us);
	return reason;
}

/* A certificate seen for the first time: believed only after its own signature and the frame's. */
static enum vg_reason judge_new(struct its_verifier *verifier, struct judgement *judgement,
				struct its_holder **ret_holder)
{
	const u8 *hash = judgement->signer_hash;
	const struct its_certificate *certificate = &judgement->data.chain[0];
	const struct its_kept *issuer;
	struct its_kept *kept = NULL;
	enum vg_reason reason;
	int error;

	learn_chain(verifier, &judgement->data, judgement->now_us);
	issuer = certificate->self_signed ? NULL : find_authority(verifier, certificate->issuer);
	reason = judge_right(judgement, certificate, issuer);
	if (reason == VG_ACCEPTED)
		reason = judge_certificate(verifier, certificate, hash, judgement->now_us, &issuer);
	if (reason == VG_ACCEPTED && !take_budget(verifier, certificate->curve, judgement->now_us))
		reason = VG_ITS_OVER_BUDGET;
	if (reason != VG_ACCEPTED)
		return reason;
	error = its_kept_new(verifier->curves, certificate, hash, issuer, &kept);
	if (error)
		return error == -EKEYREJECTED ? VG_ITS_BAD_CERTIFICATE : VG_INTERNAL;
	reason = judge_signature(verifier, judgement, kept->key, kept->hash);
	if (reason == VG_ACCEPTED && its_certcache_put(verifier->cache, kept, ret_holder))
		reason = VG_INTERNAL;
	if (reason != VG_ACCEPTED) {
		its_kept_free(kept);
		return reason;
	}
	return spend_signer(verifier, *ret_holder, judgement->now_us);
}

static void give(struct its_verifier *verifier, struct judgement *judgement, enum vg_reason reason)
{
	judgement->verdict.reason = reason;
	if (judgement->verdict.has_signer)
		judgement->verdict.anomalies = find_anomalies(judgement);
	verifier->verdict(verifier->arg, &judgement->verdict);
	if (reason == VG_ACCEPTED)
		learn_requested(verifier, &judgement->data, judgement->now_us);
}

/* Judges the frames that waited for @holder's certificate; their structure and time were found right before. */
static void release(struct its_verifier *verifier, struct its_holder *holder, u64 now_us)
{
	struct its_waiter *waiter;
	struct judgement judgement;

	while ((waiter = its_waiting_take(verifier->waiting, its_hash_id(holder->kept->hash)))) {
		judgement.verdict = waiter->verdict;
		judgement.now = waiter->now;
		judgement.now_us = now_us;
		if (judge_structure(&judgement) == VG_ACCEPTED)
			give(verifier, &judgement, judge_known(verifier, &judgement, holder));
		else
			give(verifier, &judgement, VG_INTERNAL);
		free(waiter);
	}
}

/* The frame goes to the waiting room; false if it could not. */
static bool wait(struct its_verifier *verifier, struct judgement *judgement)
{
	struct its_waiter *dropped;
	int error;

	judgement->verdict.anomalies = find_anomalies(judgement);
	error = its_waiting_put(verifier->waiting, judgement->data.digest, &judgement->verdict, judgement->now,
				judgement->now_us + verifier->limits.waiting_us, &dropped);
	if (dropped)
		dismiss(verifier, dropped, VG_ITS_OVER_BUDGET);
	return !error;
}

static void judge_by_digest(struct its_verifier *verifier, struct judgement *judgement)
{
	struct its_holder *holder = its_certcache_find(verifier->cache, judgement->data.digest);

	if (holder)
		give(verifier, judgement, judge_known(verifier, judgement, holder));
	else if (!wait(verifier, judgement))
		give(verifier, judgement, VG_ITS_UNKNOWN_SIGNER);
}

static void judge_by_certificate(struct its_verifier *verifier, struct judgement *judgement)
{
	struct its_holder *holder = its_certcache_find(verifier->cache, judgement->verdict.signer), *entered = NULL;

	if (holder && !memcmp(holder->kept->hash, judgement->signer_hash, ITS_HASH_LEN))
		give(verifier, judgement, judge_known(verifier, judgement, holder));
	else
		give(verifier, judgement, judge_new(verifier, judgement, &entered));
	if (entered)
		release(verifier, entered, judgement->now_us);
}

void its_verifier_submit(struct its_verifier *verifier, u64 now, u64 now_us, const u8 *frame, u32 len, u32 ifindex,
			 u64 tag)
{
	struct judgement judgement;
	enum vg_reason reason;

	memset(&judgement, 0, sizeof(judgement));
	judgement.verdict = (struct its_verdict){
		.frame = frame, .frame_len = len, .ifindex = ifindex, .tag = tag, .submitted_us = now_us
	};
	judgement.now = now;
	judgement.now_us = now_us;
	reason = judge_structure(&judgement);
	if (reason == VG_ACCEPTED)
		reason = judge_time(verifier, &judgement);
	if (reason != VG_ACCEPTED)
		give(verifier, &judgement, reason);
	else if (judgement.data.signer_kind == ITS_SIGNER_DIGEST)
		judge_by_digest(verifier, &judgement);
	else
		judge_by_certificate(verifier, &judgement);
}

void its_verifier_tick(struct its_verifier *verifier, u64 now, u64 now_us)
{
	struct its_waiter *waiter;

	(void)now;
	while ((waiter = its_waiting_expire(verifier->waiting, now_us)))
		dismiss(verifier, waiter, VG_ITS_UNKNOWN_SIGNER);
}

int its_verifier_learn(struct its_verifier *verifier, u64 now_us, const u8 *bytes, u32 len, enum vg_reason *ret_reason)
{
	struct its_certificate certificate;
	const struct its_kept *issuer;
	struct its_holder *holder;
	struct its_kept *kept;
	u8 hash[ITS_HASH_LEN];
	int error = its_certificate_decode(bytes, len, &certificate);

	*ret_reason = VG_ACCEPTED;
	if (!error)
		error = its_certificate_hash(&certificate, hash);
	if (error)
		return error;
	if (certificate.issue_count) {
		learn_authority(verifier, &certificate, now_us);
		return 0;
	}
	*ret_reason = judge_certificate(verifier, &certificate, hash, now_us, &issuer);
	if (*ret_reason != VG_ACCEPTED)
		return -EKEYREJECTED;
	error = its_kept_new(verifier->curves, &certificate, hash, issuer, &kept);
	if (error)
		return error;
	error = its_certcache_put(verifier->cache, kept, &holder);
	if (error)
		its_kept_free(kept);
	else
		release(verifier, holder, now_us);
	return error;
}

void its_verifier_usage(const struct its_verifier *verifier, u32 *ret_certificates, u32 *ret_waiting)
{
	*ret_certificates = its_certcache_count(verifier->cache);
	*ret_waiting = its_waiting_count(verifier->waiting);
}
