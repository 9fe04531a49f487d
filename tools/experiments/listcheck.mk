# SPDX-License-Identifier: GPL-2.0
# What throughput.py and alarms.py run beside the product's own programs.
EXPERIMENT_PROGRAMS += $(B)/tests/bench-ledger/load
