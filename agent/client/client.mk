# SPDX-License-Identifier: GPL-2.0
# A client of the ledger's nodes: what the command line and a gateway's agent share.
CLIENT_SOURCES := $(wildcard agent/client/*.c)
