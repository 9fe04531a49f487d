# SPDX-License-Identifier: GPL-2.0
# Tests of the shared core (include/voltgate).
$(eval $(call vg_test,unit/siphash,tests/unit/siphash_test.c,-lsodium))
$(eval $(call vg_test,unit/replay,tests/unit/replay_test.c,))
$(eval $(call vg_test,unit/replay4,tests/unit/replay4_test.c,))
$(eval $(call vg_test,unit/replay8,tests/unit/replay8_test.c,))
$(eval $(call vg_test,unit/budget,tests/unit/budget_test.c,))
$(eval $(call vg_test,unit/vid,tests/unit/vid_test.c,))
$(eval $(call vg_test,unit/core,tests/unit/core_test.c,))
TESTS += tests/unit/core_vectors_test.sh
