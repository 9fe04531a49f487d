# SPDX-License-Identifier: GPL-2.0
# The paper's experiments. Exit 4 of run.py: one of them cannot be run on this machine, as it said; the others are there.
EXPERIMENT_PROGRAMS := $(addprefix $(B)/,voltgate voltgated voltgate-sim voltgate-play voltgate-vehicle voltgate-station voltgate.bpf.o)

#: make experiments        install what is missing, build, run every experiment of the paper (hours; goes on where it was); leaves a page
#: make experiments-quick  the same in their quick form, in minutes
.PHONY: experiments experiments-quick
experiments experiments-quick: depends
	$(MAKE) -j$(shell nproc) $(EXPERIMENT_PROGRAMS)
	@B=$(B) tools/experiments/run.py $(if $(filter %-quick,$@),--quick) || [ $$? -eq 4 ]
