# SPDX-License-Identifier: GPL-2.0
# The handshake's cryptography.
NOISE_SOURCES := agent/handshake/noise.c
