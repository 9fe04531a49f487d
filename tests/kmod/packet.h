/* SPDX-License-Identifier: GPL-2.0 */
/*
 * packet.h - frames for the tests of the module, and the XDP program that
 * judges them, by BPF test run on the calling CPU and in its namespace.
 */
#ifndef VOLTGATE_TESTS_KMOD_PACKET_H
#define VOLTGATE_TESTS_KMOD_PACKET_H

#include "voltgate/types.h"
#include "voltgate/vid.h"

#define PACKET_VID 42 /* where the VID begins: Ethernet, IPv4 without options, UDP */

struct packet {
	u32 len;
	u8 bytes[PACKET_VID + VG_VID_MAX];
};

struct packet_fields {
	u64 session, sequence, generated;
	u32 type, payload_len;
	u32 source; /* IPv4 address, host order */
};

/* A VID of @fields signed with the test key of its session (gate_key()). */
void packet_make(struct packet *packet, const struct packet_fields *fields);
static inline u8 *packet_vid(struct packet *packet)
{
	return packet->bytes + PACKET_VID;
}
static inline u32 packet_vid_len(const struct packet *packet)
{
	return packet->len - PACKET_VID;
}

struct packet_gate {
	struct bpf_object *object;
	int program;
};
/* Loads vg_gate_attested of the object VG_CALLER (default: that of call.bpf.c in the build folder). 0 or -errno. */
int packet_gate_open(struct packet_gate *gate);
/* Waits until the program is gone from the kernel. */
void packet_gate_close(struct packet_gate *gate);
/* XDP_PASS, XDP_DROP, or -errno. */
int packet_run(const struct packet_gate *gate, const struct packet *packet);

#endif
