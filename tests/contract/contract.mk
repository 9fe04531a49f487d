# SPDX-License-Identifier: GPL-2.0
# Tests of the contract "charging". This fragment is read before tests/txn's, so the ledger's part is listed here again.
CHARGING_WORLD := tests/txn/world.c tests/txn/world_draft.c tests/txn/action.c \
	$(addprefix ledger/,hash.c cursor.c merkle.c block.c transaction.c transaction_proposal.c rwset.c rwset_private.c \
	endorsement.c evidence.c mandate.c rating.c credential.c membership.c membership_check.c outcome.c buckettree.c \
	store_memory.c verifier.c) $(wildcard ledger/execute*.c ledger/state*.c ledger/proven.c)
CHARGING_STAGE := tests/contract/money_stage.c tests/contract/session_stage.c $(CONTRACT_SOURCES) $(CHARGING_WORLD)
CHARGING_LIBS := -lsodium -lcrypto -ljansson

$(eval $(call vg_test,contract/session,tests/contract/session_test.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/account_table,tests/contract/account_table_test.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/session_conflict,tests/contract/session_conflict_test.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/rating,tests/contract/rating_test.c $(CHARGING_STAGE),$(CHARGING_LIBS) -lm))
$(eval $(call vg_test,contract/misbehaviour,tests/contract/misbehaviour_test.c tests/contract/chain_stage.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
$(eval $(call vg_test,contract/anchor,tests/contract/anchor_test.c tests/contract/chain_stage.c $(CHARGING_STAGE),$(CHARGING_LIBS)))
