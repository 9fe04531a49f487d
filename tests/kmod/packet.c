// SPDX-License-Identifier: GPL-2.0
/* packet.c - makes frames and has them judged; see packet.h. */
#include "tests/kmod/packet.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kmod/gate.h"
#include "voltgate/maps.h"
#include "voltgate/siphash.h"

static void put16(u8 *at, u32 value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void make_headers(struct packet *packet, u32 vid_len, u32 source)
{
	u8 *ip = packet->bytes + 14, *udp = packet->bytes + 34;
	u32 sum = 0, i;

	memset(packet->bytes, 0, PACKET_VID);
	packet->bytes[5] = 2;
	packet->bytes[11] = 1;
	put16(packet->bytes + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 28 + vid_len);
	ip[8] = 64;
	ip[9] = 17;
	put16(ip + 12, source >> 16);
	put16(ip + 14, source);
	put16(ip + 16, 0x0a00);
	put16(ip + 18, 0x0001);
	for (i = 0; i < 20; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~(sum + (sum >> 16)));
	put16(udp, 40000);
	put16(udp + 2, VG_VID_PORT);
	put16(udp + 4, 8 + vid_len);
}

void packet_make(struct packet *packet, const struct packet_fields *fields)
{
	struct vg_vid *vid = (struct vg_vid *)packet_vid(packet);
	u32 i, signed_len = VG_VID_HEADER_LEN + fields->payload_len;
	struct vg_siphash_key key;
	struct vg_siphash_tag tag;
	u8 bytes[16];

	packet->len = PACKET_VID + signed_len + VG_VID_TAG_LEN;
	make_headers(packet, packet_vid_len(packet), fields->source);
	memset(vid, 0, sizeof(*vid));
	vid->version = VG_VID_VERSION;
	vid->type = fields->type;
	vid->payload_len = vg_be16(fields->payload_len);
	vid->session = vg_be64(fields->session);
	vid->sequence = vg_be64(fields->sequence);
	vid->generated = vg_be64(fields->generated);
	for (i = 0; i < fields->payload_len; i++)
		vid->payload[i] = fields->sequence + i;
	gate_key(fields->session, bytes);
	vg_siphash_key_decode(bytes, &key);
	vg_siphash(&key, vid, signed_len, &tag);
	vg_siphash_tag_encode(&tag, (u8 *)vid + signed_len);
}

int packet_gate_open(struct packet_gate *gate)
{
	struct bpf_program *program;
	char path[256];
	int err;

	snprintf(path, sizeof(path), "%s/tests/kmod/call.bpf.o", getenv("B") ?: "build");
	if (getenv("VG_CALLER"))
		snprintf(path, sizeof(path), "%s", getenv("VG_CALLER"));
	gate->object = bpf_object__open_file(path, NULL);
	if (!gate->object)
		return -errno;
	bpf_object__for_each_program(program, gate->object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), VG_PROGRAM_ATTESTED));
	err = bpf_object__load(gate->object);
	if (err) {
		packet_gate_close(gate);
		return err;
	}
	gate->program = bpf_program__fd(bpf_object__find_program_by_name(gate->object, VG_PROGRAM_ATTESTED));
	return 0;
}

/* Users of the module; 0 also where it is not loaded. */
static int module_users(void)
{
	FILE *file = fopen("/sys/module/voltgate/refcnt", "re");
	int users = 0;

	if (file && fscanf(file, "%d", &users) != 1)
		users = 0;
	if (file)
		fclose(file);
	return users;
}

void packet_gate_close(struct packet_gate *gate)
{
	int tries;

	bpf_object__close(gate->object);
	gate->object = NULL;
	for (tries = 0; module_users() && tries < 1000; tries++)
		usleep(5000); /* the kernel frees a program after a grace period */
}

int packet_run(const struct packet_gate *gate, const struct packet *packet)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet->bytes, .data_size_in = packet->len, .repeat = 1);
	int err = bpf_prog_test_run_opts(gate->program, &options);

	return err ? err : (int)options.retval;
}
