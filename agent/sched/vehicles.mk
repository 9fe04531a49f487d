# SPDX-License-Identifier: GPL-2.0
# Vehicles at stations: assignment, charging, re-planning. Read after sched.mk.
ROUTE_SOURCES += agent/sched/recharge.c
VEHICLES_SOURCES := agent/sched/casefile.c agent/sched/csv.c agent/sched/flow.c \
	$(wildcard agent/sched/qp*.c agent/sched/fleet*.c agent/sched/assign*.c agent/sched/charging*.c agent/sched/baseline*.c agent/sched/rolling*.c)
VEHICLES_LIBS := -lCbcSolver -lCbc -lClp -lCoinUtils -lm
SCHED_SOURCES := $(sort $(SCHED_SOURCES) $(ROUTE_SOURCES) $(VEHICLES_SOURCES))
SCHED_LIBS := -lCbcSolver -lCbc $(SCHED_LIBS)
