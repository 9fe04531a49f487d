# SPDX-License-Identifier: GPL-2.0
# Generated sources: $(B)/gen is on every include path; .done stands for all of it.
$(B)/gen/.done: kmod/netlink.yaml kmod/genl.py
	kmod/genl.py kmod/netlink.yaml $(@D)
	@touch $@
