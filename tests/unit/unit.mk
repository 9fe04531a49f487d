# SPDX-License-Identifier: GPL-2.0
# Tests of the shared core (include/voltgate).
$(eval $(call vg_test,unit/siphash,tests/unit/siphash_test.c,-lsodium))
$(eval $(call vg_test,unit/replay,tests/unit/replay_test.c,))
$(eval $(call vg_test,unit/replay4,tests/unit/replay4_test.c,))
$(eval $(call vg_test,unit/replay8,tests/unit/replay8_test.c,))
$(eval $(call vg_test,unit/replay64,tests/unit/replay64_test.c,))
$(eval $(call vg_test,unit/replay128,tests/unit/replay128_test.c,))
$(eval $(call vg_test,unit/budget,tests/unit/budget_test.c,))
$(eval $(call vg_test,unit/vid,tests/unit/vid_test.c,))
$(eval $(call vg_test,unit/core,tests/unit/core_test.c,))
TESTS += tests/unit/core_vectors_test.sh

# The same vectors through clang -target bpf and the JIT.
$(B)/tests/unit/core.bpf.o: tests/unit/core.bpf.c tests/unit/core_case.h $(wildcard include/voltgate/*.h)
	@mkdir -p $(@D)
	$(CLANG) -O2 -g -target bpf -mcpu=v3 -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter \
		-Iinclude -I. -I/usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<
$(eval $(call vg_test,unit/core_bpf_run,tests/unit/core_bpf_test.c,-lbpf))
$(B)/tests/unit/core_bpf_run: | $(B)/tests/unit/core.bpf.o
$(B)/tests/unit/layout: | $(B)/tests/unit/core.bpf.o $(B)/voltgate.bpf.o
$(eval $(call vg_test,unit/layout,tests/unit/layout_test.c,-lbpf))
