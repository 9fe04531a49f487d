# SPDX-License-Identifier: GPL-2.0
# Tests of the contract "charging". This fragment is read before tests/txn's, so the ledger's part is listed here again.
CHARGING_WORLD := tests/txn/world.c tests/txn/world_draft.c tests/txn/action.c \
	$(addprefix ledger/,hash.c cursor.c merkle.c block.c transaction.c transaction_proposal.c rwset.c rwset_private.c \
	endorsement.c evidence.c evidence_commitment.c mandate.c rating.c credential.c membership.c membership_check.c outcome.c buckettree.c \
	store_memory.c verifier.c) $(wildcard ledger/execute*.c ledger/state*.c ledger/proven.c)
CHARGING_STAGE := tests/contract/money_stage.c tests/contract/session_stage.c $(CONTRACT_SOURCES) $(CHARGING_WORLD)
CHARGING_LIBS := -lsodium -lcrypto -ljansson

$(eval $(call vg_test,contract/session,tests/contract/session_test.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/account_table,tests/contract/account_table_test.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/session_conflict,tests/contract/session_conflict_test.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/rating,tests/contract/rating_test.c $(CHARGING_STAGE),$(CHARGING_LIBS) -lm))
$(eval $(call vg_test,contract/misbehaviour,tests/contract/misbehaviour_test.c tests/contract/chain_stage.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/anchor,tests/contract/anchor_test.c tests/contract/chain_stage.c $(CHARGING_STAGE),$(CHARGING_LIBS)))

# The driver of the reference model, by several compilers: what they make of the same lines is compared.
CHARGING_DRIVER := tests/contract/money_driver.c tests/contract/money_stage.c $(CONTRACT_SOURCES) $(CHARGING_WORLD)
# $(call charging_build,name,compiler and options)
define charging_build
CHARGING_DRIVERS += $(B)/tests/contract/money_driver-$(1)
$(B)/contract-$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$(2) $$(CPPFLAGS) $$(WARNINGS) -MMD -MP -c -o $$@ $$<
$(B)/tests/contract/money_driver-$(1): $$(patsubst %.c,$(B)/contract-$(1)/%.o,$$(CHARGING_DRIVER))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$(2) -o $$@ $$^ $$(CHARGING_LIBS)
-include $$(patsubst %.c,$(B)/contract-$(1)/%.d,$$(CHARGING_DRIVER))
endef
$(eval $(call charging_build,gcc-O2,gcc -g -O2))
$(eval $(call charging_build,clang-O0,$(CLANG) -O0))
tests: $(CHARGING_DRIVERS)
TESTS += tests/contract/money_model.py
TESTS += tests/contract/money_determinism_test.sh
$(eval $(call vg_test,contract/account,tests/contract/account_test.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/account_arguments,tests/contract/account_arguments_test.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/recommendation,tests/contract/recommendation_test.c $(CHARGING_STAGE),$(CHARGING_LIBS) -lm))
$(eval $(call vg_test,contract/audit,tests/contract/audit_test.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_fuzzer,contract_account_fuzz,tests/contract/account_fuzz.c $(CONTRACT_SOURCES) $(CHARGING_WORLD),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/money,tests/contract/money_test.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_fuzzer,contract_charging_fuzz,tests/contract/charging_fuzz.c tests/contract/chain_stage.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
