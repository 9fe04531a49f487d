# SPDX-License-Identifier: GPL-2.0
# The grid's half of the scheduler: dispatch, prices, areas, congestion, report.
$(eval $(call vg_test,sched-dispatch,tests/sched/dispatch_test.c $(DISPATCH_SOURCES),$(SCHED_LIBS)))
