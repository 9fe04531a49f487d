# SPDX-License-Identifier: GPL-2.0
# End to end in network namespaces; root. About 80 seconds.
TESTS += tests/netns/reasons_test.sh tests/netns/failclosed_test.sh tests/netns/car_test.sh
