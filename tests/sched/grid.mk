# SPDX-License-Identifier: GPL-2.0
# The grid's half of the scheduler: dispatch, prices, areas, congestion, report.
$(eval $(call vg_test,sched-dispatch,tests/sched/dispatch_test.c $(DISPATCH_SOURCES),$(SCHED_LIBS)))
$(eval $(call vg_test,sched-congestion,tests/sched/congestion_test.c $(DISPATCH_SOURCES),$(SCHED_LIBS)))
$(eval $(call vg_test,sched-price,tests/sched/price_test.c $(DISPATCH_SOURCES),$(SCHED_LIBS)))
$(eval $(call vg_test,sched-admm,tests/sched/admm_test.c $(DISPATCH_SOURCES),$(SCHED_LIBS)))
TESTS += tests/sched/admm_cli.py
TESTS += tests/sched/areas_mpi.py
TESTS += tests/sched/octave.py
$(eval $(call vg_test,sched-qp,tests/sched/qp_test.c $(DISPATCH_SOURCES),$(SCHED_LIBS)))
$(eval $(call vg_fuzzer,sched-consensus,tests/sched/consensus_fuzz.c $(DISPATCH_SOURCES),$(SCHED_LIBS)))
TESTS += tests/sched/report_test.py
