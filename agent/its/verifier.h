/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verifier.h - signed ITS frames in, verdicts out: the face of agent/its.
 *
 * Pure but for OpenSSL's arithmetic: no clock, no I/O; time comes in, verdicts
 * go out through one callback, in any order, one for each frame submitted.
 * A frame whose signer is only a digest waits, bounded in number and time, for
 * its certificate. Work is bounded by a budget per curve, by its cost, and per
 * signer (spent only after its signature proved right).
 * Source: ETSI TS 103 097 v1.3.1/v2.1.1, IEEE 1609.2-2016/-2022; PROTOCOL.md section 7.
 */
#ifndef VOLTGATE_ITS_VERIFIER_H
#define VOLTGATE_ITS_VERIFIER_H

#include "voltgate/reason.h"
#include "voltgate/types.h"

enum its_curve { ITS_CURVE_NONE, ITS_CURVE_NIST_P256, ITS_CURVE_BRAINPOOL_P256R1 };

struct its_verdict {
	enum vg_reason reason; /* VG_ACCEPTED or VG_ITS_* */
	bool has_signer;
	u8 signer[8]; /* HashedId8 of the signing certificate */
	enum its_curve curve;
	u64 generated; /* Time64; 0 where the frame has none */
	u32 psid;
	const u8 *frame; /* as submitted; valid during the callback only */
	u32 frame_len;
	u32 ifindex;
	u64 tag;	  /* as submitted */
	u64 submitted_us; /* the now_us of the submit call */
	u32 anomalies;	  /* ITS_ANOMALY_*: signals, never a reason to refuse */
};

/* On the units seen the GeoNetworking address ends in bytes of the signer's HashedId8; here it does not. */
#define ITS_ANOMALY_GN_ADDRESS 0x1
/* The BTP port is that of another service than the psid it is signed for (CAM 2001/36, DENM 2002/37). */
#define ITS_ANOMALY_BTP_PORT 0x2
/* The source MAC address differs from the one within the signed GeoNetworking address. */
#define ITS_ANOMALY_SOURCE_MAC 0x4

typedef void its_verdict_fn(void *arg, const struct its_verdict *verdict);

struct its_limits {
	u32 cache_certificates; /* certificates kept, least recently used first out */
	u32 waiting_frames;	/* frames that wait for a certificate */
	u64 waiting_us;		/* how long one waits */
	u32 p256_rate;		/* verifications per second and at once, per curve; 0: no limit */
	u32 brainpool_rate;
	u32 signer_rate; /* accepted frames per second of one signer; 0: no limit */
	u64 stale_us;	 /* freshness, judged again by the agent's clock */
	u64 future_us;
};

struct its_trust; /* trust.h: the roots and authorities we believe */
struct its_verifier;

/* @trust: NULL trusts every certificate seen (offline inspection only). Both stay the caller's. -ENOMEM. */
int its_verifier_new(const struct its_limits *limits, const struct its_trust *trust, its_verdict_fn *verdict, void *arg,
		     struct its_verifier **ret_verifier);
void its_verifier_free(struct its_verifier *verifier);
/* Judges one Ethernet frame (copied if it has to wait) at @now (Time64) and @now_us (monotonic). */
void its_verifier_submit(struct its_verifier *verifier, u64 now, u64 now_us, const u8 *frame, u32 len, u32 ifindex,
			 u64 tag);
/*
 * Takes in a certificate (COER) without a frame, so that frames that wait for it, or come later, find it: for offline
 * inspection. Judged like one that came in a frame. 0, -EBADMSG, -EOPNOTSUPP, -EKEYREJECTED (why: @ret_reason),
 * -ENOMEM.
 */
int its_verifier_learn(struct its_verifier *verifier, u64 now_us, const u8 *certificate, u32 len,
		       enum vg_reason *ret_reason);
/* Certificates kept and frames waiting now. */
void its_verifier_usage(const struct its_verifier *verifier, u32 *ret_certificates, u32 *ret_waiting);
/* Ends the wait of frames whose time is up. Call at least every waiting_us / 4. */
void its_verifier_tick(struct its_verifier *verifier, u64 now, u64 now_us);

#endif
