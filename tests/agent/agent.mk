# SPDX-License-Identifier: GPL-2.0
$(eval $(call vg_test,agent-chain,tests/agent/chain_test.c agent/chain.c,-lsodium))
$(eval $(call vg_test,agent-verdictlog,tests/agent/verdictlog_test.c $(AGENT_VERDICTS),-lsodium))
$(eval $(call vg_test,agent-config,tests/agent/config_test.c agent/config.c agent/policy_word.c,-linih))
$(eval $(call vg_test,agent-attest,tests/agent/attest_test.c agent/attest.c agent/secret_file.c agent/chain.c agent/policy_word.c $(SIGN_SOURCES),\
	-lsodium -lcrypto))

TESTS += tests/agent/config_files.sh tests/agent/gate_e2e.py tests/agent/gate_trouble.py tests/agent/gate_control.py

$(eval $(call vg_fuzzer,agent-config,tests/agent/config_fuzz.c agent/config.c agent/policy_word.c,-linih))
$(eval $(call vg_fuzzer,agent-verdictlog,tests/agent/verdictlog_fuzz.c $(AGENT_VERDICTS),-lsodium))
$(eval $(call vg_fuzzer,agent-control,tests/agent/control_fuzz.c agent/control.c agent/say.c $(AGENT_JSON),\
	-levent -ljansson -lsodium))

# In the virtual machines, where the module is.
GUEST_TESTS += tests/agent/attested_guest.sh
GUEST_FILES += $(B)/voltgated $(B)/voltgate $(B)/voltgate-sim
