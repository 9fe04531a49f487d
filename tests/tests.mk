# SPDX-License-Identifier: GPL-2.0
# Each suite has a fragment of its own.
include $(wildcard tests/*/*.mk)

# Layouts in the module are compared once the virtual machines' tests have built it.
LAST := $(filter %/unit/layout,$(TESTS))
TESTS := $(filter-out $(LAST),$(TESTS)) $(LAST)
