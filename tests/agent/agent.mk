# SPDX-License-Identifier: GPL-2.0
$(eval $(call vg_test,agent-chain,tests/agent/chain_test.c agent/chain.c,-lsodium))
$(eval $(call vg_test,agent-verdictlog,tests/agent/verdictlog_test.c $(AGENT_VERDICTS),-lsodium))
