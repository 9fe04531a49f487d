# SPDX-License-Identifier: GPL-2.0
TESTS += tests/dkms/dkms.sh
tests/dkms/dkms.sh: dkms-package
