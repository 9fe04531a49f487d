/* SPDX-License-Identifier: GPL-2.0 */
/*
 * loader_state.h - what loader.c, loader_attach.c and loader_coexist.c share:
 * a loader's inside. For nobody else.
 */
#ifndef VOLTGATE_AGENT_LOADER_STATE_H
#define VOLTGATE_AGENT_LOADER_STATE_H

#include <stdarg.h>
#include "agent/loader.h"

struct bpf_object;
struct xdp_program;

struct loader_place {
	struct loader_attachment attachment;
	struct bpf_object *copy;    /* coexist: the object loaded once more, for the dispatcher */
	struct xdp_program *shared; /* our entry in it */
};

struct loader {
	struct bpf_object *object;
	struct loader_options options;
	char *path; /* of the object; options.object points here */
	struct loader_diagnosis diagnosis;
	enum vg_grade grade;
	int program_fd;
	int session_end_fd;
	u32 program_id;
	int map_fds[LOADER_MAP_COUNT];
	struct loader_place places[LOADER_INTERFACES_MAX];
	u32 place_count;
};

/* Sets @error to a sentence and returns @err. */
__attribute__((format(printf, 3, 4))) int loader_fail(struct loader_error *error, int err, const char *format, ...);
/* The last warning that libbpf or libxdp gave in this thread, "" for none; loader_note_reset() forgets it. */
const char *loader_note(void);
void loader_note_reset(void);
void loader_note_keep(const char *format, va_list args);
/* Opens the object and makes it load only what @grade needs, with sizes from @options. */
int loader_object_open(const struct loader_options *options, enum vg_grade grade, struct bpf_object **ret_object,
		       struct loader_error *ret_error);
const char *loader_map_name(enum loader_map map);
const char *loader_program_name(enum vg_grade grade);

/* loader_coexist.c */
int loader_coexist_attach(struct loader *loader, struct loader_place *place, struct loader_error *ret_error);
int loader_coexist_detach(struct loader_place *place, struct loader_error *ret_error);
void loader_coexist_close(struct loader_place *place);

#endif
