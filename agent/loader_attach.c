// SPDX-License-Identifier: GPL-2.0
/*
 * loader_attach.c - the program on interfaces and off again, by netlink, so
 * that CAP_NET_ADMIN is enough once the program is loaded.
 *
 * Nothing that is not ours is ever replaced or removed: attaching says "only
 * if there is none", detaching names the program it expects to find.
 */
#include "agent/loader_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static struct loader_place *place_find(struct loader *loader, const char *name)
{
	u32 i;

	for (i = 0; i < loader->place_count; i++)
		if (!strcmp(loader->places[i].attachment.name, name))
			return &loader->places[i];
	return NULL;
}

static void place_forget(struct loader *loader, struct loader_place *place)
{
	loader_coexist_close(place);
	*place = loader->places[--loader->place_count];
}

/* The program on @ifindex: its id, 0 for none; its name where we may see it. */
static u32 occupant(u32 ifindex, char ret_name[BPF_OBJ_NAME_LEN + 2])
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct bpf_prog_info info = {};
	u32 len = sizeof(info), id;
	int fd;

	ret_name[0] = 0;
	if (bpf_xdp_query(ifindex, 0, &query))
		return 0;
	id = query.prog_id ? query.prog_id : query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id;
	fd = id ? bpf_prog_get_fd_by_id(id) : -1;
	if (fd >= 0) {
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
			snprintf(ret_name, BPF_OBJ_NAME_LEN + 2, "%s", info.name);
		close(fd);
	}
	return id;
}

static int refuse_occupied(const char *name, u32 ifindex, struct loader_error *ret_error)
{
	char program[BPF_OBJ_NAME_LEN + 2];
	u32 id = occupant(ifindex, program);

	return loader_fail(
		ret_error, -EBUSY,
		"interface %s already has XDP program %u%s%s; detach it (`ip link set dev %s xdp off`) or set "
		"coexist = yes for this interface",
		name, id, program[0] ? " " : "", program, name);
}

static int attach_mode(const struct loader *loader, u32 ifindex, enum loader_mode mode)
{
	u32 flags = XDP_FLAGS_UPDATE_IF_NOEXIST;

	flags |= mode == LOADER_MODE_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	loader_note_reset();
	return bpf_xdp_attach(ifindex, loader->program_fd, flags, NULL);
}

static int attach_failed(int err, const char *name, u32 ifindex, struct loader_error *ret_error)
{
	switch (err) {
	case -EBUSY:
	case -EEXIST:
		return refuse_occupied(name, ifindex, ret_error);
	case -EPERM:
		return loader_fail(ret_error, err, "attaching to %s is not permitted: it needs CAP_NET_ADMIN", name);
	case -EOPNOTSUPP:
		return loader_fail(
			ret_error, err,
			"the driver of %s has no native XDP; use mode generic or auto (slower, same verdicts)", name);
	}
	return loader_fail(ret_error, err, "cannot attach to %s: %s%s%s", name, strerror(-err),
			   loader_note()[0] ? "; " : "", loader_note());
}

/* By netlink, without a dispatcher. Fills in mode and sentence. */
static int attach_alone(const struct loader *loader, enum loader_mode mode, struct loader_attachment *attachment,
			struct loader_error *ret_error)
{
	char program[BPF_OBJ_NAME_LEN + 2];
	const char *name = attachment->name;
	int err, native_err = 0;

	if (occupant(attachment->ifindex, program))
		return refuse_occupied(name, attachment->ifindex, ret_error);
	attachment->mode = mode == LOADER_MODE_GENERIC ? LOADER_MODE_GENERIC : LOADER_MODE_NATIVE;
	err = attach_mode(loader, attachment->ifindex, attachment->mode);
	if (err && mode == LOADER_MODE_AUTO && err != -EPERM && err != -EBUSY && err != -EEXIST) {
		native_err = err;
		attachment->mode = LOADER_MODE_GENERIC;
		err = attach_mode(loader, attachment->ifindex, LOADER_MODE_GENERIC);
	}
	if (err)
		return attach_failed(err, name, attachment->ifindex, ret_error);
	attachment->program_id = loader->program_id;
	if (native_err)
		snprintf(attachment->sentence, sizeof(attachment->sentence),
			 "generic on %s, because its driver cannot do native XDP (%s)", name, strerror(-native_err));
	else
		snprintf(attachment->sentence, sizeof(attachment->sentence), "%s on %s, as %s",
			 attachment->mode == LOADER_MODE_NATIVE ? "native" : "generic", name,
			 mode == LOADER_MODE_AUTO ? "the driver can do it" : "asked for");
	return 0;
}

int loader_attach(struct loader *loader, const char *name, enum loader_mode mode, bool coexist,
		  struct loader_attachment *ret_attachment, struct loader_error *ret_error)
{
	struct loader_place place = {};
	u32 ifindex = if_nametoindex(name);
	int err;

	if (!ifindex)
		return loader_fail(ret_error, -ENODEV, "there is no interface %s here; `ip link` lists them", name);
	if (place_find(loader, name))
		return loader_fail(ret_error, -EALREADY, "the gate is on interface %s already", name);
	if (loader->place_count == LOADER_INTERFACES_MAX)
		return loader_fail(ret_error, -EUSERS, "the gate is on %d interfaces, which is the most it can be on",
				   LOADER_INTERFACES_MAX);
	place.attachment.ifindex = ifindex;
	place.attachment.coexist = coexist;
	snprintf(place.attachment.name, sizeof(place.attachment.name), "%s", name);
	place.attachment.mode = mode;
	err = coexist ? loader_coexist_attach(loader, &place, ret_error)
		      : attach_alone(loader, mode, &place.attachment, ret_error);
	if (err)
		return err;
	loader->places[loader->place_count++] = place;
	if (ret_attachment)
		*ret_attachment = place.attachment;
	return 0;
}

static int detach_alone(const struct loader *loader, const struct loader_attachment *attachment,
			struct loader_error *ret_error)
{
	u32 flags = attachment->mode == LOADER_MODE_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	DECLARE_LIBBPF_OPTS(bpf_xdp_attach_opts, options, .old_prog_fd = loader->program_fd);
	int err;

	loader_note_reset();
	err = bpf_xdp_detach(attachment->ifindex, flags | XDP_FLAGS_REPLACE, &options);
	switch (err) {
	case 0:
	case -ENODEV: /* the interface is gone, and the attachment with it */
		return 0;
	case -EEXIST:
	case -ENOENT:
		return loader_fail(ret_error, -ESTALE,
				   "what is on interface %s is not the gate any more; it was left as it is",
				   attachment->name);
	case -EPERM:
		return loader_fail(ret_error, err, "detaching from %s is not permitted: it needs CAP_NET_ADMIN",
				   attachment->name);
	}
	return loader_fail(ret_error, err, "cannot detach from %s: %s%s%s", attachment->name, strerror(-err),
			   loader_note()[0] ? "; " : "", loader_note());
}

int loader_detach(struct loader *loader, const char *name, struct loader_error *ret_error)
{
	struct loader_place *place = place_find(loader, name);
	int err;

	if (!place)
		return loader_fail(ret_error, -ENOENT, "the gate is not on interface %s", name);
	if (place->attachment.coexist)
		err = loader_coexist_detach(place, ret_error);
	else
		err = detach_alone(loader, &place->attachment, ret_error);
	if (!err || err == -ESTALE)
		place_forget(loader, place);
	return err;
}

int loader_detach_all(struct loader *loader, struct loader_error *ret_error)
{
	struct loader_error error;
	u32 at = 0, before;
	int err = 0, one;

	while (at < loader->place_count) {
		before = loader->place_count;
		one = loader_detach(loader, loader->places[at].attachment.name, &error);
		if (one && !err) {
			err = one;
			if (ret_error)
				*ret_error = error;
		}
		if (loader->place_count == before)
			at++;
	}
	return err;
}

const struct loader_attachment *loader_attachment(const struct loader *loader, u32 index)
{
	return index < loader->place_count ? &loader->places[index].attachment : NULL;
}
