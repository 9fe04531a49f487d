# SPDX-License-Identifier: GPL-2.0
# The handshake: its cryptography, the codecs of both ends (which use a little of the ledger's), the gateway's side.
NOISE_SOURCES := agent/handshake/noise.c
HANDSHAKE_CODECS := $(addprefix agent/handshake/,noise.c session_keys.c hello.c welcome.c cookie.c payload.c)
HANDSHAKE_LEDGER := ledger/cursor.c ledger/hash.c ledger/mandate.c ledger/evidence_commitment.c
HANDSHAKE_SOURCES := $(HANDSHAKE_CODECS) $(HANDSHAKE_LEDGER)
HANDSHAKE_GATEWAY := $(addprefix agent/handshake/,limiter.c greeted.c responder.c)
