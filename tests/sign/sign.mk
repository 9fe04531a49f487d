# SPDX-License-Identifier: GPL-2.0
# The signer of the module, in its user-space build.
$(eval $(call vg_test,sign-vectors,tests/sign/vectors.c $(SIGN_SOURCES),-lsodium))
$(eval $(call vg_test,sign-arithmetic,tests/sign/arithmetic.c $(SIGN_SOURCES),-lsodium))

# Many signatures, and valgrind: both without sanitizers.
TESTS += $(B)/tests/sign-random tests/sign/constant_time.sh
$(B)/tests/sign-random: $(patsubst %.c,$(B)/obj/%.o,tests/sign/random.c $(SIGN_SOURCES))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ -lsodium
$(B)/tests/sign-secret-gcc: $(patsubst %.c,$(B)/obj/%.o,tests/sign/secret.c $(SIGN_SOURCES))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ -lsodium
$(B)/tests/sign-secret-clang: tests/sign/secret.c $(SIGN_SOURCES) $(B)/gen/.done
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -O2 -gdwarf-4 $(WARNINGS) -o $@ tests/sign/secret.c $(SIGN_SOURCES) -lsodium
-include $(patsubst %.c,$(B)/obj/%.d,tests/sign/random.c tests/sign/secret.c $(SIGN_SOURCES))

tests/sign/constant_time.sh: $(B)/tests/sign-secret-gcc $(B)/tests/sign-secret-clang
