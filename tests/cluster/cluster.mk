# SPDX-License-Identifier: GPL-2.0
# The consensus simulator: the channel's own code and the ledger's, but for signatures, which seal.c makes cheap.
CLUSTER_SOURCES := $(wildcard tests/cluster/*.c) $(PBFT_SOURCES) $(CHANNEL_SOURCES) \
	$(filter-out ledger/verifier.c,$(LEDGER_SOURCES))
CLUSTER := $(B)/tests/cluster/voltgate-cluster-sim
CLUSTER_JOBS := $(shell nproc)
CLUSTER_SEEDS ?= 1..500
SEEDS ?= 1..10000

$(eval $(call vg_program,tests/cluster/voltgate-cluster-sim,$(CLUSTER_SOURCES),$(LEDGER_LIBS)))
PROGRAMS := $(filter-out $(CLUSTER),$(PROGRAMS))

# The same with sanitizers; without arguments it runs a few seeds and every scenario.
$(eval $(call vg_test,cluster/sanitized,$(CLUSTER_SOURCES),$(LEDGER_LIBS)))

# $(call cluster_test,name,arguments): the simulator as a test
define cluster_test
TESTS += $(B)/tests/cluster/$(1)
$(B)/tests/cluster/$(1): $(CLUSTER) tests/cluster/cluster.mk
	@printf '#!/bin/sh\nexec $(CLUSTER) -k -j $(CLUSTER_JOBS) $(2)\n' >$$@
	@chmod +x $$@
endef
$(eval $(call cluster_test,seeds,-r $(CLUSTER_SEEDS)))
$(eval $(call cluster_test,twice,-t 501..520))
$(eval $(call cluster_test,scenarios,-s all 1..6))

CLUSTER_MUTANTS := tests/cluster/mutants.py --out $(B)/mutants --compile "$(CC) -D_GNU_SOURCE -Iinclude -I. -I$(B)/gen $(CFLAGS) -std=gnu11" \
	--objects "$(patsubst %.c,$(B)/obj/%.o,$(CLUSTER_SOURCES))" --libs "$(LEDGER_LIBS)"

TESTS += $(B)/tests/cluster/mutants
$(B)/tests/cluster/mutants: $(CLUSTER) tests/cluster/cluster.mk
	@printf '%s\n' '#!/bin/sh' 'exec $(CLUSTER_MUTANTS) "$$@"' >$@
	@chmod +x $@

.PHONY: sim
#: make sim SEEDS=1..10000   simulated clusters; prints the seeds that fail; interrupted, it goes on where it was. $(B)/tests/cluster/voltgate-cluster-sim -v SEED shows how
sim: $(CLUSTER)
	$(CLUSTER) -r -o $(B)/sim.progress -j $(CLUSTER_JOBS) $(SEEDS)

.PHONY: sim-mutants
#: make sim-mutants   which mutants of the consensus code the simulator alone finds (half an hour); `make check` asks who is quickest
sim-mutants: $(CLUSTER)
	$(CLUSTER_MUTANTS) --sim
