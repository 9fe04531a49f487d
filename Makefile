# SPDX-License-Identifier: GPL-2.0
# Voltgate. README.md is the tour; `make help` lists the targets.
#
# One make for the whole tree: every folder has a fragment (*.mk) that says
# what is built there with the three functions below. Outputs go to $(B).

B ?= build
VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
SHARED ?= ../shared
CC ?= gcc
CLANG ?= clang

CPPFLAGS += -D_GNU_SOURCE -DVOLTGATE_VERSION='"$(VERSION)"' -Iinclude -I. -I$(B)/gen
CFLAGS ?= -O2 -g
WARNINGS := -std=gnu11 -Wall -Wextra -Werror
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

# make V=1 shows the commands.
Q := $(if $(V),,@)
say = @$(if $(V),true,printf '  %-4s %s\n' $(1) $(2))

PROGRAMS :=
TESTS :=
FUZZERS :=
BENCHES :=

.PHONY: all help check tests bench run-bench demo run-demo fuzz clean install uninstall depends
all:

# $(call vg_program,path below $(B),sources,libraries)
define vg_program
PROGRAMS += $(B)/$(1)
$(B)/$(1): $$(patsubst %.c,$(B)/obj/%.o,$(2))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS) -o $$@ $$^ $(3)
-include $$(patsubst %.c,$(B)/obj/%.d,$(2))
endef

# $(call vg_test,name,sources,libraries): built with sanitizers, run by `make check`; KTAP, exit 0/1/4
define vg_test
TESTS += $(B)/tests/$(1)
$(B)/tests/$(1): $$(patsubst %.c,$(B)/san/%.o,$(2))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS) $$(SANITIZE) -o $$@ $$^ $(3)
-include $$(patsubst %.c,$(B)/san/%.d,$(2))
endef

# $(call vg_fuzzer,name,sources,libraries): libFuzzer; its kept corpus is tests/fuzz/corpus/NAME
define vg_fuzzer
FUZZERS += $(B)/fuzz/$(1)
$(B)/fuzz/$(1): $$(patsubst %.c,$(B)/fuzzobj/%.o,$(2))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CLANG) $$(CFLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -o $$@ $$^ $(3)
-include $$(patsubst %.c,$(B)/fuzzobj/%.d,$(2))
endef

$(B)/obj/%.o: %.c $(B)/gen/.done
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -MMD -MP -c -o $@ $<
$(B)/san/%.o: %.c $(B)/gen/.done
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(SANITIZE) -MMD -MP -c -o $@ $<
$(B)/fuzzobj/%.o: %.c $(B)/gen/.done
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CLANG) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -MMD -MP -c -o $@ $<

include kmod/kmod.mk bpf/bpf.mk ledger/ledger.mk agent/its/its.mk $(wildcard agent/pbft/*.mk agent/channel/*.mk agent/net/*.mk agent/node/*.mk agent/client/*.mk agent/contract/*.mk agent/endorse/*.mk agent/sched/*.mk agent/handshake/*.mk agent/page/*.mk) agent/agent.mk tools/tools.mk tests/tests.mk

all: $(PROGRAMS)

#: make install   programs, manuals, units and the module's DKMS source below DESTDIR and PREFIX; uninstall takes them away
install: all

export B SHARED

#: make           build everything
#: make check     install what is missing, build, run every test this machine can run
check: depends
	$(MAKE) -j$(shell nproc) all tests
	tests/run --logs $(B)/test-logs $(TESTS) $(B)/tests/fuzz-smoke

#: make tests     build the tests and fuzzers, run none
tests: $(TESTS) $(FUZZERS) $(B)/tests/fuzz-smoke

FUZZ_SECONDS ?= 15
$(B)/tests/fuzz-smoke: $(FUZZERS)
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec tests/fuzz/run --out $(B)/fuzz-work --seconds $(FUZZ_SECONDS) $(FUZZERS)\n' >$@
	@chmod +x $@

#: make fuzz SECONDS=600   every fuzzer that long, keeping what it found
SECONDS ?= 600
fuzz: depends
	$(MAKE) $(FUZZERS)
	tests/fuzz/run --keep --out $(B)/fuzz-work --seconds $(SECONDS) $(FUZZERS)

#: make demo      install what is missing, build, show the whole: the day of demo-day, then one gate close up, attacked
demo: depends
	$(MAKE) -j$(shell nproc) all
	$(MAKE) run-demo

#: make bench     the benchmarks; tables here, raw numbers in $(B)/bench
bench: depends
	$(MAKE) -j$(shell nproc) all
	$(MAKE) run-bench

#: make depends   install Debian's packages that building and testing need (tools/setup/packages.txt)
depends:
	@tools/setup/depends.sh

#: make help      these lines
help:
	@sed -n 's/^#: //p' Makefile kmod/kmod.mk tools/*/*.mk tests/*/*.mk | sort -u

#: make clean     remove $(B)
clean:
	rm -rf $(B)
