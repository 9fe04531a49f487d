// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_module.c - doctor: voltgate.ko, from the kernel's module support to
 * the kfuncs that the XDP program calls.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/gate.h"
#include "tools/voltgate/doctor.h"

/* /sys/kernel/security/lockdown: "none [integrity] confidentiality". */
static void check_lockdown(struct doctor *doctor)
{
	char line[128], *mode;

	if (!doctor_read("/sys/kernel/security/lockdown", line, sizeof(line)))
		return; /* this kernel has no lockdown */
	mode = strchr(line, '[');
	if (!mode)
		return;
	mode[strcspn(mode, "]")] = '\0';
	if (!strcmp(mode + 1, "none"))
		doctor_say(doctor, "lockdown", DOCTOR_OK, NULL, "the kernel is not locked down");
	else
		doctor_say(doctor, "lockdown", DOCTOR_WARN,
			   "sign voltgate.ko with a key enrolled by mokutil (DKMS does after \"mokutil --import "
			   "/var/lib/dkms/mok.pub\")",
			   "the kernel is locked down (%s): it loads signed modules only", mode + 1);
}

/* The variable's four attribute bytes come before its value. */
static void check_secure_boot(struct doctor *doctor)
{
	static const char path[] = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	unsigned char bytes[5] = { 0 };
	FILE *file = fopen(path, "re");
	bool on = file && fread(bytes, 1, sizeof(bytes), file) == sizeof(bytes) && bytes[4];

	if (file)
		fclose(file);
	if (on)
		doctor_say(doctor, "secure-boot", DOCTOR_WARN,
			   "enrol the key that signs voltgate.ko: mokutil --import KEY",
			   "Secure Boot is on: modules must be signed by an enrolled key");
	else
		doctor_say(doctor, "secure-boot", DOCTOR_OK, NULL, "Secure Boot is %s",
			   access("/sys/firmware/efi", F_OK) ? "not there (no EFI)" : "off");
}

/* modules.dep names every installed module of the running kernel. */
static bool installed(const char *release, char *ret_path, size_t size)
{
	char path[256], line[4096];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		char *name;

		line[strcspn(line, ":\n")] = '\0';
		name = strrchr(line, '/') ? strrchr(line, '/') + 1 : line;
		found = !strncmp(name, "voltgate.ko", 11);
		if (found)
			snprintf(ret_path, size, "/lib/modules/%s/%.300s", release, line);
	}
	if (file)
		fclose(file);
	return found;
}

static void check_build(struct doctor *doctor, const char *release)
{
	char path[256];
	bool headers, resolve;

	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", release);
	headers = !access(path, R_OK);
	snprintf(path, sizeof(path), "/lib/modules/%s/build/tools/bpf/resolve_btfids/resolve_btfids", release);
	resolve = !access(path, X_OK);
	if (headers)
		doctor_say(doctor, "headers", DOCTOR_OK, NULL, "the kernel's headers for building are installed%s",
			   resolve ? "" : "; they lack resolve_btfids, the build brings its own");
	else
		doctor_say(doctor, "headers", DOCTOR_WARN, "apt install linux-headers-$(uname -r)",
			   "the headers of Linux %s are not installed, so the module cannot be built", release);
	if (!access("/usr/bin/pahole", X_OK) || !access("/usr/local/bin/pahole", X_OK))
		doctor_say(doctor, "pahole", DOCTOR_OK, NULL, "installed, for the module's types");
	else
		doctor_say(doctor, "pahole", DOCTOR_WARN, "apt install pahole (Debian 12: dwarves)",
			   "not installed: a module built here has no types, and its functions cannot be called");
}

/* The functions that the attested XDP program calls must be in the module's types. */
static void check_kfuncs(struct doctor *doctor)
{
	static const char *const names[] = { "vg_authenticate", "vg_denied", "vg_note" };
	struct btf *base = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	struct btf *types = base ? btf__parse_split("/sys/kernel/btf/voltgate", base) : NULL;
	const char *missing = NULL;
	size_t i;

	if (!types && errno == EACCES) {
		doctor_say(doctor, "kfuncs", DOCTOR_WARN, "run \"sudo voltgate doctor\"",
			   "the module's types can be read by root only");
	} else if (!types) {
		doctor_say(doctor, "kfuncs", DOCTOR_FAIL,
			   "build it again with pahole and resolve_btfids installed (make module, or dkms build)",
			   "the loaded module has no types at /sys/kernel/btf/voltgate");
	} else {
		for (i = 0; i < sizeof(names) / sizeof(names[0]) && !missing; i++)
			if (btf__find_by_name_kind(types, names[i], BTF_KIND_FUNC) < 0)
				missing = names[i];
		doctor->module_ready = !missing;
		if (missing)
			doctor_say(doctor, "kfuncs", DOCTOR_FAIL, "build and load the module of this version",
				   "the loaded module does not have the function %s", missing);
		else
			doctor_say(doctor, "kfuncs", DOCTOR_OK, NULL, "the module's functions can be called from XDP");
	}
	btf__free(types);
	btf__free(base);
}

static void check_family(struct doctor *doctor)
{
	struct gate_error text;
	struct gate_status status;
	struct gate *gate;

	if (gate_kernel_open(&gate, &text)) {
		doctor_say(doctor, "netlink", DOCTOR_FAIL, "modprobe -r voltgate && modprobe voltgate, and read dmesg",
			   "the module is loaded but its netlink family is not there");
		return;
	}
	if (!gate->ops->status(gate, &status))
		doctor_say(doctor, "netlink", DOCTOR_OK, NULL, "module version %s answers%s", status.version,
			   status.epoch ? ", its chain has begun" : ", its chain has not begun");
	else
		doctor_say(doctor, "netlink", DOCTOR_WARN, "run \"sudo voltgate doctor\"", "the module refuses: %s",
			   gate->error.text);
	gate->ops->close(gate);
}

static void check_module(struct doctor *doctor, const char *release)
{
	char path[768];

	doctor->module_installed = installed(release, path, sizeof(path));
	if (doctor->module_installed)
		doctor_say(doctor, "module-file", DOCTOR_OK, NULL, "%s", path);
	else
		doctor_say(doctor, "module-file", DOCTOR_WARN,
			   "make module && make install, or: dkms install voltgate/" VOLTGATE_VERSION,
			   "voltgate.ko is not installed for Linux %s", release);
	if (access("/sys/module/voltgate", F_OK)) {
		doctor_say(doctor, "module", DOCTOR_WARN, "modprobe voltgate", "voltgate.ko is not loaded");
		return;
	}
	doctor_say(doctor, "module", DOCTOR_OK, NULL, "voltgate.ko is loaded");
	check_kfuncs(doctor);
	check_family(doctor);
}

void doctor_module(struct doctor *doctor)
{
	struct utsname name;

	uname(&name);
	doctor->has_modules = !access("/proc/modules", F_OK);
	if (!doctor->has_modules) {
		doctor_say(doctor, "modules", DOCTOR_WARN,
			   "use a kernel with CONFIG_MODULES, as Debian's, for the attested grade",
			   "this kernel cannot load modules");
		return;
	}
	doctor_say(doctor, "modules", DOCTOR_OK, NULL, "this kernel can load modules");
	check_lockdown(doctor);
	check_secure_boot(doctor);
	check_module(doctor, name.release);
	check_build(doctor, name.release);
}
