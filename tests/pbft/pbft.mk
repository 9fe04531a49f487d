# SPDX-License-Identifier: GPL-2.0
# Tests of the consensus core.
PBFT_WIRED := tests/pbft/wired.c tests/pbft/wired_shell.c $(PBFT_SOURCES) $(PBFT_LEDGER)
$(eval $(call vg_test,pbft/normal,tests/pbft/normal_test.c $(PBFT_WIRED),-lsodium))
$(eval $(call vg_test,pbft/chaos,tests/pbft/chaos_test.c $(PBFT_WIRED),-lsodium))
$(eval $(call vg_test,pbft/scenario,tests/pbft/scenario_test.c $(PBFT_WIRED),-lsodium))
$(eval $(call vg_test,pbft/transcript,tests/pbft/transcript_test.c $(PBFT_SOURCES) $(PBFT_LEDGER),-lsodium))
