/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.h - talks to the module's netlink family one message at a time, right
 * or wrong: tests need messages that a library would not make. Raw socket; one
 * thread a wire.
 */
#ifndef VOLTGATE_TESTS_KMOD_WIRE_H
#define VOLTGATE_TESTS_KMOD_WIRE_H

#include <linux/netlink.h>
#include "voltgate/netlink.h"
#include "voltgate/record.h"
#include "voltgate/reason.h"
#include "voltgate/types.h"

#define WIRE_ATTRS 24

struct wire {
	int fd;
	u16 family;
	u32 sequence;
	u32 groups[2];	    /* verdicts, alarms */
	char sentence[256]; /* of the last refusal; empty if the kernel gave none */
	u32 len;	    /* of the message in the making */
	u8 message[65536];
	u8 answer[262144];
};

/* One answer or notification: its command, and its attributes by number (absent: NULL). */
struct wire_answer {
	u8 command;
	u16 message_len;
	const struct nlattr *attrs[WIRE_ATTRS];
	const struct nlattr *first; /* for attributes that stand several times */
	u32 first_len;
};
typedef void wire_answer_fn(void *arg, const struct wire_answer *answer);

/* 0, -ENOENT: the module is not loaded; other -errno. */
int wire_open(struct wire *wire);
void wire_close(struct wire *wire);

void wire_begin(struct wire *wire, u8 command, u16 flags);
void wire_put(struct wire *wire, u16 type, const void *value, u16 len);
void wire_put_u64(struct wire *wire, u16 type, u64 value);
u32 wire_nest(struct wire *wire, u16 type);
void wire_nest_end(struct wire *wire, u32 nest);
/* Sends what was begun, gives each answer to @answer (may be NULL), waits for the end. 0 or what the kernel refused
 * with. */
int wire_call(struct wire *wire, wire_answer_fn *answer, void *arg);
/* Sends without waiting for anything; for the fuzzer. Then wire_drain(). */
int wire_send(struct wire *wire);
void wire_drain(struct wire *wire);

/* Joins the multicast group: 0 verdicts, 1 alarms. */
int wire_join(struct wire *wire, int group);
/* Waits up to @timeout_ms for notifications; the number of messages given to @answer, or -ENOBUFS. */
int wire_listen(struct wire *wire, int timeout_ms, wire_answer_fn *answer, void *arg);

static inline const void *wire_data(const struct nlattr *attr)
{
	return (const u8 *)attr + NLA_HDRLEN;
}
static inline u32 wire_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}
u64 wire_u64(const struct nlattr *attr);
u32 wire_u32(const struct nlattr *attr);

#endif
