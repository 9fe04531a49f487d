# SPDX-License-Identifier: GPL-2.0
include tools/areas/areas.mk
include tools/libvehicle/libvehicle.mk
include tools/pages/pages.mk
include tools/sim/its_maker.mk
include tools/sim/sim.mk
include tools/station/station.mk
include tools/vehicle/vehicle.mk
include tools/voltgate/voltgate.mk
include tools/demo/demo.mk tools/demo/ledger.mk
include tools/experiments/experiments.mk tools/experiments/listcheck.mk
