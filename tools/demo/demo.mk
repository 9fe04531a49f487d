# SPDX-License-Identifier: GPL-2.0
# `make demo` builds everything and comes here.
run-demo: $(B)/voltgate $(B)/voltgated $(B)/voltgate-sim $(B)/voltgate-play $(B)/voltgate.bpf.o $(B)/btfids $(B)/gen/.done
	@B=$(B) SHARED=$(SHARED) tools/demo/run.sh
