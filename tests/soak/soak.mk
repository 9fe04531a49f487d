# SPDX-License-Identifier: GPL-2.0
# The whole under load and faults; not part of `make check`, where ten minutes are too long.
MINUTES ?= 10
SEED ?= 1

#: make soak MINUTES=n   vehicles charge, attackers forge, nodes are killed, cut off and filled up, the module reloaded by a seeded dice (SEED=s); ten minutes
.PHONY: soak run-soak
soak: depends
	$(MAKE) -j$(shell nproc) all
	$(MAKE) run-soak

run-soak: $(addprefix $(B)/,voltgate voltgated voltgate-sim voltgate-vehicle voltgate-station voltgate.bpf.o demo/voltgate-relay btfids gen/.done)
	@B=$(B) MINUTES=$(MINUTES) SEED=$(SEED) tests/soak/soak.py
