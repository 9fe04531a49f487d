# SPDX-License-Identifier: GPL-2.0
# Fig. 7's train of packets, the list check it is held against, and what both are judged by. About 15 seconds, as root.
$(eval $(call vg_fuzzer,list_frame_fuzz,tests/experiments/list_frame_fuzz.c $(addprefix tools/experiments/,list_frame.c id_list.c),))
TESTS += tests/experiments/forgeries.py tests/experiments/listcheck.py
