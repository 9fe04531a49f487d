# SPDX-License-Identifier: GPL-2.0
# libvoltgate-vehicle: static and shared library, pkg-config file.
LIBVEHICLE := $(B)/libvoltgate-vehicle.a
LIBVEHICLE_SO := $(B)/libvoltgate-vehicle.so.0
PROGRAMS += $(LIBVEHICLE) $(LIBVEHICLE_SO) $(B)/voltgate-vehicle.pc

$(B)/pic/%.o: %.c $(B)/gen/.done
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -fPIC -fvisibility=hidden -MMD -MP -c -o $@ $<
LIBVEHICLE_SOURCES := $(wildcard tools/libvehicle/*.c)
LIBVEHICLE_SOURCES := $(filter-out %/example.c,$(LIBVEHICLE_SOURCES)) $(HANDSHAKE_SOURCES) ledger/credential.c ledger/transaction_proposal.c
LIBVEHICLE_OBJECTS := $(patsubst %.c,$(B)/pic/%.o,$(LIBVEHICLE_SOURCES))
-include $(LIBVEHICLE_OBJECTS:.o=.d)

# One object that shows only the library's own names, so that it can be linked beside the ledger that it has parts of.
$(LIBVEHICLE): $(LIBVEHICLE_OBJECTS)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(LD) -r -o $(B)/pic/libvoltgate-vehicle.o $^
	$(Q)objcopy --localize-hidden $(B)/pic/libvoltgate-vehicle.o
	$(Q)$(AR) rcs $@ $(B)/pic/libvoltgate-vehicle.o

$(LIBVEHICLE_SO): $(LIBVEHICLE_OBJECTS)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,$(@F) -Wl,-z,defs -o $@ $^ -lsodium
	@ln -sf $(@F) $(B)/libvoltgate-vehicle.so

$(B)/voltgate-vehicle.pc: tools/libvehicle/voltgate-vehicle.pc.in Makefile
	@mkdir -p $(@D)
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' $< >$@

.PHONY: install-libvehicle uninstall-libvehicle
install: install-libvehicle
install-libvehicle: $(LIBVEHICLE) $(LIBVEHICLE_SO) $(B)/voltgate-vehicle.pc
	install -Dm644 tools/libvehicle/voltgate-vehicle.h $(DESTDIR)$(PREFIX)/include/voltgate-vehicle.h
	install -Dm644 $(LIBVEHICLE) $(DESTDIR)$(PREFIX)/lib/libvoltgate-vehicle.a
	install -Dm755 $(LIBVEHICLE_SO) $(DESTDIR)$(PREFIX)/lib/libvoltgate-vehicle.so.0
	ln -sf libvoltgate-vehicle.so.0 $(DESTDIR)$(PREFIX)/lib/libvoltgate-vehicle.so
	install -Dm644 $(B)/voltgate-vehicle.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/voltgate-vehicle.pc
	install -Dm644 tools/libvehicle/voltgate-vehicle.3 $(DESTDIR)$(PREFIX)/share/man/man3/voltgate-vehicle.3
	install -Dm644 tools/libvehicle/example.c $(DESTDIR)$(PREFIX)/share/doc/voltgate/vehicle-example.c

uninstall: uninstall-libvehicle
uninstall-libvehicle:
	rm -f $(DESTDIR)$(PREFIX)/include/voltgate-vehicle.h $(DESTDIR)$(PREFIX)/lib/libvoltgate-vehicle.a \
		$(DESTDIR)$(PREFIX)/lib/libvoltgate-vehicle.so $(DESTDIR)$(PREFIX)/lib/libvoltgate-vehicle.so.0 \
		$(DESTDIR)$(PREFIX)/lib/pkgconfig/voltgate-vehicle.pc $(DESTDIR)$(PREFIX)/share/man/man3/voltgate-vehicle.3 \
		$(DESTDIR)$(PREFIX)/share/doc/voltgate/vehicle-example.c
