# SPDX-License-Identifier: GPL-2.0
# The XDP programs. -g makes BTF; llvm-strip leaves it and takes DWARF away.
BPF_OBJECT := $(B)/voltgate.bpf.o
PROGRAMS += $(BPF_OBJECT)
BPF_ARCH := $(shell uname -m)
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Werror -Wno-unused-function \
	-Iinclude -idirafter /usr/include/$(BPF_ARCH)-linux-gnu

$(BPF_OBJECT): bpf/voltgate.bpf.c
	@mkdir -p $(@D)
	$(call say,CLANG,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $@.d -MT $@ -c -o $@ $<
	$(Q)llvm-strip -g $@
-include $(BPF_OBJECT).d
