# SPDX-License-Identifier: GPL-2.0
# The consensus core: pure; needs ledger's hash, cursor and block functions and libsodium's generichash.
PBFT_SOURCES := $(wildcard agent/pbft/*.c)
PBFT_LEDGER := ledger/block.c ledger/cursor.c ledger/hash.c ledger/merkle.c
