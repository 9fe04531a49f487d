// SPDX-License-Identifier: GPL-2.0
/* other.bpf.c - somebody else's XDP program, for the tests of sharing an interface: counts and passes. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, unsigned int);
	__type(value, unsigned long long);
} other_packets SEC(".maps");

SEC("xdp")
int other_count(struct xdp_md *ctx)
{
	unsigned long long *packets;
	unsigned int zero = 0;

	(void)ctx;
	packets = bpf_map_lookup_elem(&other_packets, &zero);
	if (packets)
		__sync_fetch_and_add(packets, 1);
	return XDP_PASS;
}

char other_license[] SEC("license") = "GPL";
