# SPDX-License-Identifier: GPL-2.0
# Vehicle library, simulator and player, without a gate.
$(eval $(call vg_test,sim/vehicle,tests/sim/vehicle_test.c tools/libvehicle/voltgate-vehicle.c,-lsodium))
$(eval $(call vg_test,sim/craft,tests/sim/craft_test.c $(SIM_CORE),-lsodium -lcrypto -lm))
$(eval $(call vg_test,sim/fleet,tests/sim/fleet_test.c tools/sim/fleet.c tools/libvehicle/voltgate-vehicle.c,-lsodium))
$(eval $(call vg_test,sim/capture,tests/sim/capture_test.c tools/sim/capture.c tools/sim/refresh.c $(PLAY_ITS),-lpcap -lcrypto -lm))
$(eval $(call vg_fuzzer,capture,tests/sim/capture_fuzz.c tools/sim/capture.c tools/sim/refresh.c $(PLAY_ITS),-lpcap -lcrypto -lm))
TESTS += tests/sim/example_test.sh tests/sim/cli_test.sh
