# SPDX-License-Identifier: GPL-2.0
# Fig. 7: its train of packets, the list check it is held against, what both are judged by; Fig. 4: its two arms. About 35 seconds, as root.
$(eval $(call vg_fuzzer,list_frame_fuzz,tests/experiments/list_frame_fuzz.c $(addprefix tools/experiments/,list_frame.c id_list.c),))
TESTS += tests/experiments/forgeries.py tests/experiments/listcheck.py tests/experiments/rounds.py
