# SPDX-License-Identifier: GPL-2.0
$(eval $(call vg_test,sched-fleet,tests/sched/fleet_test.c tests/sched/fleetdraw.c $(VEHICLES_SOURCES),$(VEHICLES_LIBS)))
$(eval $(call vg_fuzzer,sched-fleet,tests/sched/fleet_fuzz.c $(VEHICLES_SOURCES),$(VEHICLES_LIBS)))
$(eval $(call vg_test,sched-assign,tests/sched/assign_test.c tests/sched/fleetdraw.c $(VEHICLES_SOURCES),$(VEHICLES_LIBS)))
$(eval $(call vg_test,sched-charging,tests/sched/charging_test.c $(VEHICLES_SOURCES),$(VEHICLES_LIBS)))
$(eval $(call vg_test,sched-recharge,tests/sched/recharge_test.c tests/sched/oracle.c tests/sched/oracle_partial.c $(ROUTE_SOURCES),-lm))
$(eval $(call vg_test,sched-rolling,tests/sched/rolling_test.c tests/sched/fleetdraw.c $(VEHICLES_SOURCES),$(VEHICLES_LIBS)))
TESTS += tests/sched/assign_cli.py
