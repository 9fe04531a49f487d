# SPDX-License-Identifier: GPL-2.0
# The scheduler's pure library: vehicle routes, and dispatch of a grid.
ROUTE_SOURCES := agent/sched/casefile.c agent/sched/evrptw.c agent/sched/routing_check.c agent/sched/hop.c agent/sched/tour.c agent/sched/roster.c \
	agent/sched/router.c
CASE_SOURCES := agent/sched/casefile.c agent/sched/grid.c agent/sched/matpower.c agent/sched/csv.c agent/sched/gridfiles.c \
	agent/sched/gridfiles_station.c agent/sched/gridfiles_assume.c agent/sched/crowd.c
DISPATCH_SOURCES := $(CASE_SOURCES) agent/sched/qp.c agent/sched/qp_blocks.c agent/sched/qp_blocks_sort.c agent/sched/qp_blocks_factor.c agent/sched/ptdf.c agent/sched/dispatch.c agent/sched/dispatch_plan.c \
	agent/sched/dispatch_lazy.c agent/sched/dispatch_full.c agent/sched/dispatch_station.c \
	agent/sched/dispatch_reserve.c agent/sched/dispatch_outage.c agent/sched/contingency.c \
	agent/sched/certificate.c agent/sched/certificate_outage.c agent/sched/conflict.c agent/sched/conflict_secure.c agent/sched/nodal.c \
	agent/sched/congestion.c agent/sched/pricelist.c agent/sched/response.c agent/sched/guidance.c agent/sched/area.c agent/sched/area_partition.c \
	agent/sched/consensus.c agent/sched/consensus_talk.c agent/sched/consensus_message.c \
	agent/sched/plot.c agent/sched/plot_fleet.c agent/sched/report.c
SCHED_SOURCES := $(sort $(ROUTE_SOURCES) $(DISPATCH_SOURCES))
SCHED_LIBS := -lClp -lCoinUtils -lm
