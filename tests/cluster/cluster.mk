# SPDX-License-Identifier: GPL-2.0
# The consensus simulator: the channel's own code and the ledger's, but for signatures, which seal.c makes cheap.
CLUSTER_SOURCES := $(filter-out tests/cluster/cluster_sim.c,$(wildcard tests/cluster/*.c)) \
	$(PBFT_SOURCES) $(CHANNEL_SOURCES) $(filter-out ledger/verifier.c,$(LEDGER_SOURCES))
# $(eval $(call vg_program,tests/cluster/voltgate-cluster-sim,tests/cluster/cluster_sim.c $(CLUSTER_SOURCES),$(LEDGER_LIBS)))
