// SPDX-License-Identifier: GPL-2.0
/*
 * layout_test.c - every structure that crosses a boundary, as user space lays
 * it out (offsetof) against the BTF of what the other compilers made: the BPF
 * object and, where it is built, the module.
 *
 * Without arguments: the build folder this program lies in is searched for
 * voltgate.bpf.o and voltgate.ko. With arguments: these files.
 * A module's BTF is a supplement to its kernel's, which is taken from the
 * image that tests/vm unpacked.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <libgen.h>
#include <linux/bpf.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/ktap.h"
#include "voltgate/hello.h"
#include "voltgate/maps.h"
#include "voltgate/record.h"

struct member {
	const char *name;
	u32 offset, size;
};

struct layout {
	const char *name;
	u32 size, count;
	struct member members[24];
	bool in_bpf, in_module; /* must be found there */
};

#define M(type, member)                                                                    \
	{                                                                                  \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member) \
	}
#define FLEX(type, member)                                \
	{                                                 \
#member, offsetof(struct type, member), 0 \
	}
#define S(type, bpf, module, members_count, ...)                                        \
	{                                                                               \
#type, sizeof(struct type), members_count, { __VA_ARGS__ }, bpf, module \
	}

static const struct layout layouts[] = {
	S(vg_siphash_key, true, true, 2, M(vg_siphash_key, k0), M(vg_siphash_key, k1)),
	S(vg_siphash_tag, true, true, 2, M(vg_siphash_tag, t0), M(vg_siphash_tag, t1)),
	S(vg_source, true, true, 3, M(vg_source, family), M(vg_source, zero), M(vg_source, addr)),
	S(vg_budget, true, true, 1, M(vg_budget, empty_ns)),
	S(vg_budget_rate, true, true, 2, M(vg_budget_rate, cost_ns), M(vg_budget_rate, burst_ns)),
	S(vg_replay, true, true, 2, M(vg_replay, head), M(vg_replay, seen)),
	S(vg_session_auth, true, true, 6, M(vg_session_auth, id), M(vg_session_auth, key), M(vg_session_auth, expires),
	  M(vg_session_auth, budget), M(vg_session_auth, beacon_second), M(vg_session_auth, replay)),
	S(vg_vid, false, true, 8, M(vg_vid, version), M(vg_vid, type), M(vg_vid, payload_len), M(vg_vid, zero),
	  M(vg_vid, session), M(vg_vid, sequence), M(vg_vid, generated), FLEX(vg_vid, payload)),
	S(vg_alarm_key, true, true, 3, M(vg_alarm_key, session), M(vg_alarm_key, source), M(vg_alarm_key, reason)),
	S(vg_alarm_state, true, true, 7, M(vg_alarm_state, first), M(vg_alarm_state, last), M(vg_alarm_state, count),
	  M(vg_alarm_state, ifindex), M(vg_alarm_state, frame_len), M(vg_alarm_state, sample_len),
	  M(vg_alarm_state, sample)),
	S(vg_alarm, false, true, 2, M(vg_alarm, key), M(vg_alarm, state)),
	S(vg_record, false, true, 10, M(vg_record, time), M(vg_record, session), M(vg_record, sequence),
	  M(vg_record, kind), M(vg_record, type), M(vg_record, reason), M(vg_record, grade), M(vg_record, flags),
	  M(vg_record, zero), M(vg_record, digest)),
	S(vg_batch_head, false, true, 11, M(vg_batch_head, magic), M(vg_batch_head, attestor), M(vg_batch_head, epoch),
	  M(vg_batch_head, number), M(vg_batch_head, time), M(vg_batch_head, previous), M(vg_batch_head, root),
	  M(vg_batch_head, count), M(vg_batch_head, grade), M(vg_batch_head, flags), M(vg_batch_head, zero)),
	S(vg_batch_seal, false, true, 3, M(vg_batch_seal, head), M(vg_batch_seal, signature),
	  M(vg_batch_seal, salt_seed)),
	S(vg_cookie_input, false, false, 3, M(vg_cookie_input, source), M(vg_cookie_input, port),
	  M(vg_cookie_input, zero)),
	S(vg_ingress, true, false, 19, M(vg_ingress, time64_offset_us), M(vg_ingress, mac1_key),
	  M(vg_ingress, cookie_secrets), M(vg_ingress, hello_rate), M(vg_ingress, asked_rate), M(vg_ingress, its_rate),
	  M(vg_ingress, its_stale_us), M(vg_ingress, its_future_us), M(vg_ingress, duplicate_key),
	  M(vg_ingress, stale_us), M(vg_ingress, future_us), M(vg_ingress, session_rate), M(vg_ingress, alarm_new_rate),
	  M(vg_ingress, under_load), M(vg_ingress, hello_enabled), M(vg_ingress, record_beacons),
	  M(vg_ingress, record_flags), M(vg_ingress, deny_empty), M(vg_ingress, zero)),
	S(vg_locked_budget, true, false, 3, M(vg_locked_budget, lock), M(vg_locked_budget, zero),
	  M(vg_locked_budget, budget)),
	S(vg_hello_budget, true, false, 3, M(vg_hello_budget, unproven), M(vg_hello_budget, proven),
	  M(vg_hello_budget, asked)),
	S(vg_hello_asked, false, false, 3, M(vg_hello_asked, from), M(vg_hello_asked, to), M(vg_hello_asked, mac1)),
	S(vg_plain_session, true, false, 2, M(vg_plain_session, state), M(vg_plain_session, auth)),
	S(vg_session_end, false, false, 4, M(vg_session_end, id), M(vg_session_end, found), M(vg_session_end, head),
	  M(vg_session_end, accepted)),
	S(vg_deny_key, true, false, 2, M(vg_deny_key, bits), M(vg_deny_key, source)),
	S(vg_event, false, false, 6, M(vg_event, kind), M(vg_event, ifindex), M(vg_event, time), M(vg_event, len),
	  M(vg_event, zero), FLEX(vg_event, bytes)),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type, const char *name)
{
	const struct btf_member *member = btf_members(type);
	int i;

	for (i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, member[i].name_off), name))
			return &member[i];
	return NULL;
}

/* Says each difference on a line of its own; returns how many. */
static int compare(const struct btf *btf, const struct btf_type *type, const struct layout *layout)
{
	int differ = 0;
	u32 i;

	if (type->size != layout->size || layout->count != btf_vlen(type)) {
		printf("# struct %s: %u bytes and %u members there, %u and %u here\n", layout->name, type->size,
		       btf_vlen(type), layout->size, layout->count);
		differ++;
	}
	for (i = 0; i < layout->count; i++) {
		const struct member *here = &layout->members[i];
		const struct btf_member *there = find_member(btf, type, here->name);
		s64 size = there ? btf__resolve_size(btf, there->type) : -1;

		if (there && there->offset == here->offset * 8 && size == here->size)
			continue;
		printf("# struct %s, %s: bit %d, %lld bytes there; bit %u, %u bytes here\n", layout->name, here->name,
		       there ? (int)there->offset : -1, (long long)size, here->offset * 8, here->size);
		differ++;
	}
	return differ;
}

enum object_kind { OBJECT_CORE, OBJECT_BPF, OBJECT_MODULE }; /* core.bpf.o has them all */

static void test_file(const char *path, const struct btf *btf, enum object_kind kind)
{
	size_t i;

	for (i = 0; i < COUNT(layouts); i++) {
		const struct layout *layout = &layouts[i];
		bool wanted = kind == OBJECT_CORE || (kind == OBJECT_MODULE ? layout->in_module : layout->in_bpf);
		int id = btf__find_by_name_kind(btf, layout->name, BTF_KIND_STRUCT);

		if (id < 0 && !wanted)
			continue;
		ktap_ok(id >= 0 && !compare(btf, btf__type_by_id(btf, id), layout), "%s: struct %s%s", path,
			layout->name, id < 0 ? " is not in its BTF" : "");
	}
}

/* The image of the kernel that the module in @dir (BUILD/kmod-RELEASE) is for, where tests/vm unpacked it. */
static bool find_kernel(const char *dir, char ret_kernel[PATH_MAX])
{
	static const char *const patterns[] = { "%.*s/../vm/*/root/boot/vmlinuz-%s",
						"%.*s/../vm/*/root/usr/lib/modules/%s/vmlinuz" };
	const char *release = strstr(dir, "/kmod-");
	char pattern[PATH_MAX];
	size_t i;

	for (i = 0; release && i < COUNT(patterns); i++) {
		glob_t found;
		bool good;

		snprintf(pattern, sizeof(pattern), patterns[i], (int)strlen(dir), dir, release + 6);
		good = !glob(pattern, 0, NULL, &found);
		if (good) {
			snprintf(ret_kernel, PATH_MAX, "%s", found.gl_pathv[0]);
			globfree(&found);
			return true;
		}
	}
	return false;
}

/* The BTF of the module's kernel, taken out of its image once and kept beside the module. NULL: not to be had. */
/* From 6.11 on a module may bring what it needs of its kernel's types itself; NULL: this one does not. */
static struct btf *own_base_of(const char *module, const char *dir)
{
	char path[PATH_MAX + 16], command[5 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/base.btf", dir);
	snprintf(command, sizeof(command),
		 "objcopy --dump-section .BTF.base='%s' '%s' '%s.ko' 2>/dev/null; rm -f '%s.ko'", path, module, path,
		 path);
	unlink(path);
	if (system(command) || access(path, R_OK))
		return NULL;
	return btf__parse(path, NULL);
}

static struct btf *base_of(const char *module)
{
	char dir[PATH_MAX], path[PATH_MAX + 16], kernel[PATH_MAX], command[5 * PATH_MAX];
	struct btf *own;

	snprintf(dir, sizeof(dir), "%s", module);
	dirname(dir);
	own = own_base_of(module, dir);
	if (own)
		return own;
	snprintf(path, sizeof(path), "%s/vmlinux.btf", dir);
	if (access(path, R_OK)) {
		if (!find_kernel(dir, kernel))
			return NULL;
		snprintf(command, sizeof(command), "python3 kmod/btf/vmlinux.py '%s' '%s.new' && mv '%s.new' '%s'",
			 kernel, path, path, path);
		if (system(command))
			return NULL;
	}
	return btf__parse(path, NULL);
}

static void test_path(const char *path)
{
	bool module = strlen(path) > 3 && !strcmp(path + strlen(path) - 3, ".ko");
	struct btf *base = module ? base_of(path) : NULL;
	struct btf *btf = !module ? btf__parse(path, NULL) : base ? btf__parse_split(path, base) : NULL;
	char why[PATH_MAX + 128];

	if (btf) {
		test_file(path, btf, module ? OBJECT_MODULE : strstr(path, "core.bpf.o") ? OBJECT_CORE : OBJECT_BPF);
	} else if (module) {
		snprintf(why, sizeof(why),
			 "%s: its kernel's BTF is not here, or it has none itself; run tests/vm/run.sh, which fetches "
			 "both",
			 path);
		ktap_skip("layouts in the module", why);
	} else {
		ktap_ok(false, "%s: BTF cannot be read: %s", path, strerror(errno));
	}
	btf__free(btf);
	btf__free(base);
}

static int objects_found, modules_found;

static int visit(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
	const char *name = path + walk->base;

	(void)status;
	if (flag != FTW_F)
		return 0;
	if (!strcmp(name, "voltgate.bpf.o") || !strcmp(name, "core.bpf.o")) {
		objects_found++;
		test_path(path);
	} else if (!strcmp(name, "voltgate.ko")) {
		modules_found++;
		test_path(path);
	}
	return 0;
}

int main(int argc, char **argv)
{
	char root[PATH_MAX];
	int i;

	ktap_plan(0);
	libbpf_set_print(NULL);
	for (i = 1; i < argc; i++)
		test_path(argv[i]);
	if (argc > 1)
		return ktap_exit();
	snprintf(root, sizeof(root), "%s", argv[0]);
	nftw(dirname(dirname(dirname(root))), visit, 16, FTW_PHYS);
	if (!objects_found)
		ktap_skip("layouts in the BPF object", "no voltgate.bpf.o in the build folder; run make first");
	if (!modules_found)
		ktap_skip("layouts in the module",
			  "no voltgate.ko in the build folder; build the module for a kernel first");
	return ktap_exit();
}
