# SPDX-License-Identifier: GPL-2.0
# Tests of transactions: codecs, execution, contracts, endorsement.
TXN_CODECS := $(addprefix ledger/,hash.c cursor.c merkle.c block.c transaction.c transaction_proposal.c rwset.c rwset_private.c \
	endorsement.c evidence.c evidence_commitment.c mandate.c credential.c membership.c membership_check.c outcome.c)
TXN_EXECUTION := $(TXN_CODECS) $(wildcard ledger/execute*.c ledger/state*.c) ledger/buckettree.c ledger/store_memory.c \
	ledger/verifier.c ledger/proven.c ledger/rating.c
TXN_WORLD := tests/txn/world.c tests/txn/world_draft.c tests/txn/action.c $(TXN_EXECUTION)
TXN_LIBS := -lsodium -lcrypto

$(eval $(call vg_test,txn/outcome,tests/txn/outcome_test.c $(TXN_WORLD),$(TXN_LIBS)))
$(eval $(call vg_test,txn/model,tests/txn/model_test.c tests/txn/model.c tests/txn/model_store.c tests/txn/random.c $(TXN_WORLD),$(TXN_LIBS)))
$(eval $(call vg_test,txn/codec,tests/txn/codec_test.c $(TXN_WORLD),$(TXN_LIBS)))
$(eval $(call vg_test,txn/membership,tests/txn/membership_test.c $(TXN_WORLD),$(TXN_LIBS)))
$(eval $(call vg_test,txn/evidence,tests/txn/evidence_test.c $(TXN_WORLD),$(TXN_LIBS)))
$(eval $(call vg_test,txn/counter,tests/txn/counter_test.c $(TXN_WORLD),$(TXN_LIBS)))
$(eval $(call vg_test,txn/window,tests/txn/window_test.c $(TXN_WORLD),$(TXN_LIBS)))
$(eval $(call vg_test,txn/members,tests/txn/members_test.c $(TXN_WORLD),$(TXN_LIBS)))
$(eval $(call vg_test,txn/signature,tests/txn/signature_test.c ledger/verifier.c,-lsodium))
$(eval $(call vg_test,txn/proven,tests/txn/proven_test.c ledger/proven.c ledger/merkle.c ledger/hash.c,-lsodium))
$(eval $(call vg_test,txn/contract,tests/txn/contract_test.c $(CONTRACT_SOURCES) $(TXN_WORLD),$(TXN_LIBS) -ljansson))
$(eval $(call vg_test,txn/contract_ledger,tests/txn/contract_ledger_test.c $(CONTRACT_SOURCES) $(TXN_WORLD),$(TXN_LIBS) -ljansson))
$(eval $(call vg_test,txn/endorser,tests/txn/endorser_test.c $(ENDORSE_SOURCES) $(CONTRACT_SOURCES) tests/txn/world.c \
	tests/txn/world_draft.c tests/txn/action.c $(LEDGER_SOURCES),$(LEDGER_LIBS) -ljansson))

# What the fuzzers begin with is kept in tests/fuzz/corpus; $(B)/tests/txn_sample makes it anew when a format changes.
$(eval $(call vg_fuzzer,txn_transaction_fuzz,tests/txn/transaction_fuzz.c $(TXN_CODECS),$(TXN_LIBS)))
$(eval $(call vg_fuzzer,txn_membership_fuzz,tests/txn/membership_fuzz.c $(TXN_CODECS),$(TXN_LIBS)))
$(eval $(call vg_fuzzer,txn_proof_fuzz,tests/txn/proof_fuzz.c $(TXN_CODECS),$(TXN_LIBS)))
$(eval $(call vg_fuzzer,txn_execute_fuzz,tests/txn/execute_fuzz.c $(TXN_WORLD),$(TXN_LIBS)))
$(eval $(call vg_fuzzer,txn_contract_fuzz,tests/txn/contract_fuzz.c $(CONTRACT_SOURCES) $(TXN_WORLD),$(TXN_LIBS) -ljansson))
$(eval $(call vg_program,tests/txn_sample,tests/txn/sample.c $(TXN_WORLD),$(TXN_LIBS)))

# The same blocks through four builds: TXN_BUILDS are names and what they are compiled with.
TXN_DIGEST := tests/txn/digest.c tests/txn/random.c $(TXN_WORLD)
# $(call txn_build,name,compiler and options)
define txn_build
TXN_DIGESTS += $(B)/tests/txn_digest-$(1)
$(B)/txn-$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$(2) $$(CPPFLAGS) $$(WARNINGS) -MMD -MP -c -o $$@ $$<
$(B)/tests/txn_digest-$(1): $$(patsubst %.c,$(B)/txn-$(1)/%.o,$$(TXN_DIGEST))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$(2) -o $$@ $$^ $(TXN_LIBS)
-include $$(patsubst %.c,$(B)/txn-$(1)/%.d,$$(TXN_DIGEST))
endef
$(eval $(call txn_build,gcc-O0,gcc -O0))
$(eval $(call txn_build,gcc-O2,gcc -O2))
$(eval $(call txn_build,clang-O0,$(CLANG) -O0))
$(eval $(call txn_build,clang-O2,$(CLANG) -O2))
tests: $(TXN_DIGESTS)
TESTS += tests/txn/determinism_test.sh
$(eval $(call vg_bench,txn_bench,tests/txn/execute_bench.c tests/bench/series.c agent/endorse/endorser_tree.c $(TXN_WORLD),$(TXN_LIBS) -ljansson))
# Fixed point against decimal arithmetic.
$(eval $(call vg_program,tests/txn_rating_eval,tests/txn/rating_eval.c ledger/rating.c,))
tests: $(B)/tests/txn_rating_eval
TESTS += tests/txn/rating_check.py
