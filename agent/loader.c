// SPDX-License-Identifier: GPL-2.0
/*
 * loader.c - opens voltgate.bpf.o and loads the program of the grade this
 * machine can run.
 *
 * Sessions are not preallocated unless asked for: a gateway pays for the
 * sessions it has and not for the million it may have, and a namespace's gate
 * starts in milliseconds. Inserting is the agent's doing, not the packet
 * path's, so a failed allocation refuses one session with a sentence. Look-up
 * costs the same either way. loader_session_bytes() says what one takes.
 */
#include "agent/loader_state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define VERIFIER_LOG_BYTES 65536
#define VERIFIER_LOG_WORDS 4 /* BPF_LOG_STATS: what it has to say, but not each instruction it says it of */
#define VERIFIER_LOG_LINES 4
#define NOTE_MAX 400

static _Thread_local char last_note[NOTE_MAX];

static const char *const map_names[LOADER_MAP_COUNT] = {
	[LOADER_MAP_INGRESS] = "vg_ingress",	   [LOADER_MAP_COUNTERS] = "vg_counters",
	[LOADER_MAP_HELLOS] = "vg_hellos",	   [LOADER_MAP_ITS_SEEN] = "vg_its_seen",
	[LOADER_MAP_ITS_BUDGET] = "vg_its_budget", [LOADER_MAP_RING] = "vg_ring",
	[LOADER_MAP_SESSIONS] = "vg_sessions",	   [LOADER_MAP_REVOKED] = "vg_revoked",
	[LOADER_MAP_ACTIONS] = "vg_actions",	   [LOADER_MAP_DENY] = "vg_deny",
	[LOADER_MAP_ALARMS] = "vg_alarms",	   [LOADER_MAP_ALARM_LIMIT] = "vg_alarm_limit",
};

const char *loader_map_name(enum loader_map map)
{
	return map_names[map];
}

const char *loader_program_name(enum vg_grade grade)
{
	return grade == VG_GRADE_ATTESTED ? VG_PROGRAM_ATTESTED : VG_PROGRAM_PLAIN;
}

int loader_fail(struct loader_error *error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

void loader_note_keep(const char *format, va_list args)
{
	static const char *const prefixes[] = { "libbpf: ", "libxdp: " };
	char text[NOTE_MAX];
	size_t len, i;

	/* the kernel's sentence comes first and is worth more than what a library adds to it */
	if (!strncmp(last_note, "Kernel error message", 20))
		return;
	vsnprintf(text, sizeof(text), format, args);
	len = strcspn(text, "\n");
	text[len] = 0;
	for (i = 0; i < 2; i++)
		if (!strncmp(text, prefixes[i], 8))
			memmove(text, text + 8, len - 7);
	memcpy(last_note, text, sizeof(last_note));
}

/* libbpf talks through a callback; its last warning often is the kernel's own sentence (extack). */
static int note_take(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN)
		loader_note_keep(format, args);
	return 0;
}

const char *loader_note(void)
{
	return last_note;
}

void loader_note_reset(void)
{
	last_note[0] = 0;
}

static u32 number_or(u32 number, u32 otherwise)
{
	return number ? number : otherwise;
}

static int object_size(struct bpf_object *object, const struct loader_options *options)
{
	const struct {
		enum loader_map map;
		u32 entries;
	} sizes[] = {
		{ LOADER_MAP_SESSIONS, number_or(options->max_sessions, 1048576) },
		{ LOADER_MAP_REVOKED, number_or(options->revoked_entries, 65536) },
		{ LOADER_MAP_ALARMS, number_or(options->alarm_entries, 4096) },
		{ LOADER_MAP_DENY, number_or(options->deny_entries, 65536) },
		{ LOADER_MAP_RING, number_or(options->ring_bytes, 4 << 20) },
		{ LOADER_MAP_ACTIONS, number_or(options->actions_bytes, 4 << 20) },
		{ LOADER_MAP_ITS_SEEN, number_or(options->its_seen_entries, 65536) },
	};
	struct bpf_map *map;
	int err = 0;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && !err; i++) {
		map = bpf_object__find_map_by_name(object, map_names[sizes[i].map]);
		err = map ? bpf_map__set_max_entries(map, sizes[i].entries) : -ENOENT;
	}
	map = bpf_object__find_map_by_name(object, map_names[LOADER_MAP_SESSIONS]);
	if (!err && map && options->preallocate_sessions)
		err = bpf_map__set_map_flags(map, bpf_map__map_flags(map) & ~BPF_F_NO_PREALLOC);
	return err;
}

/* One program of the two; of the maps those it uses. */
static int object_choose(struct bpf_object *object, enum vg_grade grade)
{
	enum vg_grade other = grade == VG_GRADE_ATTESTED ? VG_GRADE_PLAIN : VG_GRADE_ATTESTED;
	struct bpf_program *program = bpf_object__find_program_by_name(object, loader_program_name(other));
	struct bpf_map *map;
	struct bpf_program *end = bpf_object__find_program_by_name(object, VG_PROGRAM_SESSION_END);
	int err, i;

	if (!program || !end || !bpf_object__find_program_by_name(object, loader_program_name(grade)))
		return -ENOENT;
	err = bpf_program__set_autoload(program, false);
	if (!err)
		err = bpf_program__set_autoload(end, grade == VG_GRADE_PLAIN);
	for (i = 0; i < LOADER_MAP_COUNT && !err; i++) {
		map = bpf_object__find_map_by_name(object, map_names[i]);
		if (!map)
			return -ENOENT;
		if (grade == VG_GRADE_ATTESTED && i >= LOADER_MAP_SESSIONS)
			err = bpf_map__set_autocreate(map, false);
	}
	return err;
}

int loader_object_open(const struct loader_options *options, enum vg_grade grade, struct bpf_object **ret_object,
		       struct loader_error *ret_error)
{
	struct bpf_object *object;
	int err;

	if (access(options->object, R_OK))
		return loader_fail(ret_error, -errno,
				   "cannot read the BPF object %s: %s; install it or name it in the configuration",
				   options->object, strerror(errno));
	libbpf_set_print(note_take);
	loader_note_reset();
	object = bpf_object__open_file(options->object, NULL);
	if (!object)
		return loader_fail(ret_error, -errno, "%s is not a BPF object we can open (%s); install it anew",
				   options->object, loader_note());
	err = object_choose(object, grade);
	if (!err)
		err = object_size(object, options);
	if (err) {
		bpf_object__close(object);
		return loader_fail(
			ret_error, err,
			"%s lacks programs or maps that this agent needs; it is of another version, install both anew",
			options->object);
	}
	*ret_object = object;
	return 0;
}

/* The last lines of a verifier's log, on one line. */
static void verifier_words(const char *log, char *ret_words, size_t size)
{
	size_t len = strlen(log), from;
	u32 lines = 0;

	while (len && log[len - 1] == '\n')
		len--;
	for (from = len; from && len - from < size - 1; from--)
		if (log[from - 1] == '\n' && ++lines == VERIFIER_LOG_LINES)
			break;
	snprintf(ret_words, size, "%.*s", (int)(len - from), log + from);
	for (; *ret_words; ret_words++)
		if (*ret_words == '\n')
			*ret_words = '|';
}

static int load_failed(int err, const struct loader_options *options, const char *log, struct loader_error *ret_error)
{
	char words[640];

	switch (err) {
	case -EPERM:
		return loader_fail(
			ret_error, err,
			"loading BPF programs is not permitted: run as root, or with CAP_BPF, CAP_NET_ADMIN and "
			"CAP_PERFMON (in a container: give it these)");
	case -ENOSYS:
		return loader_fail(ret_error, err,
				   "this kernel has no bpf() system call; boot one built with CONFIG_BPF_SYSCALL");
	case -ENOMEM:
		return loader_fail(ret_error, err,
				   "no memory for the gate's maps (%s); lower max-sessions or ring sizes, or raise the "
				   "memory limit",
				   loader_note());
	}
	if (log[0]) {
		verifier_words(log, words, sizeof(words));
		return loader_fail(ret_error, err, "the kernel's verifier refused %s: %s", options->object, words);
	}
	return loader_fail(ret_error, err, "cannot load %s: %s (%s)", options->object, strerror(-err), loader_note());
}

static int object_load(struct loader *loader, struct loader_error *ret_error)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(loader->object, loader_program_name(loader->grade));
	char *log = calloc(1, VERIFIER_LOG_BYTES);
	int err;

	if (!log)
		return loader_fail(ret_error, -ENOMEM, "no memory to load the BPF object");
	bpf_program__set_log_buf(program, log, VERIFIER_LOG_BYTES);
	bpf_program__set_log_level(program, VERIFIER_LOG_WORDS);
	loader_note_reset();
	err = bpf_object__load(loader->object);
	if (err)
		err = load_failed(err, &loader->options, log, ret_error);
	bpf_program__set_log_buf(program, NULL, 0);
	free(log);
	if (err)
		return err;
	loader->program_fd = bpf_program__fd(program);
	if (loader->grade == VG_GRADE_PLAIN)
		loader->session_end_fd =
			bpf_program__fd(bpf_object__find_program_by_name(loader->object, VG_PROGRAM_SESSION_END));
	return 0;
}

static int grade_choose(struct loader *loader, struct loader_error *ret_error)
{
	loader_diagnose(&loader->diagnosis);
	if (!loader->diagnosis.kernel_btf)
		return loader_fail(ret_error, -EOPNOTSUPP, "%s", loader->diagnosis.sentence);
	if (loader->options.grade == VG_GRADE_ATTESTED && loader->diagnosis.grade != VG_GRADE_ATTESTED)
		return loader_fail(ret_error, -EOPNOTSUPP,
				   "grade attested is asked for, but this machine can do only %s",
				   loader->diagnosis.sentence);
	loader->grade = loader->options.grade ? loader->options.grade : loader->diagnosis.grade;
	return 0;
}

static void loaded_describe(struct loader *loader)
{
	struct bpf_prog_info info = {};
	u32 len = sizeof(info);
	int i;

	if (!bpf_obj_get_info_by_fd(loader->program_fd, &info, &len))
		loader->program_id = info.id;
	for (i = 0; i < LOADER_MAP_COUNT; i++)
		if (loader->grade == VG_GRADE_PLAIN || i < LOADER_MAP_SESSIONS)
			loader->map_fds[i] = bpf_object__find_map_fd_by_name(loader->object, map_names[i]);
}

int loader_open(const struct loader_options *options, struct loader **ret_loader, struct loader_error *ret_error)
{
	struct loader *loader = calloc(1, sizeof(*loader));
	int err = -ENOMEM, i;

	if (loader)
		loader->path = strdup(options->object ? options->object : LOADER_OBJECT_PATH);
	if (!loader || !loader->path) {
		loader_fail(ret_error, err, "no memory for the loader");
		goto fail;
	}
	loader->options = *options;
	loader->options.object = loader->path;
	loader->program_fd = loader->session_end_fd = -1;
	for (i = 0; i < LOADER_MAP_COUNT; i++)
		loader->map_fds[i] = -1;
	err = grade_choose(loader, ret_error);
	if (!err)
		err = loader_object_open(&loader->options, loader->grade, &loader->object, ret_error);
	if (!err)
		err = object_load(loader, ret_error);
	if (err)
		goto fail;
	loaded_describe(loader);
	*ret_loader = loader;
	return 0;
fail:
	loader_close(loader);
	return err;
}

void loader_close(struct loader *loader)
{
	u32 i;

	if (!loader)
		return;
	for (i = 0; i < loader->place_count; i++)
		loader_coexist_close(&loader->places[i]);
	bpf_object__close(loader->object);
	free(loader->path);
	free(loader);
}

enum vg_grade loader_grade(const struct loader *loader)
{
	return loader->grade;
}

const char *loader_grade_sentence(const struct loader *loader)
{
	if (loader->grade == VG_GRADE_PLAIN && loader->diagnosis.grade == VG_GRADE_ATTESTED)
		return "plain: the configuration asks for it, though this machine could run attested";
	return loader->diagnosis.sentence;
}

int loader_map_fd(const struct loader *loader, enum loader_map map)
{
	return loader->map_fds[map];
}

u32 loader_map_entries(const struct loader *loader, enum loader_map map)
{
	return bpf_map__max_entries(bpf_object__find_map_by_name(loader->object, map_names[map]));
}

int loader_program_fd(const struct loader *loader)
{
	return loader->program_fd;
}

int loader_session_end_fd(const struct loader *loader)
{
	return loader->session_end_fd;
}

u32 loader_program_id(const struct loader *loader)
{
	return loader->program_id;
}

/*
 * Measured (tests/bpf/loader_test.c): the kernel's element (48 bytes
 * of links, the key, the value) lies in a slab object of 256 bytes, and every
 * place of max_sessions, rounded up to a power of two, has a bucket of 16.
 */
u32 loader_session_bytes(void)
{
	return 256 + 16;
}
