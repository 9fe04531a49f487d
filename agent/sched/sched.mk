# SPDX-License-Identifier: GPL-2.0
# The scheduler's pure library, so far vehicle routes.
SCHED_SOURCES := agent/sched/evrptw.c agent/sched/routing_check.c agent/sched/hop.c agent/sched/tour.c agent/sched/fleet.c \
	agent/sched/router.c
SCHED_LIBS := -lm
