// SPDX-License-Identifier: GPL-2.0
/*
 * loader_coexist.c - the gate beside other XDP programs on one interface,
 * through libxdp's dispatcher.
 *
 * The dispatcher calls programs as functions of itself (BPF_PROG_TYPE_EXT),
 * so each interface gets a copy of the program, loaded for its dispatcher,
 * on the loader's maps: one gate, one state. Attaching and detaching load a
 * new dispatcher and need CAP_BPF and CAP_PERFMON as well, and a bpffs at
 * /sys/fs/bpf.
 */
#include "agent/loader_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

static int share_maps(const struct loader *loader, struct bpf_object *object)
{
	struct bpf_map *map;
	int err, i;

	for (i = 0; i < LOADER_MAP_COUNT; i++) {
		if (loader->map_fds[i] < 0)
			continue;
		map = bpf_object__find_map_by_name(object, loader_map_name(i));
		err = map ? bpf_map__reuse_fd(map, loader->map_fds[i]) : -ENOENT;
		if (err)
			return err;
	}
	return 0;
}

/* libxdp says why on its own channel; kept as the note, never printed. */
static int note_take(enum libxdp_print_level level, const char *format, va_list args)
{
	if (level == LIBXDP_WARN || (level == LIBXDP_INFO && strstr(format, "ompatibility check")))
		loader_note_keep(format, args);
	return 0;
}

static int attach_failed(int err, const struct loader_attachment *attachment, struct loader_error *ret_error)
{
	switch (err) {
	case -EBUSY:
	case -EEXIST:
	case -EINVAL:
		return loader_fail(
			ret_error, -EBUSY,
			"cannot share interface %s: the XDP program on it was not attached through libxdp's "
			"dispatcher (or in another mode, or this kernel refuses the dispatcher); attach that one "
			"with xdp-loader, or detach it%s%s",
			attachment->name, loader_note()[0] ? "; libxdp says: " : "", loader_note());
	case -EPERM:
	case -EACCES:
		return loader_fail(
			ret_error, err,
			"sharing interface %s needs root or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN: list it in the "
			"configuration, so that it is attached before privileges are dropped",
			attachment->name);
	case -ENOENT:
		return loader_fail(
			ret_error, err,
			"cannot share interface %s: libxdp's dispatcher or a bpffs is missing; install libxdp1 "
			"and `mount -t bpf bpf /sys/fs/bpf`",
			attachment->name);
	case -EOPNOTSUPP:
		return loader_fail(
			ret_error, err,
			"cannot share interface %s: kernel or driver lacks what libxdp's dispatcher needs (%s)",
			attachment->name, loader_note());
	}
	return loader_fail(ret_error, err, "cannot share interface %s: %s (%s)", attachment->name, strerror(-err),
			   loader_note());
}

static int attach_as(struct loader_place *place, enum loader_mode mode)
{
	place->attachment.mode = mode;
	return xdp_program__attach(place->shared, place->attachment.ifindex,
				   mode == LOADER_MODE_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE, 0);
}

/* A copy of the program on the loader's maps, ready for the dispatcher. */
static int program_copy(struct loader *loader, struct loader_place *place, struct loader_error *ret_error)
{
	struct bpf_object *object;
	long err;

	err = loader_object_open(&loader->options, loader->grade, &object, ret_error);
	if (err)
		return err;
	err = share_maps(loader, object);
	if (!err)
		err = bpf_program__set_autoload(bpf_object__find_program_by_name(object, VG_PROGRAM_SESSION_END),
						false);
	if (!err) {
		DECLARE_LIBXDP_OPTS(xdp_program_opts, options, .obj = object,
				    .prog_name = loader_program_name(loader->grade));

		place->shared = xdp_program__create(&options);
		err = libxdp_get_error(place->shared);
	}
	if (err) {
		place->shared = NULL;
		bpf_object__close(object);
		return loader_fail(ret_error, err, "libxdp cannot take the gate's program: %s", strerror(-err));
	}
	place->copy = object;
	return 0;
}

/* Where the kernel refuses the dispatcher, libxdp attaches the program alone: then nobody can join it later. */
static void describe(struct loader_attachment *attachment, bool generic_for_want)
{
	struct xdp_multiprog *programs = xdp_multiprog__get_from_ifindex(attachment->ifindex);
	bool alone = libxdp_get_error(programs) || xdp_multiprog__is_legacy(programs);

	if (!libxdp_get_error(programs))
		xdp_multiprog__close(programs);
	snprintf(attachment->sentence, sizeof(attachment->sentence), "%s on %s, %s%s",
		 attachment->mode == LOADER_MODE_NATIVE ? "native" : "generic", attachment->name,
		 alone ? "alone: this kernel refuses libxdp's dispatcher, so no other program can join"
		       : "through libxdp's dispatcher, so that others can join",
		 generic_for_want ? "; generic because the driver cannot do native XDP" : "");
}

int loader_coexist_attach(struct loader *loader, struct loader_place *place, struct loader_error *ret_error)
{
	enum loader_mode asked = place->attachment.mode;
	int err, first = 0;

	libxdp_set_print(note_take);
	err = program_copy(loader, place, ret_error);
	if (err)
		return err;
	loader_note_reset();
	err = attach_as(place, asked == LOADER_MODE_GENERIC ? LOADER_MODE_GENERIC : LOADER_MODE_NATIVE);
	if (err == -EOPNOTSUPP && asked == LOADER_MODE_AUTO) {
		first = err;
		loader_coexist_close(place);
		err = program_copy(loader, place, ret_error);
		if (err)
			return err;
		err = attach_as(place, LOADER_MODE_GENERIC);
	}
	if (err) {
		err = attach_failed(err, &place->attachment, ret_error);
		loader_coexist_close(place);
		return err;
	}
	place->attachment.program_id = xdp_program__id(place->shared);
	describe(&place->attachment, first);
	return 0;
}

int loader_coexist_detach(struct loader_place *place, struct loader_error *ret_error)
{
	const struct loader_attachment *attachment = &place->attachment;
	int err;

	loader_note_reset();
	err = xdp_program__detach(place->shared, attachment->ifindex,
				  attachment->mode == LOADER_MODE_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE, 0);
	switch (err) {
	case 0:
	case -ENODEV:
		return 0;
	case -ENOENT:
		return loader_fail(ret_error, -ESTALE,
				   "what is on interface %s is not the gate any more; it was left as it is",
				   attachment->name);
	case -EPERM:
	case -EACCES:
		return loader_fail(
			ret_error, err,
			"taking the gate out of the dispatcher on %s needs CAP_BPF and CAP_PERFMON, which the agent "
			"has given up; run `xdp-loader unload %s -i %u` as root",
			attachment->name, attachment->name, attachment->program_id);
	}
	return loader_fail(ret_error, err, "cannot take the gate out of the dispatcher on %s: %s (%s)",
			   attachment->name, strerror(-err), loader_note());
}

void loader_coexist_close(struct loader_place *place)
{
	if (place->shared)
		xdp_program__close(place->shared);
	bpf_object__close(place->copy);
	place->shared = NULL;
	place->copy = NULL;
}
