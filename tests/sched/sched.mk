# SPDX-License-Identifier: GPL-2.0
$(eval $(call vg_test,sched-route,tests/sched/route_test.c tests/sched/oracle.c $(SCHED_SOURCES),$(SCHED_LIBS)))
$(eval $(call vg_fuzzer,sched-evrptw,tests/sched/evrptw_fuzz.c $(SCHED_SOURCES),$(SCHED_LIBS)))
TESTS += tests/sched/route_cli.py
$(eval $(call vg_test,sched-plan,tests/sched/plan_test.c $(DISPATCH_SOURCES),$(SCHED_LIBS)))
$(eval $(call vg_fuzzer,sched-matpower,tests/sched/matpower_fuzz.c $(DISPATCH_SOURCES),$(SCHED_LIBS)))
TESTS += tests/sched/plan_cli.py
