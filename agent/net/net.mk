# SPDX-License-Identifier: GPL-2.0
# gRPC over HTTP/2 and mutual TLS, and the links between nodes.
NET_SOURCES := $(wildcard agent/net/*.c)
# Without links to peers: no more of the agent is needed.
NET_GRPC_SOURCES := $(filter-out agent/net/peer%,$(NET_SOURCES))
NET_LIBS := -lnghttp2 -lssl -lcrypto -lsodium -levent
