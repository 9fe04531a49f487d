/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rpc.h - protobuf messages on gRPC calls: decoding bounded in memory, sending,
 * answering, and refusing with a sentence. The methods' table is service.h's.
 */
#ifndef VOLTGATE_NODE_RPC_H
#define VOLTGATE_NODE_RPC_H

#include "agent/node/node_state.h"
#include "node/voltgate.pb-c.h"

#define RPC_MEMORY_MAX (64 * 1024 * 1024) /* a decoded message with all its parts */

/*
 * Decodes @bytes; good until the next call of rpc_decode(): the memory is one
 * arena that is used again. NULL: not such a message, or too many parts for its size.
 */
void *rpc_decode(const ProtobufCMessageDescriptor *descriptor, struct span bytes);
/* The same for a call, which is ended with INVALID_ARGUMENT where it is NULL. */
void *rpc_request(struct grpc_call *call, const ProtobufCMessageDescriptor *descriptor, struct span bytes);
/*
 * What grpc_call_get() of our calls gives starts with this, where it is not NULL: a call that rpc_refuse() ends lets go
 * of its owner first, as if it were gone.
 */
struct rpc_owner {
	void (*release)(struct grpc_call *call);
};

/* -ENOBUFS, -EPIPE, -ENOMEM. */
int rpc_send(struct grpc_call *call, const ProtobufCMessage *message);
/* Sends @message and ends the call well; or ends it with why not. */
void rpc_answer(struct grpc_call *call, const ProtobufCMessage *message);
void rpc_refuse(struct grpc_call *call, enum grpc_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * The open channel @id, if the caller is a client of it; else the call is ended, with the same words whether there is
 * no such channel here or it is not the caller's.
 */
struct seat *rpc_seat(struct grpc_call *call, ProtobufCBinaryData id);
/* A unary method's half_closed: no message came. */
void rpc_nothing(struct grpc_call *call);

struct span rpc_span(ProtobufCBinaryData data);
ProtobufCBinaryData rpc_data(const void *bytes, size_t len);

#endif
