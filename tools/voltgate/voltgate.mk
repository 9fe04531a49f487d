# SPDX-License-Identifier: GPL-2.0
# voltgate, the command line; and what of agent/ stands behind it.
CPPFLAGS += -I/usr/include/libnl3

CLI_JSON := agent/gate_json.c agent/gate_json_piece.c agent/gate_json_event.c agent/time_text.c agent/source_text.c \
	agent/policy_word.c
CLI_KERNEL := agent/gate_kernel.c agent/gate_kernel_wire.c agent/gate_kernel_chain.c
CLI_GATE := $(CLI_JSON) $(CLI_KERNEL) agent/control_client.c agent/gate_control.c
CLI_LOG := agent/chain.c agent/verdictframe.c agent/verdictlog_reader.c ledger/crc32c.c
CLI_RECORD := agent/charge/proofs.c
CLI_LEDGER := $(LEDGER_SOURCES)
# A gRPC client of the nodes.
CLI_NET := $(NODE_PROTO) $(NET_GRPC_SOURCES) $(CLIENT_SOURCES)
CLI_COMMANDS := $(wildcard tools/voltgate/*.c)
# Charging: how readings and sessions are named, the audit of a state, and the way to a charger.
CLI_CHARGING := $(CONTRACT_SOURCES) $(CABLE_SOURCES)
CLI_LIBS := -ljansson -lnl-genl-3 -lnl-3 -lsodium -lbpf -lpcap

# What the program is made of, for the tests' sanitized one too.
CLI_SOURCES := $(sort $(CLI_RECORD) $(CLI_CHARGING) $(CLI_COMMANDS) $(CLI_GATE) $(CLI_LOG) $(CLI_LEDGER) $(CLI_NET) $(ITS_SOURCES) $(SCHED_SOURCES))
CLI_LIBS += $(ITS_LIBS) $(SCHED_LIBS) -lprotobuf-c $(NET_LIBS) $(LEDGER_LIBS)

$(eval $(call vg_program,voltgate,$(CLI_SOURCES),$(CLI_LIBS)))

.PHONY: install-cli uninstall-cli
install: install-cli
install-cli: $(B)/voltgate
	install -Dm755 $(B)/voltgate $(DESTDIR)$(PREFIX)/bin/voltgate
	install -Dm644 tools/voltgate.8 $(DESTDIR)$(PREFIX)/share/man/man8/voltgate.8
	install -Dm644 tools/voltgate.bash-completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/voltgate

uninstall: uninstall-cli
uninstall-cli:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/voltgate share/man/man8/voltgate.8 \
		share/bash-completion/completions/voltgate)
