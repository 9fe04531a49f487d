# SPDX-License-Identifier: GPL-2.0
# gRPC messages: made from the published .proto.
NODE_PROTO := $(B)/gen/node/voltgate.pb-c.c
$(NODE_PROTO): agent/node/voltgate.proto
	@mkdir -p $(@D)
	$(Q)protoc-c --c_out=$(@D) -I agent/node $<
$(B)/gen/.done: $(NODE_PROTO)
NODE_SOURCES := $(wildcard agent/node/*.c)
NODE_LIBS := -lprotobuf-c -levent -lnghttp2 -lssl -lcrypto -ljansson $(LEDGER_LIBS)
