# SPDX-License-Identifier: GPL-2.0
# `make bench-route`: routes on the published large instances against the tabulated bests. Raw numbers: $(B)/bench/route.json
.PHONY: bench-route run-bench-route
#: make bench-route   routes on published instances (2 minutes); FULL=1: 29 instances x 10 seeds x 60 s (5 to 10 hours on one core; goes on where it was stopped)
bench-route: depends
	$(MAKE) $(B)/voltgate
	$(MAKE) run-bench-route
run-bench-route: $(B)/voltgate
	tests/bench-route/bench.py $(if $(FULL),--full) $(if $(JOBS),--jobs $(JOBS))
