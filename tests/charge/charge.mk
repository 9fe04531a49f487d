# SPDX-License-Identifier: GPL-2.0
# Gate and ledger in one daemon: from a vehicle's packet to its bill, on four daemons in network namespaces.
CAR_SOURCES := tests/charge/car.c agent/time_text.c $(HANDSHAKE_SOURCES)
DRIVE_SOURCES := tests/charge/drive.c $(CAR_SOURCES) tools/voltgate/org_key.c tools/voltgate/key_file.c $(LEDGER_SOURCES)

# A vehicle that can also be wrong.
$(B)/tests/charge/drive: $(patsubst %.c,$(B)/san/%.o,$(sort $(DRIVE_SOURCES)))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -o $@ $^ -ljansson $(LEDGER_LIBS)
-include $(patsubst %.c,$(B)/san/%.d,tests/charge/drive.c tests/charge/car.c)
tests: $(B)/tests/charge/drive

TESTS += tests/charge/story.py tests/charge/trouble.py tests/charge/crowd.py
TESTS += tests/charge/schedule.py
$(eval $(call vg_test,charge_proofs_test,tests/charge/proofs_test.c agent/charge/proofs.c agent/chain.c $(LEDGER_SOURCES),$(LEDGER_LIBS)))
$(eval $(call vg_test,charge_errands_test,tests/charge/errands_test.c agent/charge/errands.c,-lsodium))
