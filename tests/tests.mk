# SPDX-License-Identifier: GPL-2.0
# Each suite has a fragment of its own.
include $(wildcard tests/*/*.mk)
