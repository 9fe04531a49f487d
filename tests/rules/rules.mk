# SPDX-License-Identifier: GPL-2.0
TESTS += tests/rules/rules.py
