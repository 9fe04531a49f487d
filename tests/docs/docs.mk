# SPDX-License-Identifier: GPL-2.0
TESTS += tests/docs/readme_test.sh
