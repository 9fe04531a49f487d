/* SPDX-License-Identifier: GPL-2.0 */
/*
 * doctor.h - inside of voltgate doctor: checks say what they found, one line
 * each, and leave what the verdict on the grade needs.
 */
#ifndef VOLTGATE_TOOLS_DOCTOR_H
#define VOLTGATE_TOOLS_DOCTOR_H

#include "tools/voltgate/cli.h"

enum doctor_state { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor {
	const struct cli *cli;
	unsigned int found[3]; /* by enum doctor_state */
	/* What the grade depends on. */
	bool can_load;	   /* BPF programs, as far as we could see */
	bool has_btf;	   /* the kernel's types */
	bool has_modules;  /* the kernel can load modules */
	bool module_ready; /* voltgate.ko is loaded and its kfuncs are in its BTF */
	bool module_installed;
};

/* One line (or object). @remedy: what to do, NULL where nothing is to be done. */
void doctor_say(struct doctor *doctor, const char *check, enum doctor_state state, const char *remedy,
		const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The first line of a small file without its end of line. False: it cannot be read. */
bool doctor_read(const char *path, char *ret_text, unsigned int size);

/* doctor_kernel.c: privileges, BPF, BTF, bpffs, memlock */
void doctor_kernel(struct doctor *doctor);
/* doctor_module.c: module support, voltgate.ko, Secure Boot, kfuncs, what a build needs */
void doctor_module(struct doctor *doctor);
/* doctor_interface.c: presence, native XDP, MTU of one interface */
void doctor_interface(struct doctor *doctor, const char *name);
/* doctor_system.c: clock, disk space, the agent */
void doctor_system(struct doctor *doctor);

#endif
