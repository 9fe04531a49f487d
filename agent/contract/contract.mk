# SPDX-License-Identifier: GPL-2.0
# Contracts and what runs them: a library of objects that agent, tests and fuzzers link.
CONTRACT_SOURCES := $(wildcard agent/contract/*.c)
