/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace.h - tracepoints, group "voltgate": every verdict, session change,
 * batch sealed and alarm reported. No keys, no payloads.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM voltgate

#if !defined(VOLTGATE_KMOD_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VOLTGATE_KMOD_TRACE_H

#include <linux/netdevice.h>
#include <linux/tracepoint.h>
#include <net/net_namespace.h>
#include "batch.h"
#include "alarm.h"
#include "voltgate/vid.h"

/* clang-format off */
TRACE_EVENT(vg_verdict,
	TP_PROTO(const struct net_device *dev, const struct vg_vid_fields *vid, u32 reason),
	TP_ARGS(dev, vid, reason),
	TP_STRUCT__entry(
		__field(u64, session)
		__field(u64, sequence)
		__field(u32, netns)
		__field(int, ifindex)
		__field(u32, type)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->session = vid->session;
		__entry->sequence = vid->sequence;
		__entry->netns = dev_net(dev)->ns.inum;
		__entry->ifindex = dev->ifindex;
		__entry->type = vid->type;
		__entry->reason = reason;
	),
	TP_printk("netns=%u ifindex=%d session=%016llx sequence=%llu type=%u reason=%s", __entry->netns,
		  __entry->ifindex, __entry->session, __entry->sequence, __entry->type,
		  vg_reason_word(__entry->reason))
);

TRACE_EVENT(vg_session,
	TP_PROTO(const struct net *net, u64 id, u32 kind, u32 reason),
	TP_ARGS(net, id, kind, reason),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, netns)
		__field(u32, kind)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->netns = net->ns.inum;
		__entry->kind = kind;
		__entry->reason = reason;
	),
	TP_printk("netns=%u session=%016llx %s reason=%s", __entry->netns, __entry->id,
		  vg_record_kind_word(__entry->kind), vg_reason_word(__entry->reason))
);

TRACE_EVENT(vg_batch_sealed,
	TP_PROTO(const struct net *net, const struct vg_batch *batch),
	TP_ARGS(net, batch),
	TP_STRUCT__entry(
		__field(u64, number)
		__field(u32, netns)
		__field(u32, count)
	),
	TP_fast_assign(
		__entry->number = batch->number;
		__entry->netns = net->ns.inum;
		__entry->count = batch->count;
	),
	TP_printk("netns=%u number=%llu records=%u", __entry->netns, __entry->number, __entry->count)
);

TRACE_EVENT(vg_alarm,
	TP_PROTO(const struct net *net, const struct vg_alarm *alarm, u32 event),
	TP_ARGS(net, alarm, event),
	TP_STRUCT__entry(
		__field(u64, session)
		__field(u64, count)
		__field(u32, netns)
		__field(u32, reason)
		__field(u32, event)
	),
	TP_fast_assign(
		__entry->session = alarm->key.session;
		__entry->count = alarm->state.count;
		__entry->netns = net->ns.inum;
		__entry->reason = alarm->key.reason;
		__entry->event = event;
	),
	TP_printk("netns=%u event=%u session=%016llx reason=%s packets=%llu", __entry->netns, __entry->event,
		  __entry->session, vg_reason_word(__entry->reason), __entry->count)
);

/* clang-format on */
#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH kmod
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
