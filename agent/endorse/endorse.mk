# SPDX-License-Identifier: GPL-2.0
# Endorsements: judged, simulated, signed.
ENDORSE_SOURCES := $(wildcard agent/endorse/*.c)
