# SPDX-License-Identifier: GPL-2.0
# Maker of ITS certificates and frames; the simulator, tests and fuzzers link it.
ITS_MAKER_SOURCES := $(addprefix tools/sim/,its_maker.c its_identity.c its_sign.c its_write.c)
ITS_MAKER_LIBS := -lcrypto
