# SPDX-License-Identifier: GPL-2.0
$(eval $(call vg_test,handshake-noise,tests/handshake/noise_test.c $(NOISE_SOURCES),-lsodium))
