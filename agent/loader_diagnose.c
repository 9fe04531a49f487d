// SPDX-License-Identifier: GPL-2.0
/*
 * loader_diagnose.c - which grade this machine can run, found by looking.
 *
 * Registration of a module's kfuncs can silently do nothing (no BTF in the
 * module), so only what the module's BTF in /sys/kernel/btf says counts.
 */
#include "agent/loader.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <bpf/btf.h>

#define MODULE_DIR "/sys/module/voltgate"
#define MODULE_BTF "/sys/kernel/btf/voltgate"
#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

static const char *const kfuncs[] = { "vg_authenticate", "vg_denied", "vg_note" };
#define KFUNC_COUNT (sizeof(kfuncs) / sizeof(kfuncs[0]))

/* How many of the kfuncs the module's BTF has; the first missing one in @ret_missing. */
static u32 diagnose_kfuncs(const char **ret_missing)
{
	struct btf *kernel, *module = NULL;
	u32 found = 0, i;

	*ret_missing = kfuncs[0];
	kernel = btf__parse_raw(KERNEL_BTF);
	if (kernel)
		module = btf__parse_raw_split(MODULE_BTF, kernel);
	if (module) {
		*ret_missing = NULL;
		for (i = 0; i < KFUNC_COUNT; i++) {
			if (btf__find_by_name_kind(module, kfuncs[i], BTF_KIND_FUNC) > 0)
				found++;
			else if (!*ret_missing)
				*ret_missing = kfuncs[i];
		}
	}
	btf__free(module);
	btf__free(kernel);
	return found;
}

static void diagnose_sentence(struct loader_diagnosis *diagnosis, const char *missing)
{
	char *text = diagnosis->sentence;
	size_t size = sizeof(diagnosis->sentence);

	if (!diagnosis->kernel_btf)
		snprintf(text, size,
			 "no grade: this kernel has no BTF (%s cannot be read); boot one built with "
			 "CONFIG_DEBUG_INFO_BTF",
			 KERNEL_BTF);
	else if (diagnosis->grade == VG_GRADE_ATTESTED)
		snprintf(text, size, "attested: voltgate.ko is loaded and its BTF has all %zu kfuncs", KFUNC_COUNT);
	else if (access("/proc/modules", F_OK))
		snprintf(text, size,
			 "plain: this kernel cannot load modules (CONFIG_MODULES is off); attested needs one that can");
	else if (!diagnosis->module_loaded)
		snprintf(text, size, "plain: voltgate.ko is not loaded; `modprobe voltgate` makes attested possible");
	else if (!diagnosis->module_btf)
		snprintf(text, size,
			 "plain: voltgate.ko is loaded but has no BTF (%s cannot be read), so its kfuncs cannot be "
			 "called; "
			 "build it with BTF (README, section on DKMS)",
			 MODULE_BTF);
	else
		snprintf(text, size,
			 "plain: the BTF of voltgate.ko lacks the kfunc %s; module and agent are of different "
			 "versions, install both anew",
			 missing ? missing : "?");
}

void loader_diagnose(struct loader_diagnosis *ret_diagnosis)
{
	const char *missing = NULL;

	*ret_diagnosis = (struct loader_diagnosis){ .grade = VG_GRADE_PLAIN };
	ret_diagnosis->kernel_btf = !access(KERNEL_BTF, R_OK);
	ret_diagnosis->module_loaded = !access(MODULE_DIR, F_OK);
	ret_diagnosis->module_btf = !access(MODULE_BTF, R_OK);
	if (ret_diagnosis->module_btf)
		ret_diagnosis->kfuncs = diagnose_kfuncs(&missing);
	if (ret_diagnosis->module_loaded && ret_diagnosis->kfuncs == KFUNC_COUNT)
		ret_diagnosis->grade = VG_GRADE_ATTESTED;
	diagnose_sentence(ret_diagnosis, missing);
}
