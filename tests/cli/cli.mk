# SPDX-License-Identifier: GPL-2.0
# Tests of the command line and of what of agent/ stands behind it.

# Makes verdict logs with a fault in them; a tool of verify.py, no test itself.
$(B)/tests/log_maker: $(patsubst %.c,$(B)/san/%.o,tests/cli/log_maker.c $(CLI_LOG))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANITIZE) -o $@ $^ -lsodium
-include $(B)/san/tests/cli/log_maker.d

# The command line with sanitizers, which these tests run.
$(B)/tests/voltgate: $(patsubst %.c,$(B)/san/%.o,$(CLI_SOURCES))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANITIZE) -o $@ $^ $(CLI_LIBS)
-include $(patsubst %.c,$(B)/san/%.d,$(CLI_SOURCES))
tests: $(B)/tests/log_maker $(B)/tests/voltgate

TESTS += tests/cli/org.py
tests: $(B)/tests/bench-ledger/grow
TESTS += tests/cli/words.py tests/cli/verify.py tests/cli/doctor.py tests/cli/peer.py tests/cli/agent.py
$(eval $(call vg_test,gate_json_test,tests/cli/gate_json_test.c $(CLI_JSON),-ljansson))
$(eval $(call vg_fuzzer,gate_json_fuzz,tests/cli/gate_json_fuzz.c $(CLI_JSON),-ljansson))

# In the guests of tests/vm: the client and the command line against the module.
CLI_GUEST := tests/cli/gate_kernel_test.c $(CLI_KERNEL) agent/policy_word.c agent/time_text.c agent/chain.c
$(B)/tests/gate_kernel_test: $(patsubst %.c,$(B)/obj/%.o,$(CLI_GUEST))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ -lnl-genl-3 -lnl-3 -lsodium
-include $(B)/obj/tests/cli/gate_kernel_test.d
GUEST_TESTS += $(B)/tests/gate_kernel_test tests/cli/guest_cli.sh
GUEST_FILES += $(B)/voltgate

# Verdict logs and ledgers that hold heads of their chains; a tool of anchored.py.
CLI_ANCHORED := tests/cli/anchored_maker.c tests/ledger/file_consort.c tests/txn/world.c tests/txn/world_draft.c \
	tests/txn/action.c agent/verdictlog.c $(CLI_LOG) $(CONTRACT_SOURCES) $(LEDGER_SOURCES)
$(B)/tests/anchored_maker: $(patsubst %.c,$(B)/san/%.o,$(sort $(CLI_ANCHORED)))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANITIZE) -o $@ $^ -ljansson $(LEDGER_LIBS)
-include $(B)/san/tests/cli/anchored_maker.d
tests: $(B)/tests/anchored_maker
TESTS += tests/cli/anchored.py
