/* SPDX-License-Identifier: GPL-2.0 */
/*
 * service.h - the methods of voltgate.proto, one grpc_method each; node.c has
 * their table.
 */
#ifndef VOLTGATE_NODE_SERVICE_H
#define VOLTGATE_NODE_SERVICE_H

#include "agent/net/grpc.h"

extern const struct grpc_method service_endorse, service_submit, service_submit_stream, service_blocks, service_events,
	service_transaction, service_query, service_state, service_status, service_exchange;

#endif
