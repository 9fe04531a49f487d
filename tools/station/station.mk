# SPDX-License-Identifier: GPL-2.0
# voltgate-station: a charger with its meter, simulated.
STATION_SOURCES := tools/station/main.c tools/station/meter.c tools/station/cable.c tools/voltgate/key_file.c \
	agent/contract/reading.c agent/time_text.c ledger/hash.c ledger/cursor.c
# What is plugged into one.
CABLE_SOURCES := tools/station/cable_ask.c
STATION_LIBS := -lsodium -ljansson -levent

$(eval $(call vg_program,voltgate-station,$(STATION_SOURCES),$(STATION_LIBS)))

.PHONY: install-station uninstall-station
install: install-station
install-station: $(B)/voltgate-station
	install -Dm755 $(B)/voltgate-station $(DESTDIR)$(PREFIX)/bin/voltgate-station
	install -Dm644 tools/station/voltgate-station.1 $(DESTDIR)$(PREFIX)/share/man/man1/voltgate-station.1

uninstall: uninstall-station
uninstall-station:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/voltgate-station share/man/man1/voltgate-station.1)
