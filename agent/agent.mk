# SPDX-License-Identifier: GPL-2.0
# The agent. What other programs link of it is listed where they are.
CPPFLAGS += -I/usr/include/libnl3

AGENT_JSON := agent/gate_json.c agent/gate_json_event.c agent/gate_json_piece.c agent/source_text.c agent/time_text.c \
	agent/policy_word.c
AGENT_VERDICTS := agent/chain.c ledger/crc32c.c agent/verdictframe.c agent/verdictlog.c agent/verdictlog_reader.c
AGENT_GATES := agent/gate_kernel.c agent/gate_kernel_chain.c agent/gate_kernel_wire.c
AGENT_LOADER := agent/loader.c agent/loader_attach.c agent/loader_coexist.c agent/loader_diagnose.c agent/ingress.c \
	agent/handshake/hello.c agent/handshake/noise.c ledger/cursor.c
AGENT_PLAIN := agent/gate_plain.c agent/gate_plain_alarm.c agent/gate_plain_session.c agent/plain_sessions.c
AGENT_ITS := $(wildcard agent/its_room*.c)
AGENT_CONSORT := agent/consort.c agent/node_verbs.c agent/node_request.c agent/ledger_verbs.c agent/block_json.c $(NODE_PROTO) $(NODE_SOURCES) $(NET_SOURCES) \
	$(CHANNEL_SOURCES) $(PBFT_SOURCES) $(ENDORSE_SOURCES) $(CONTRACT_SOURCES) $(LEDGER_SOURCES)
AGENT_GREET := agent/greet.c agent/greet_hello.c agent/figures.c agent/datagram.c agent/secret_file.c $(HANDSHAKE_SOURCES) $(HANDSHAKE_GATEWAY)
# Admission, and from actions to the ledger.
AGENT_CHARGE := agent/admission.c agent/revocation.c $(wildcard agent/charge/*.c) $(CLIENT_SOURCES)
AGENT_LIBS := -levent -lbpf -lxdp -lelf -lz -lnl-genl-3 -lnl-3 -lsodium -lcrypto -ljansson -linih -lcap-ng -lm

AGENT_SOURCES := agent/main.c agent/config.c agent/enforce.c agent/enforce_watch.c agent/takeover.c agent/privileges.c agent/notify.c \
	agent/say.c agent/wipe.c agent/record.c agent/verdicts.c agent/attest.c agent/plain.c agent/batchlink.c \
	agent/notice.c agent/alarms.c agent/alarmlog.c agent/act.c agent/action.c agent/control.c agent/verbs.c \
	agent/status.c agent/rhythm.c agent/live.c agent/live_stations.c agent/charging_ask.c $(PAGE_SOURCES) $(AGENT_GREET) $(AGENT_CHARGE) $(AGENT_CONSORT) $(AGENT_VERDICTS) $(AGENT_GATES) $(AGENT_LOADER) $(AGENT_PLAIN) $(AGENT_ITS)

ifneq ($(AGENT_ITS),)
$(eval $(call vg_program,voltgated,$(sort $(AGENT_SOURCES) $(AGENT_JSON) $(ITS_SOURCES)),$(AGENT_LIBS) $(NODE_LIBS)))
endif

.PHONY: install-agent uninstall-agent
install: install-agent
install-agent: $(B)/voltgated $(BPF_OBJECT)
	install -Dm755 $(B)/voltgated $(DESTDIR)$(PREFIX)/sbin/voltgated
	install -Dm644 $(BPF_OBJECT) $(DESTDIR)$(PREFIX)/lib/voltgate/voltgate.bpf.o
	install -Dm644 agent/alarm.schema.json $(DESTDIR)$(PREFIX)/share/voltgate/alarm.schema.json
	install -Dm644 agent/voltgated.8 $(DESTDIR)$(PREFIX)/share/man/man8/voltgated.8
	install -Dm644 agent/voltgated.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/voltgated.conf.5
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)/etc/voltgate/trust
	sed 's|@PREFIX@|$(PREFIX)|' agent/voltgated.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/voltgated.service
	install -Dm644 agent/voltgate.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/voltgate.conf
	install -Dm644 agent/voltgate.modules-load $(DESTDIR)$(PREFIX)/lib/modules-load.d/voltgate.conf
	@test -e $(DESTDIR)/etc/voltgate/voltgated.conf && echo "kept: $(DESTDIR)/etc/voltgate/voltgated.conf" || \
		sed 's|/usr/local/lib|$(PREFIX)/lib|' agent/voltgated.conf | install -Dm644 /dev/stdin $(DESTDIR)/etc/voltgate/voltgated.conf

uninstall: uninstall-agent
uninstall-agent:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,sbin/voltgated lib/voltgate/voltgate.bpf.o share/voltgate/alarm.schema.json \
		share/man/man8/voltgated.8 share/man/man5/voltgated.conf.5 lib/systemd/system/voltgated.service \
		lib/sysusers.d/voltgate.conf lib/modules-load.d/voltgate.conf)
	@echo "kept: /etc/voltgate, /var/lib/voltgate, /var/log/voltgate"
