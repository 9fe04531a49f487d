# SPDX-License-Identifier: GPL-2.0
# One channel on one node: linked into the agent, the simulator and tests as its sources.
CHANNEL_SOURCES := $(wildcard agent/channel/*.c)
