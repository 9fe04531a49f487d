# SPDX-License-Identifier: GPL-2.0
# The verifier of ITS frames: a library of objects that agent, command line,
# tests and fuzzers link.
ITS_SOURCES := $(addprefix agent/its/,coer.c point.c certificate.c permission.c signeddata.c canonical.c geonet.c region.c \
	curve.c kept.c trust.c trustdir.c certcache.c waiting.c verifier.c report.c) agent/time_text.c
ITS_LIBS := -lcrypto -lm

ITS_ROOM_SOURCES := agent/its_room.c agent/its_room_alarm.c agent/its_room_tap.c
ITS_ROOM_LIBS := -ljansson $(ITS_LIBS)
