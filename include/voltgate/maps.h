/* SPDX-License-Identifier: GPL-2.0 */
/*
 * maps.h - what the XDP program and the agent share: map names, keys, values
 * and the events of the ring. Sizes and offsets are compared with the BTF of
 * the object by a test.
 *
 * Program names in voltgate.bpf.o: "vg_gate_attested" (calls the module's
 * kfuncs) and "vg_gate_plain"; exactly one is loaded. With the plain one goes
 * "vg_session_end", which never sees a packet: the agent runs it to end a session.
 *
 *   map            type            key                value                 grades
 *   vg_ingress     ARRAY[1]        u32                struct vg_ingress     both    written by the agent
 *   vg_counters    PERCPU_ARRAY    u32 reason         u64                   both    see below
 *   vg_hellos      LRU_HASH        struct vg_source   struct vg_hello_budget both
 *   vg_asked       ARRAY[1]        u32                struct vg_locked_budget both    cookies to be handed out
 *   vg_its_seen    LRU_HASH        struct vg_siphash_tag u64 Time64         both    duplicates
 *   vg_its_budget  ARRAY[1]        u32                struct vg_locked_budget both
 *   vg_ring        RINGBUF         -                  struct vg_event + bytes both   ITS frames, first alarms
 *   vg_sessions    HASH            u64 id             struct vg_plain_session plain
 *   vg_revoked     HASH            u64 id             u64 Time64 until      plain
 *   vg_actions     RINGBUF         -                  struct vg_event + VID plain   what the agent must record
 *   vg_deny        LPM_TRIE        struct vg_deny_key u8                    plain
 *   vg_alarms      HASH            struct vg_alarm_key struct vg_alarm_state plain
 *   vg_alarm_limit ARRAY[1]        u32                struct vg_locked_budget plain
 *
 * Who counts: in the plain grade every packet of ours ends in exactly one
 * reason of vg_counters. In the attested grade the module counts them all
 * (kfunc vg_note for what XDP refuses itself) and vg_counters stays 0.
 */
#ifndef VOLTGATE_MAPS_H
#define VOLTGATE_MAPS_H

#include "authenticate.h"
#include "alarm.h"
#include "hello.h"
#include "source.h"

#ifndef __bpf__
struct bpf_spin_lock; /* users include <linux/bpf.h> first */
#endif

#define VG_PROGRAM_ATTESTED "vg_gate_attested"
#define VG_PROGRAM_PLAIN "vg_gate_plain"
#define VG_PROGRAM_SESSION_END "vg_session_end"
#define VG_ITS_FRAME_MAX 2048 /* longer ITS frames are its-malformed */

/* Everything the XDP program must be told. Written as a whole by the agent (BPF_ANY on key 0). */
struct vg_ingress {
	s64 time64_offset_us; /* monotonic clock in microseconds + this = Time64, test offset included */
	struct vg_siphash_key mac1_key;
	struct vg_siphash_key cookie_secrets[2]; /* current, previous */
	struct vg_budget_rate hello_rate;
	struct vg_budget_rate asked_rate; /* hellos that lack a cookie, shown to the agent per second, of all sources */
	struct vg_budget_rate its_rate;
	s64 its_stale_us;
	s64 its_future_us;
	struct vg_siphash_key duplicate_key; /* random; keys the hash over whole ITS frames */
	s64 stale_us;			     /* plain grade from here on */
	s64 future_us;
	struct vg_budget_rate session_rate;
	struct vg_budget_rate alarm_new_rate;
	u32 under_load;	   /* 1: hellos without a valid mac2 are refused */
	u32 hello_enabled; /* 0: mac1_key is not set; all hellos are bad-cookie */
	u32 record_beacons;
	u32 record_flags; /* VG_RECORD_FLAG_* */
	u32 deny_empty;	  /* 1: vg_deny has no entry; it need not be asked */
	u32 zero;
};

struct vg_locked_budget {
	struct bpf_spin_lock lock;
	u32 zero;
	struct vg_budget budget;
};

/*
 * Unproven hellos spend the first, those with a valid cookie the second: a spoofer cannot spend what its victim proves.
 * No lock: the kernel allows none in an LRU map; one word each, taken by compare and exchange.
 */
struct vg_hello_budget {
	struct vg_budget unproven;
	struct vg_budget proven;
	struct vg_budget asked; /* cookies */
};

/*
 * @state: bit 0 is the lock, the rest counts packets accepted. The lock is a
 * compare and exchange of the program's own: bpf_spin_lock costs more than
 * the commit it guards. User space never writes an element that is in use;
 * it lets the program vg_session_end take a session out.
 */
struct vg_plain_session {
	u64 state;
	struct vg_session_auth auth;
};
#define VG_SESSION_LOCKED 1ULL
#define VG_SESSION_ONE_ACCEPTED 2ULL

/* What the agent hands to vg_session_end as a frame (BPF_PROG_TEST_RUN), and what it finds in it afterwards. */
struct vg_session_end {
	u64 id;	      /* in */
	u64 found;    /* out: 1 if there was such a session; it admits nothing from now on */
	u64 head;     /* out: the highest sequence it admitted */
	u64 accepted; /* out: packets */
};
VG_ASSERT_SIZE(struct vg_session_end, 32);

/* LPM key: @bits counts the family byte and its padding (32 bits) and the prefix. */
struct vg_deny_key {
	u32 bits;
	struct vg_source source;
};
VG_ASSERT_SIZE(struct vg_deny_key, 24);

enum vg_event_kind {
	VG_EVENT_ITS_FRAME = 1, /* bytes: the frame from its Ethernet header on */
	VG_EVENT_ACTION = 2,	/* bytes: the VID; accepted, its sequence is spent */
	VG_EVENT_BEACON = 3,	/* bytes: the VID */
	VG_EVENT_ALARM = 4,	/* a new aggregate; bytes: struct vg_alarm_key */
	VG_EVENT_ASKED = 5,	/* a hello that was refused for want of a cookie; bytes: struct vg_hello_asked */
};

struct vg_event {
	u32 kind; /* enum vg_event_kind */
	u32 ifindex;
	u64 time; /* Time64 of the decision */
	u32 len;  /* bytes that follow and count; the ring's record may be longer */
	u32 zero;
	u8 bytes[];
};
VG_ASSERT_SIZE(struct vg_event, 24);

/* Whom to hand a cookie, and for which hello. */
struct vg_hello_asked {
	struct vg_cookie_input from;
	struct vg_source to; /* the gateway's address it was sent to */
	u8 mac1[16];
};
VG_ASSERT_SIZE(struct vg_hello_asked, 60);

#endif
