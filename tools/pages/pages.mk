# SPDX-License-Identifier: GPL-2.0
# A page for each kind of user, with the texts that they point at; tests/docs runs every command in them.
USER_DOCS := $(wildcard tools/pages/*.md) PROTOCOL.md agent/contract/CHARGING.md

.PHONY: install-pages uninstall-pages
install: install-pages
install-pages:
	install -d $(DESTDIR)$(PREFIX)/share/doc/voltgate
	install -m644 $(USER_DOCS) $(DESTDIR)$(PREFIX)/share/doc/voltgate/

uninstall: uninstall-pages
uninstall-pages:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/doc/voltgate/,$(notdir $(USER_DOCS)))
