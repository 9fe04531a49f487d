# SPDX-License-Identifier: GPL-2.0
# The agent. What other programs link of it is listed where they are.
CPPFLAGS += -I/usr/include/libnl3

AGENT_JSON := agent/gate_json.c agent/gate_json_event.c agent/gate_json_piece.c agent/source_text.c agent/time_text.c \
	agent/policy_word.c
AGENT_VERDICTS := agent/chain.c agent/crc32c.c agent/verdictframe.c agent/verdictlog.c agent/verdictlog_reader.c
AGENT_GATES := agent/gate_kernel.c agent/gate_kernel_chain.c agent/gate_kernel_wire.c
AGENT_LOADER := agent/loader.c agent/loader_attach.c agent/loader_coexist.c agent/loader_diagnose.c agent/ingress.c
AGENT_PLAIN := agent/gate_plain.c agent/gate_plain_alarm.c agent/gate_plain_session.c agent/plain_sessions.c
AGENT_ITS := $(wildcard agent/its_room*.c)
AGENT_LIBS := -levent -lbpf -lxdp -lelf -lz -lnl-genl-3 -lnl-3 -lsodium -lcrypto -ljansson -linih -lcap-ng -lm

AGENT_SOURCES := agent/main.c agent/config.c agent/enforce.c agent/enforce_watch.c agent/takeover.c agent/privileges.c agent/notify.c \
	agent/say.c agent/wipe.c agent/record.c agent/verdicts.c agent/attest.c agent/plain.c agent/batchlink.c \
	agent/notice.c agent/alarms.c agent/alarmlog.c agent/act.c agent/action.c agent/control.c agent/verbs.c \
	agent/status.c agent/rhythm.c $(AGENT_VERDICTS) $(AGENT_GATES) $(AGENT_LOADER) $(AGENT_PLAIN) $(AGENT_ITS)

ifneq ($(AGENT_ITS),)
$(eval $(call vg_program,voltgated,$(sort $(AGENT_SOURCES) $(AGENT_JSON) $(ITS_SOURCES)),$(AGENT_LIBS)))
endif
