# SPDX-License-Identifier: GPL-2.0
$(eval $(call vg_test,sched-charging,tests/sched/charging_test.c $(FLEET_SOURCES),$(FLEET_LIBS)))
