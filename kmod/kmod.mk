# SPDX-License-Identifier: GPL-2.0
# Generated sources: $(B)/gen is on every include path; .done stands for all of it.
KMOD_GEN := kmod/genl.py kmod/genl_manual.py kmod/netlink.yaml kmod/ed25519_table.py kmod/merkle_vectors.py
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
# As `uname -r` has it; Debian's kernel.release file has another.
KRELEASE = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null),none)

$(eval $(call vg_program,btfids,kmod/btfids.c,-lbpf -lelf))

#: make kmod      voltgate.ko for KDIR (or KVER; default: the running kernel), in $(B)/kmod-VERSION
.PHONY: kmod
kmod: $(B)/gen/.done $(B)/btfids
	kmod/build.sh --gen $(B)/gen --out $(B)/kmod-$(KRELEASE) --kdir $(KDIR) --btfids $(B)/btfids \
		$(if $(KERNEL),--kernel $(KERNEL))

# Everything that building the module takes, generated headers included, in one folder for /usr/src.
DKMS_PACKAGE := $(B)/dkms/voltgate-$(VERSION)

#: make dkms-package  the folder that DKMS builds the module from; `make install` puts it into /usr/src
.PHONY: dkms-package install-kmod
dkms-package: $(B)/gen/.done
	@rm -rf $(DKMS_PACKAGE)
	@mkdir -p $(DKMS_PACKAGE)/kmod $(DKMS_PACKAGE)/include $(DKMS_PACKAGE)/gen
	@cp -r include/voltgate $(DKMS_PACKAGE)/include/
	@cp -r kmod/*.[ch] kmod/btf $(DKMS_PACKAGE)/kmod/
	@cp -r $(B)/gen/voltgate $(DKMS_PACKAGE)/gen/
	@cp Kbuild $(DKMS_PACKAGE)/
	@sed 's/@VERSION@/$(VERSION)/' kmod/dkms.conf.in >$(DKMS_PACKAGE)/dkms.conf

install: install-kmod
install-kmod: dkms-package
	rm -rf $(DESTDIR)/usr/src/voltgate-$(VERSION)
	mkdir -p $(DESTDIR)/usr/src $(DESTDIR)$(PREFIX)/share/man/man7
	cp -r $(DKMS_PACKAGE) $(DESTDIR)/usr/src/
	install -m 644 $(B)/gen/voltgate-netlink.7 $(DESTDIR)$(PREFIX)/share/man/man7/

.PHONY: uninstall-kmod
uninstall: uninstall-kmod
uninstall-kmod:
	rm -rf $(DESTDIR)/usr/src/voltgate-$(VERSION)
	rm -f $(DESTDIR)$(PREFIX)/share/man/man7/voltgate-netlink.7
