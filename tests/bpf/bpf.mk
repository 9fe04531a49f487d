# SPDX-License-Identifier: GPL-2.0
# The XDP program under BPF_PROG_TEST_RUN. Needs root; skips aloud without.
BPF_TEST_SHARED := tests/bpf/rig.c tests/bpf/frame.c tests/bpf/reference.c tests/bpf/capture.c agent/loader.c agent/loader_attach.c \
	agent/loader_coexist.c agent/loader_diagnose.c agent/ingress.c agent/gate_plain.c agent/gate_plain_session.c \
	agent/gate_plain_alarm.c agent/plain_sessions.c agent/policy_word.c \
	agent/handshake/hello.c agent/handshake/noise.c ledger/cursor.c
BPF_TEST_LIBS := -lbpf -lxdp -lsodium -lcrypto -lelf -lz -lpcap

# $(call vg_bpf_test,name,further libraries)
define vg_bpf_test
$(call vg_test,bpf/$(1),tests/bpf/$(1)_test.c $(BPF_TEST_SHARED),$(BPF_TEST_LIBS) $(2))
$(B)/tests/bpf/$(1): | $(B)/voltgate.bpf.o
endef
$(eval $(call vg_bpf_test,parse))
$(eval $(call vg_bpf_test,flip))
$(eval $(call vg_bpf_test,verdict))
$(eval $(call vg_bpf_test,differential))
$(eval $(call vg_bpf_test,load,-lpthread))
$(eval $(call vg_bpf_test,loader,-lcap-ng))

$(B)/tests/bpf/other.bpf.o: tests/bpf/other.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c -o $@ $<
	llvm-strip -g $@
$(B)/tests/bpf/loader: | $(B)/tests/bpf/other.bpf.o

# On every kernel of tests/vm, where modules, libxdp's dispatcher and older verifiers are. The dispatcher and iproute2's
# ip go along where they are installed; without them the test skips what needs them.
GUEST_TESTS += $(B)/tests/bpf/loader $(B)/tests/bpf/verdict
GUEST_FILES += $(B)/tests/bpf/other.bpf.o $(wildcard /usr/lib/*/bpf/xdp-dispatcher.o /bin/ip)
