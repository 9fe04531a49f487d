# SPDX-License-Identifier: GPL-2.0
# Tests of the module. They run where it can be loaded: in the guests of tests/vm.
KMOD_TESTS :=
define kmod_test
KMOD_TESTS += $(B)/tests/kmod/$(1)
$(B)/tests/kmod/$(1): $$(patsubst %.c,$(B)/obj/%.o,tests/kmod/$(1).c $(2))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) -o $$@ $$^ $(3)
-include $$(patsubst %.c,$(B)/obj/%.d,tests/kmod/$(1).c $(2))
endef

$(B)/tests/kmod/call.bpf.o: tests/kmod/call.bpf.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $@.d -MT $@ -c -o $@ $<
	$(Q)llvm-strip -g $@
-include $(B)/tests/kmod/call.bpf.o.d

KMOD_WIRE := tests/kmod/wire.c tests/kmod/gate.c
KMOD_PACKET := $(KMOD_WIRE) tests/kmod/packet.c
$(eval $(call kmod_test,refusals_test,$(KMOD_WIRE),))
$(eval $(call kmod_test,session_test,$(KMOD_PACKET),-lbpf))
$(eval $(call kmod_test,load_test,$(KMOD_PACKET),-lbpf -lpthread))
$(eval $(call kmod_test,unload_test,$(KMOD_PACKET),-lbpf -lpthread))
$(eval $(call kmod_test,chain_test,$(KMOD_PACKET) tests/kmod/batches.c agent/chain.c,-lbpf -lsodium -lcrypto))
$(eval $(call kmod_test,million_test,$(KMOD_PACKET),-lbpf -lpthread))
$(eval $(call kmod_test,netlink_fuzz,$(KMOD_PACKET),-lbpf))
$(eval $(call kmod_test,alarm_test,$(KMOD_PACKET) tests/kmod/batches.c agent/chain.c,-lbpf -lsodium))

GUEST_TESTS += $(KMOD_TESTS)
GUEST_FILES += $(B)/tests/kmod/call.bpf.o

.PHONY: kmod-tests
kmod-tests: $(KMOD_TESTS) $(B)/tests/kmod/call.bpf.o
