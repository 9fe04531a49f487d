# SPDX-License-Identifier: GPL-2.0
# The ledger library: linked into the agent, the command line and tests as its sources.
LEDGER_SOURCES := $(wildcard ledger/*.c)
LEDGER_LIBS := -lleveldb -lsodium -lcrypto
