# SPDX-License-Identifier: GPL-2.0
# The demo of the whole, smaller, so that it does not rot; and a gateway in a virtual machine, as the whole has two.
tests: $(DAY_PROGRAMS)
TESTS += tests/demo/day.py tests/demo/guest.py tests/demo/relay.py
