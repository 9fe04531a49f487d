// SPDX-License-Identifier: GPL-2.0
/* membership_fuzz.c - any bytes as a configuration: what is read makes sense and is written again as it was. */
#include <stdlib.h>

#include "ledger/membership.h"

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	static u8 again[MEMBERSHIP_BYTES_MAX];
	static struct membership membership;
	struct membership_error error;
	struct writer writer;
	u32 i, replicas;

	if (membership_decode((struct span){ bytes, len }, &membership))
		return 0;
	writer_init(&writer, again, sizeof(again));
	membership_encode(&writer, &membership);
	if (writer_len(&writer) != len || memcmp(again, bytes, len) || membership_check(&membership, &error))
		abort();
	replicas = membership_replicas(&membership);
	for (i = 0; i < replicas; i++)
		if (membership_replica_index(&membership, membership_replica(&membership, i)->key) != (int)i)
			abort();
	for (i = 0; i < membership.node_count; i++)
		if (membership_node_index(&membership, membership.nodes[i].key) != (int)i)
			abort();
	/* Nothing follows itself. */
	if (!membership_follows(&membership, &membership, &error))
		abort();
	return 0;
}
