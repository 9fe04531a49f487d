# SPDX-License-Identifier: GPL-2.0
HANDSHAKE_TEST := tests/handshake/gateway.c $(filter-out %/example.c,$(wildcard tools/libvehicle/*.c)) $(HANDSHAKE_SOURCES) \
	$(HANDSHAKE_GATEWAY) ledger/credential.c ledger/transaction_proposal.c
$(eval $(call vg_test,handshake-noise,tests/handshake/noise_test.c $(NOISE_SOURCES),-lsodium))
$(eval $(call vg_test,handshake-flip,tests/handshake/flip_test.c $(HANDSHAKE_TEST) ledger/evidence.c,-lsodium -lcrypto))
$(eval $(call vg_test,handshake-responder,tests/handshake/responder_test.c $(HANDSHAKE_TEST),-lsodium))
$(eval $(call vg_test,handshake-limiter,tests/handshake/limiter_test.c agent/handshake/limiter.c,))
$(eval $(call vg_test,handshake-unlink,tests/handshake/unlink_test.c $(HANDSHAKE_TEST),-lsodium -lm))
# A gateway on loopback, for the vehicle library's example (tests/sim/example_test.sh).
$(B)/tests/handshake-host: $(patsubst %.c,$(B)/san/%.o,tests/handshake/host.c $(HANDSHAKE_TEST) agent/time_text.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -o $@ $^ -lsodium
-include $(B)/san/tests/handshake/host.d
tests: $(B)/tests/handshake-host
# voltgate-vehicle at gateways with a real gate, in network namespaces.
TESTS += tests/handshake/street.py

# In the virtual machines, where the module is.
GUEST_TESTS += tests/handshake/attested_guest.sh
GUEST_FILES += $(B)/voltgate-vehicle
$(eval $(call vg_fuzzer,handshake_wire_fuzz,tests/handshake/wire_fuzz.c $(HANDSHAKE_TEST),-lsodium))
$(eval $(call vg_bench,handshake_bench,tests/handshake/handshake_bench.c tests/bench/series.c $(HANDSHAKE_TEST),-lsodium -ljansson))
#: make bench-handshake  handshakes a second and core against libsodium's own cost
.PHONY: bench-handshake
bench-handshake: $(B)/tests/bench/handshake_bench
	tests/bench/run $<
