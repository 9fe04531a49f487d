/* SPDX-License-Identifier: GPL-2.0 */
/*
 * attest.h - the plain grade's signer: what the XDP program admitted becomes
 * verdict records, batches and signatures, in the same bytes as the module's.
 *
 * Key and epoch: one Ed25519 key per installation, a file of 32 bytes in the
 * state folder (mode 0600); each start of the agent begins a new epoch, whose
 * first record names the head of the one before. A key per start would say no
 * more in this grade, where the agent is trusted anyway, and would have to be
 * enrolled at every start.
 *
 * Records are taken until the queue of sealed batches is full; then the ring
 * is left alone, fills, and the gate refuses actions as backlog. So a full
 * disk stops what would go unrecorded. Not thread-safe, no I/O but the key file.
 */
#ifndef VOLTGATE_ATTEST_H
#define VOLTGATE_ATTEST_H

#include <linux/bpf.h>

#include "agent/verdictlog.h"
#include "voltgate/maps.h"
#include "voltgate/policy.h"

#define ATTEST_QUEUE 64	     /* sealed batches that wait to be stored */
#define ATTEST_QUEUE_OPEN 32 /* with so many waiting, no more actions or sessions are taken */

struct attest_error {
	char text[320];
};

struct attest;

/*
 * Reads the key at @key_path, or makes it. @last: the last batch of the log,
 * NULL if there is none. Begins an epoch at @now (Time64), or just after the
 * last batch if the clock went back since. -EPERM: others may read the key.
 */
int attest_open(const char *key_path, const struct vg_batch_seal *last, u64 now, const struct vg_policy *policy,
		struct attest **ret_attest, struct attest_error *ret_error);
/* Wipes the key. What is not sealed is lost: attest_seal() before. NULL is fine. */
void attest_close(struct attest *attest);

const u8 *attest_public_key(const struct attest *attest);
u64 attest_epoch(const struct attest *attest);
/* Number of the batch that will be sealed next. */
u64 attest_next_number(const struct attest *attest);
u32 attest_open_records(const struct attest *attest);
/* Batch size, interval and clock flag from now on. */
void attest_set_policy(struct attest *attest, const struct vg_policy *policy);

/* True while another action or session may be taken. */
bool attest_ready(const struct attest *attest);
/* Records an admitted VID of vg_actions at clock @now. False: not a VID, nothing recorded. */
bool attest_event(struct attest *attest, const struct vg_event *event, u64 now);
/* Records a session's end or beginning. @head: highest sequence, or expiry of a session-add. */
void attest_session(struct attest *attest, enum vg_record_kind kind, u64 session, u64 sequence, enum vg_reason reason,
		    const u8 commitment[VG_HASH_LEN], u64 now);
/* Records a closed alarm aggregate. */
void attest_alarm(struct attest *attest, const struct vg_alarm *alarm, u64 now);
/* Records that found no room since the start (sessions' ends and alarms during a full disk). */
u64 attest_lost(const struct attest *attest);

/* Seals the open batch if it is older than the policy's interval at @now, or anyway with @force. */
void attest_seal(struct attest *attest, u64 now, bool force);
/* The oldest sealed batch, NULL if none; attest_stored() lets it go. */
const struct batch *attest_sealed(const struct attest *attest);
void attest_stored(struct attest *attest);

#endif
