# SPDX-License-Identifier: GPL-2.0
# What readers are told to type, typed.
TESTS += tests/docs/readme_test.sh tests/docs/pages.py
