# SPDX-License-Identifier: GPL-2.0
# What throughput.py and alarms.py run beside the product's own programs.
LISTCHECK_SOURCES := $(addprefix tools/experiments/,listcheck.c id_list.c list_frame.c)
$(eval $(call vg_program,experiments/listcheck,$(LISTCHECK_SOURCES),))
EXPERIMENT_PROGRAMS += $(B)/experiments/listcheck $(B)/tests/bench-ledger/load $(LIBVEHICLE_SO)
