# SPDX-License-Identifier: GPL-2.0
# `make bench-charging`: whole charging sessions on four replicas, by verdicts and by signatures.
FLEET_SOURCES := $(sort tests/bench-charging/fleet.c tests/bench-charging/course.c tests/bench-charging/market.c \
	tests/charge/car.c agent/time_text.c $(HANDSHAKE_SOURCES) \
	agent/contract/session_id.c agent/contract/reading.c tools/station/meter.c tools/voltgate/org_key.c \
	tools/voltgate/key_file.c tools/voltgate/genesis_file.c $(CLI_NET) $(LEDGER_SOURCES))

$(B)/tests/bench-charging/fleet: $(patsubst %.c,$(B)/obj/%.o,$(FLEET_SOURCES))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -ljansson -lprotobuf-c $(NET_LIBS) $(LEDGER_LIBS)
-include $(patsubst %.c,$(B)/obj/%.d,tests/bench-charging/fleet.c tests/bench-charging/course.c tests/bench-charging/market.c tests/charge/car.c)

.PHONY: bench-charging run-bench-charging
#: make bench-charging   charging sessions a second, packet in to committed bill, with four replicas; QUICK=1: two minutes
bench-charging: depends
	$(MAKE) -j$(shell nproc) all
	$(MAKE) run-bench-charging
run-bench-charging: $(B)/tests/bench-charging/fleet $(B)/voltgate $(B)/voltgated
	tests/bench-charging/bench.py $(if $(QUICK),--quick)
