# SPDX-License-Identifier: GPL-2.0
# voltgate-vehicle: a vehicle at a gateway, simulated; made on the library that vehicle makers get.
VEHICLE_TOOL_SOURCES := $(wildcard tools/vehicle/*.c) $(CABLE_SOURCES) tools/voltgate/org_key.c tools/voltgate/key_file.c \
	agent/contract/reading.c agent/time_text.c ledger/outcome.c ledger/hash.c ledger/cursor.c
VEHICLE_TOOL_LIBS := $(LIBVEHICLE) -lsodium -lcrypto -ljansson

$(eval $(call vg_program,voltgate-vehicle,$(VEHICLE_TOOL_SOURCES),$(VEHICLE_TOOL_LIBS)))
$(B)/voltgate-vehicle: | $(LIBVEHICLE)

.PHONY: install-vehicle uninstall-vehicle
install: install-vehicle
install-vehicle: $(B)/voltgate-vehicle
	install -Dm755 $(B)/voltgate-vehicle $(DESTDIR)$(PREFIX)/bin/voltgate-vehicle
	install -Dm644 tools/vehicle/voltgate-vehicle.1 $(DESTDIR)$(PREFIX)/share/man/man1/voltgate-vehicle.1

uninstall: uninstall-vehicle
uninstall-vehicle:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/voltgate-vehicle share/man/man1/voltgate-vehicle.1)
