# SPDX-License-Identifier: GPL-2.0
# Tests of the consensus core.
PBFT_WIRED := tests/pbft/wired.c tests/pbft/wired_shell.c $(PBFT_SOURCES) $(PBFT_LEDGER)
$(eval $(call vg_test,pbft/normal,tests/pbft/normal_test.c $(PBFT_WIRED),-lsodium))
$(eval $(call vg_test,pbft/chaos,tests/pbft/chaos_test.c $(PBFT_WIRED),-lsodium))
$(eval $(call vg_test,pbft/scenario,tests/pbft/scenario_test.c $(PBFT_WIRED),-lsodium))
$(eval $(call vg_test,pbft/transcript,tests/pbft/transcript_test.c $(PBFT_SOURCES) $(PBFT_LEDGER),-lsodium))
$(eval $(call vg_test,pbft/viewchange,tests/pbft/viewchange_test.c $(PBFT_SOURCES) $(PBFT_LEDGER),-lsodium))
$(eval $(call vg_test,pbft/message,tests/pbft/message_test.c agent/pbft/message.c agent/pbft/message_decode.c agent/pbft/room.c $(PBFT_LEDGER),-lsodium))
$(eval $(call vg_fuzzer,pbft_message,tests/pbft/message_fuzz.c agent/pbft/message.c agent/pbft/message_decode.c agent/pbft/room.c $(PBFT_LEDGER),-lsodium))
$(eval $(call vg_fuzzer,pbft_core,tests/pbft/core_fuzz.c $(PBFT_SOURCES) $(PBFT_LEDGER),-lsodium))
TESTS += tests/pbft/pure_test.sh tests/pbft/compilers_test.sh

$(B)/tests/pbft/pure.o: $(patsubst %.c,$(B)/obj/%.o,$(PBFT_SOURCES))
	@mkdir -p $(@D)
	$(Q)$(LD) -r -o $@ $^
$(B)/tests/pbft/message: | $(B)/tests/pbft/pure.o
