# SPDX-License-Identifier: GPL-2.0
# `make demo-ledger`: a consortium of four, a kill -9 and a liar.
comma := ,
LIAR_SOURCES := $(sort $(AGENT_SOURCES) $(AGENT_JSON) $(ITS_SOURCES) tools/demo/liar.c)
$(eval $(call vg_program,demo/voltgated-liar,$(LIAR_SOURCES),-Wl$(comma)--wrap=node_send $(AGENT_LIBS) $(NODE_LIBS)))

#: make demo-ledger   install what is missing, build, show four organisations' ledger, a node killed and a node that lies
.PHONY: demo-ledger
demo-ledger: depends
	$(MAKE) -j$(shell nproc) all
	tools/demo/ledger.py
