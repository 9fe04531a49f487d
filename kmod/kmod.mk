# SPDX-License-Identifier: GPL-2.0
# Generated sources: $(B)/gen is on every include path; .done stands for all of it.
KMOD_GEN := kmod/genl.py kmod/netlink.yaml kmod/ed25519_table.py kmod/merkle_vectors.py
$(B)/gen/.done: $(KMOD_GEN)
	kmod/genl.py kmod/netlink.yaml $(@D)
	kmod/ed25519_table.py $(@D)/voltgate/ed25519_table.h
	kmod/merkle_vectors.py $(@D)/voltgate/merkle_vectors.h
	@touch $@

# What signs, for programs in user space that link it.
SIGN_SOURCES := kmod/ed25519.c kmod/fe25519.c kmod/sc25519.c kmod/sha512.c kmod/merkle.c

# The module. Its tools come first: where the headers cannot give it BTF, they do (kmod/btf).
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
KRELEASE = $(or $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null),none)

$(eval $(call vg_program,btfids,kmod/btfids.c,-lbpf -lelf))

#: make kmod      voltgate.ko for KDIR (or KVER; default: the running kernel), in $(B)/kmod-VERSION
.PHONY: kmod
kmod: $(B)/gen/.done $(B)/btfids
	kmod/build.sh --gen $(B)/gen --out $(B)/kmod-$(KRELEASE) --kdir $(KDIR) --btfids $(B)/btfids \
		$(if $(KERNEL),--kernel $(KERNEL))
