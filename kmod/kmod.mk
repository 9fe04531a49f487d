# SPDX-License-Identifier: GPL-2.0
# Generated sources: $(B)/gen is on every include path; .done stands for all of it.
$(B)/gen/.done:
	@mkdir -p $(@D)
	@touch $@
