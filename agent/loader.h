/* SPDX-License-Identifier: GPL-2.0 */
/*
 * loader.h - the XDP program: which grade this machine can run, loading it,
 * attaching it to interfaces and taking it off again.
 *
 * States of a loader, and who moves it:
 *   (nothing) --loader_open()--> loaded --loader_attach()--> attached to 1..n interfaces
 *   attached --loader_detach()--> loaded --loader_close()--> (nothing)
 * loader_close() leaves attachments as they are (the program lives on in the
 * kernel, its maps with it) unless they were detached before.
 *
 * Privileges: loader_open() needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (or
 * root). After it, attaching and detaching need CAP_NET_ADMIN only, except
 * with coexist, whose dispatcher has to be loaded anew: attach those before
 * privileges are dropped.
 *
 * Every function returns 0 or -errno and leaves one sentence (what, where,
 * remedy) in its struct loader_error. Not thread-safe. May block.
 */
#ifndef VOLTGATE_AGENT_LOADER_H
#define VOLTGATE_AGENT_LOADER_H

#include <linux/bpf.h>
#include "voltgate/maps.h"
#include "voltgate/record.h"

#define LOADER_OBJECT_PATH "/usr/local/lib/voltgate/voltgate.bpf.o"
#define LOADER_INTERFACES_MAX 64

struct loader_error {
	char text[1024]; /* a verifier's refusal carries its last lines */
};

/* Why the grade is what it is; for doctor and for the agent's first line of log. */
struct loader_diagnosis {
	enum vg_grade grade; /* the best that this machine can do now */
	bool module_loaded;  /* voltgate.ko */
	bool module_btf;     /* /sys/kernel/btf/voltgate can be read */
	bool kernel_btf;     /* /sys/kernel/btf/vmlinux can be read: without it nothing loads */
	u32 kfuncs;	     /* of the three that the module's BTF has */
	char sentence[256];
};

/* Looks, changes nothing, needs no privilege but for the module's BTF (root-readable). Always fills @ret_diagnosis. */
void loader_diagnose(struct loader_diagnosis *ret_diagnosis);

enum loader_map {
	LOADER_MAP_INGRESS,
	LOADER_MAP_COUNTERS,
	LOADER_MAP_HELLOS,
	LOADER_MAP_ITS_SEEN,
	LOADER_MAP_ITS_BUDGET,
	LOADER_MAP_RING,
	LOADER_MAP_SESSIONS, /* from here on: plain only, no fd (-1) in the attested grade */
	LOADER_MAP_REVOKED,
	LOADER_MAP_ACTIONS,
	LOADER_MAP_DENY,
	LOADER_MAP_ALARMS,
	LOADER_MAP_ALARM_LIMIT,
	LOADER_MAP_COUNT,
};

/* 0 in any number: the default in parentheses. */
struct loader_options {
	const char *object;	   /* path of voltgate.bpf.o (LOADER_OBJECT_PATH) */
	enum vg_grade grade;	   /* 0: the best possible; VG_GRADE_*: this one or fail */
	u32 max_sessions;	   /* (1048576) */
	u32 revoked_entries;	   /* (65536) revocations remembered */
	u32 alarm_entries;	   /* (4096) */
	u32 deny_entries;	   /* (65536) */
	u32 ring_bytes;		   /* (4 MiB) ITS frames and notices; a power of two, at least a page */
	u32 actions_bytes;	   /* (4 MiB) */
	u32 its_seen_entries;	   /* (65536) ITS frames remembered */
	bool preallocate_sessions; /* pay for max_sessions at once; else per session, see loader.c */
};

struct loader;

int loader_open(const struct loader_options *options, struct loader **ret_loader, struct loader_error *ret_error);
void loader_close(struct loader *loader); /* NULL is fine */

enum vg_grade loader_grade(const struct loader *loader);
/* Why this grade: one sentence, valid as long as the loader. */
const char *loader_grade_sentence(const struct loader *loader);
int loader_map_fd(const struct loader *loader, enum loader_map map); /* -1: not in this grade */
u32 loader_map_entries(const struct loader *loader, enum loader_map map);
int loader_program_fd(const struct loader *loader); /* the loader's own; for test-run */
u32 loader_program_id(const struct loader *loader);
int loader_session_end_fd(const struct loader *loader); /* the program that ends a session (maps.h); -1: not plain */
/* Bytes of kernel memory that one session takes in the plain grade (see loader.c for how it was measured). */
u32 loader_session_bytes(void);

enum loader_mode {
	LOADER_MODE_AUTO, /* native, and generic where the driver cannot */
	LOADER_MODE_NATIVE,
	LOADER_MODE_GENERIC,
};

struct loader_attachment {
	u32 ifindex;
	char name[16];
	enum loader_mode mode; /* as it was attached: native or generic */
	bool coexist;	       /* through libxdp's dispatcher */
	u32 program_id;	       /* as the kernel shows it on the interface */
	char sentence[256];    /* which mode and why */
};

/*
 * Puts the program on interface @name.
 *   -ENODEV      no such interface
 *   -EALREADY    we are on it
 *   -EBUSY       another XDP program is: the sentence has its id and name
 *   -EOPNOTSUPP  the driver has no native XDP and @mode is native
 *   -EPERM       no CAP_NET_ADMIN
 *   -EUSERS      LOADER_INTERFACES_MAX interfaces are attached
 */
int loader_attach(struct loader *loader, const char *name, enum loader_mode mode, bool coexist,
		  struct loader_attachment *ret_attachment, struct loader_error *ret_error);
/*
 * Takes it off again, only if what is there is ours (-ENOENT: not attached by
 * this loader; -ESTALE: something else has replaced it, nothing was touched).
 */
int loader_detach(struct loader *loader, const char *name, struct loader_error *ret_error);
/* All that can be detached; the first error is returned, the rest goes on. */
int loader_detach_all(struct loader *loader, struct loader_error *ret_error);
/* The @index-th attachment, NULL after the last. */
const struct loader_attachment *loader_attachment(const struct loader *loader, u32 index);

#endif
