# SPDX-License-Identifier: GPL-2.0
TESTS += tests/genl/genl_test.py
