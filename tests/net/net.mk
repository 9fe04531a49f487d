# SPDX-License-Identifier: GPL-2.0
# Tests of gRPC, TLS identities and links between nodes.
NET_TEST_SOURCES := tests/net/maker.c tests/net/world.c tests/net/service.c $(NET_GRPC_SOURCES)

$(eval $(call vg_test,net_grpc_test,tests/net/grpc_test.c $(NET_TEST_SOURCES),$(NET_LIBS)))
$(eval $(call vg_test,net_peer_test,tests/net/peer_test.c $(NET_TEST_SOURCES) $(wildcard agent/net/peer*.c) $(NODE_PROTO),$(NET_LIBS) -lprotobuf-c))
$(eval $(call vg_program,tests/net_serve,tests/net/serve.c $(NET_TEST_SOURCES),$(NET_LIBS)))
$(eval $(call vg_program,tests/net_ask,tests/net/ask.c $(NET_TEST_SOURCES),$(NET_LIBS)))
TESTS += tests/net/grpc_js.py
tests: $(B)/tests/net_serve $(B)/tests/net_ask
$(eval $(call vg_test,net_identity_test,tests/net/identity_test.c $(NET_TEST_SOURCES),$(NET_LIBS) -lsodium))
TESTS += tests/net/abuse.py
$(eval $(call vg_fuzzer,net_frame_fuzz,tests/net/frame_fuzz.c agent/net/grpc_frame.c agent/net/grpc_status.c agent/net/address.c))
$(eval $(call vg_fuzzer,net_http2_fuzz,tests/net/http2_fuzz.c $(NET_GRPC_SOURCES),$(NET_LIBS)))
$(eval $(call vg_fuzzer,net_certificate_fuzz,tests/net/certificate_fuzz.c agent/net/identity_certificate.c,-lssl -lcrypto))
$(eval $(call vg_program,tests/net_speed,tests/net/speed.c $(NET_TEST_SOURCES),$(NET_LIBS)))
$(eval $(call vg_test,net_http2_test,tests/net/http2_test.c $(NET_GRPC_SOURCES),$(NET_LIBS)))
