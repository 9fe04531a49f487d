# SPDX-License-Identifier: GPL-2.0
# The demo of the whole, smaller, so that it does not rot.
tests: $(DAY_PROGRAMS)
TESTS += tests/demo/day.py
