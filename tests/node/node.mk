# SPDX-License-Identifier: GPL-2.0
# The ledger's node as a whole: clusters of daemons, stock clients, and every message.
NODE_FUZZ := tests/node/rpc_fuzz.c agent/say.c agent/gate_json_piece.c agent/time_text.c $(NODE_PROTO) $(NODE_SOURCES) \
	$(CHANNEL_SOURCES) $(PBFT_SOURCES) $(ENDORSE_SOURCES) $(CONTRACT_SOURCES) $(LEDGER_SOURCES)
$(eval $(call vg_fuzzer,node_rpc_fuzz,$(NODE_FUZZ),$(NODE_LIBS)))
TESTS += tests/node/verbs.py tests/node/faults.py tests/node/stock_client.py tests/node/members.py tests/node/outside.py \
	tests/node/trouble.py tests/node/flood.py tests/node/snapshot.py tests/node/charging.py tests/node/page.py
