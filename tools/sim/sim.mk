# SPDX-License-Identifier: GPL-2.0
# voltgate-sim (vehicles and attackers) and voltgate-play (captures).
SIM_CORE := $(addprefix tools/sim/,mode.c fleet.c oracle.c route.c hello.c craft.c its_shots.c tally.c) \
	tools/libvehicle/voltgate-vehicle.c
SIM_GATE := $(addprefix agent/,gate_control.c control_client.c gate_json.c gate_json_event.c gate_json_piece.c \
	policy_word.c source_text.c time_text.c)
SIM_SOURCES := $(addprefix tools/sim/,main.c options.c options_text.c option_word.c admit.c run.c sender.c) \
	$(SIM_CORE) $(SIM_GATE)
SIM_LIBS := -lsodium -lcrypto -ljansson -lpthread

$(eval $(call vg_program,voltgate-sim,$(SIM_SOURCES),$(SIM_LIBS)))
