# SPDX-License-Identifier: GPL-2.0
# Gate and ledger in one daemon: from a vehicle's packet to its bill, on four daemons in network namespaces.
TESTS += tests/charge/story.py
