# SPDX-License-Identifier: GPL-2.0
# Virtual machines for the module: one boot for each kernel, all guest tests in it.
# Other rooms add to these; what they name is built first and stands below /vg in the guest:
#   GUEST_TESTS     programs and scripts that print KTAP (tests/vm/init.sh runs them, with the module just loaded,
#                   VG_MODULE naming it and VG_OBJECT the BPF object)
#   GUEST_FILES     what these need besides
#   GUEST_MODULES   kernel modules loaded before
GUEST_TESTS += tests/vm/guest/load.sh
GUEST_FILES += $(B)/voltgate.bpf.o
GUEST_MODULES += veth dummy 8021q
VM_KERNELS := 6.1 6.12 new

.SECONDEXPANSION:
VM_TESTS := $(VM_KERNELS:%=$(B)/tests/vm-%)
TESTS += tests/vm/report_test.py $(VM_TESTS)

# The BPF object's own tests say nothing of the module, and a checked kernel takes minutes to free their maps of a
# million places (long enough for its watchdog to call it a lock-up): they stay out of the debug kernel.
guest_tests_of = $(if $(filter %/vm-debug,$(1)),$(filter-out $(B)/tests/bpf/%,$(GUEST_TESTS)),$(GUEST_TESTS))

# The test is a command of one line that says what runs where.
$(VM_TESTS) $(B)/tests/vm-debug: $(B)/gen/.done $(B)/btfids $$(GUEST_TESTS) $$(GUEST_FILES) tests/vm/vm.mk
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexport B=$(B) VG_MODULES="$(GUEST_MODULES)"\nexec tests/vm/run.sh $(@:$(B)/tests/vm-%=%) $(call guest_tests_of,$@) -- $(GUEST_FILES)\n' >$@
	@chmod +x $@

#: make check-vm  the module's tests in virtual machines, on every kernel
.PHONY: check-vm
check-vm: $(VM_TESTS)
	tests/run --logs $(B)/test-logs $(VM_TESTS)

#: make check-debug-kernel  the same tests under KASAN, lockdep and kmemleak; builds that kernel first (half an hour, once)
.PHONY: check-debug-kernel
check-debug-kernel: $(B)/tests/vm-debug
	tests/vm/debug-kernel.sh $(B)/vm/debug
	VG_DEADLINE=2400 tests/run --timeout 2700 --logs $(B)/test-logs $(B)/tests/vm-debug
