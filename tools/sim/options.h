/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.h - the command line of voltgate-sim.
 */
#ifndef VOLTGATE_SIM_OPTIONS_H
#define VOLTGATE_SIM_OPTIONS_H

#include "tools/sim/craft.h"

#define OPTIONS_THREADS_MAX 64

struct options {
	struct craft_plan plan;
	const char *interface;
	const char *sessions; /* file to read */
	const char *save;     /* file to write */
	const char *gate;     /* the agent's control socket */
	const char *its_trust;
	u64 count;	    /* frames at most; 0: no bound */
	u64 duration_us;    /* 0: no bound */
	u64 rate;	    /* frames per second; 0: as fast as they go */
	u64 seed;	    /* 0: drawn */
	u64 first_sequence; /* 0: from the clock */
	u64 lifetime_us;    /* of the sessions that are added */
	s64 clock_offset_us;
	u32 leap_seconds;
	u32 vehicles;	  /* to make; 0: read them */
	u32 session_rate; /* of the gate's policy */
	u32 threads;
	u32 its_stations;
	bool has_mac1_key;
	bool has_cookie_secret;
	bool udp;
	bool json;
	bool dry_run;
	bool add_only; /* add and save sessions, send nothing */
};

/* Reads and checks the whole line. 0; 1: help or version was shown; -EINVAL: one sentence went to stderr. */
int options_read(struct options *ret_options, int argc, char **argv);
/* The command's summary. */
void options_help(void);
/* One sentence on stderr about what will be sent. */
void options_announce(const struct options *options, u32 vehicles);

#endif
