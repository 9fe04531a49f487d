// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_test.c - a node so late that nobody holds the blocks it lacks: all
 * replicas stand on a snapshot themselves. One of them lies in its pieces.
 */
#include <stdlib.h>

#include "tests/channel/net.h"
#include "tests/ktap.h"

static struct net net;
static u32 liar = ~0u;
static u64 lies;

static bool lie_in_pieces(struct net *unused, u32 from, u32 to, u8 *bytes, size_t len)
{
	(void)unused;
	(void)to;
	if (bytes[0] == PARCEL_SNAPSHOT && len > 100 && liar == ~0u)
		liar = from; /* the first who is asked */
	if (bytes[0] == PARCEL_SNAPSHOT && from == liar) {
		bytes[len * 2 / 3] ^= 1;
		lies++;
	}
	return true;
}

/* A ledger on memory that begins with what @from has. */
static struct ledger *import_from(struct ledger *from)
{
	struct ledger_options options = { 0 };
	struct snapshot_export *export_;
	struct snapshot_import *import;
	struct ledger_error fault;
	struct ledger *ledger;
	size_t len;
	u8 *piece;

	if (disk_memory_open(&options.disk) || store_memory_open(&options.store) ||
	    snapshot_export_open(from, 20000, &export_) ||
	    snapshot_import_open(&options, &net.genesis, ledger_channel(from), &import, &fault))
		abort();
	while (snapshot_export_next(export_, &piece, &len) == 1) {
		if (snapshot_import_piece(import, (struct span){ piece, len }, &fault)) {
			printf("# %s\n", fault.text);
			abort();
		}
		free(piece);
	}
	snapshot_export_close(export_);
	if (snapshot_import_finish(import, &ledger, &fault)) {
		printf("# %s\n", fault.text);
		abort();
	}
	return ledger;
}

int main(void)
{
	static struct membership next;
	struct ledger *ledgers[4];
	u64 height;

	ktap_plan(0);
	net_make(&net, 5, 4, 1);
	for (u32 i = 0; i < 4; i++)
		net_start(&net, i);
	net_run(&net, 20000);
	for (u32 i = 1; i <= 200; i++) {
		net_submit(&net, i % 4, i, 3000);
		net_run(&net, 2000);
	}
	next = *ledger_membership(channel_ledger(net.nodes[0].channel));
	next.sequence++;
	next.epoch++;
	next.parameters[MEMBERSHIP_REQUEST_TIMEOUT_MS] += 100;
	net_configure(&net, 0, 1000, &next);
	net_run(&net, 2000000);
	net_submit(&net, 0, 201, 3000);
	net_run(&net, 1000000);
	ktap_ok(net_answered(&net, 1, 201) && net_answered(&net, 1000, 1000),
		"four replicas have %llu blocks, in two epochs", (unsigned long long)net_height(&net, 0));
	height = net_height(&net, 0);
	for (u32 i = 0; i < 4; i++)
		ledgers[i] = import_from(channel_ledger(net.nodes[0].channel));
	for (u32 i = 0; i < 4; i++) {
		net_stop(&net, i, false, 0);
		net_start_on(&net, i, ledgers[i]);
	}
	ktap_ok(ledger_first(ledgers[0]) == height + 1, "then a snapshot each, and none of the blocks");
	for (u32 i = 300; i <= 330; i++) {
		net_submit(&net, i % 4, i, 200);
		net_run(&net, 2000);
	}
	net_run(&net, 5000000);
	ktap_ok(net_answered(&net, 300, 330) && net_agree(&net), "on which they go on");
	net.filter = lie_in_pieces;
	net_start(&net, 4);
	ktap_ok(net_reach(&net, 16, net_height(&net, 0), 60000000) && net_status(&net, 4).snapshots == 1,
		"a node at the genesis takes a snapshot, then blocks");
	ktap_ok(lies, "from another than the one that lied");
	for (u32 i = 400; i <= 430; i++) {
		net_submit(&net, i % 5, i, 200);
		net_run(&net, 2000);
	}
	net_run(&net, 3000000);
	ktap_ok(net_answered(&net, 400, 430) && net_agree(&net) && net_height(&net, 4) == net_height(&net, 0),
		"and follows the chain");
	net_free(&net);
	return ktap_exit();
}
