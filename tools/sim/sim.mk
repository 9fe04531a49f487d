# SPDX-License-Identifier: GPL-2.0
# voltgate-sim (vehicles and attackers) and voltgate-play (captures).
SIM_CORE := $(addprefix tools/sim/,mode.c fleet.c oracle.c route.c knock.c craft.c its_shots.c tally.c) $(ITS_MAKER_SOURCES) \
	$(HANDSHAKE_SOURCES) tools/libvehicle/voltgate-vehicle.c
SIM_GATE := $(addprefix agent/,gate_control.c control_client.c gate_json.c gate_json_event.c gate_json_piece.c \
	policy_word.c source_text.c time_text.c)
SIM_SOURCES := $(addprefix tools/sim/,main.c options.c options_text.c option_word.c admit.c run.c sender.c) \
	$(SIM_CORE) $(SIM_GATE)
SIM_LIBS := -lsodium -lcrypto -ljansson -lpthread -lm

PLAY_ITS := $(addprefix agent/its/,coer.c point.c certificate.c permission.c signeddata.c canonical.c geonet.c region.c curve.c)
PLAY_SOURCES := $(addprefix tools/sim/,play.c capture.c refresh.c sender.c option_word.c mode.c route.c) \
	agent/time_text.c $(PLAY_ITS)
PLAY_LIBS := -lpcap -lsodium -lcrypto -lm

$(eval $(call vg_program,voltgate-sim,$(SIM_SOURCES),$(SIM_LIBS)))
$(eval $(call vg_program,voltgate-play,$(PLAY_SOURCES),$(PLAY_LIBS)))

.PHONY: install-sim uninstall-sim
install: install-sim
install-sim: $(B)/voltgate-sim $(B)/voltgate-play
	install -Dm755 $(B)/voltgate-sim $(DESTDIR)$(PREFIX)/bin/voltgate-sim
	install -Dm755 $(B)/voltgate-play $(DESTDIR)$(PREFIX)/bin/voltgate-play
	install -Dm644 tools/sim/voltgate-sim.1 $(DESTDIR)$(PREFIX)/share/man/man1/voltgate-sim.1
	install -Dm644 tools/sim/voltgate-play.1 $(DESTDIR)$(PREFIX)/share/man/man1/voltgate-play.1

uninstall: uninstall-sim
uninstall-sim:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/voltgate-sim bin/voltgate-play share/man/man1/voltgate-sim.1 \
		share/man/man1/voltgate-play.1)
