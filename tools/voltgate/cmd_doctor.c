// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_doctor.c - voltgate doctor: what this machine can run, what is missing
 * for more, and what to do. It looks and changes nothing.
 */
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/voltgate/doctor.h"
#include "tools/voltgate/say.h"

static const char *const states[] = { "ok", "warn", "fail" };

void doctor_say(struct doctor *doctor, const char *check, enum doctor_state state, const char *remedy,
		const char *format, ...)
{
	char text[512];
	va_list args;
	json_t *object;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	doctor->found[state]++;
	if (doctor->cli->json) {
		object = json_pack("{s:s, s:s, s:s}", "check", check, "state", states[state], "text", text);
		if (remedy)
			json_object_set_new(object, "remedy", json_string(remedy));
		say_json(object);
		return;
	}
	printf("%-4s  %-14s %s%s%s\n", states[state], check, text, remedy ? ": " : "", remedy ? remedy : "");
}

bool doctor_read(const char *path, char *ret_text, unsigned int size)
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(ret_text, (int)size, file);

	if (file)
		fclose(file);
	if (read)
		ret_text[strcspn(ret_text, "\n")] = '\0';
	return read;
}

/* The interfaces that were named, else all that are no loopback. */
static void check_interfaces(struct doctor *doctor, int argc, char **argv)
{
	struct if_nameindex *all, *one;
	int i;

	for (i = 1; i < argc; i++)
		doctor_interface(doctor, argv[i]);
	if (argc > 1)
		return;
	all = if_nameindex();
	for (one = all; one && one->if_index; one++)
		if (strcmp(one->if_name, "lo"))
			doctor_interface(doctor, one->if_name);
	if_freenameindex(all);
}

static const char *best_grade(const struct doctor *doctor)
{
	if (!doctor->can_load || !doctor->has_btf)
		return "none";
	return doctor->module_ready ? "attested" : "plain";
}

static int verdict(struct doctor *doctor)
{
	const char *grade = best_grade(doctor), *why;
	bool none = !strcmp(grade, "none");

	if (none)
		why = !doctor->can_load ? "the gate cannot run here: no BPF program can be loaded"
					: "the gate cannot run here: the kernel does not show its types (BTF)";
	else if (doctor->module_ready)
		why = "the gate can run attested: the module enforces and signs";
	else if (!doctor->has_modules)
		why = "the gate can run plain, not attested: this kernel loads no modules";
	else
		why = "the gate can run plain, not attested: voltgate.ko is not ready";
	if (doctor->cli->json)
		say_json(json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "check", "grade", "state",
				   none			  ? "fail"
				   : doctor->module_ready ? "ok"
							  : "warn",
				   "grade", grade, "text", why, "warnings", (int)doctor->found[DOCTOR_WARN], "failures",
				   (int)doctor->found[DOCTOR_FAIL]));
	else
		printf("\n%s.\n", why);
	return none ? CLI_REFUSED : CLI_OK;
}

static int doctor(const struct cli *cli, int argc, char **argv)
{
	struct doctor doctor = { .cli = cli };
	int i;

	for (i = 1; i < argc; i++)
		if (argv[i][0] == '-' || !*argv[i] || strlen(argv[i]) >= IFNAMSIZ || strchr(argv[i], '/'))
			return say_usage("doctor", "\"%.60s\" is no name of an interface", argv[i]);
	doctor_kernel(&doctor);
	doctor_module(&doctor);
	check_interfaces(&doctor, argc, argv);
	doctor_system(&doctor);
	return verdict(&doctor);
}

const struct cli_command cmd_doctor = {
	.name = "doctor",
	.run = doctor,
	.usage = "[IFACE]...",
	.summary = "Explain what this machine can run and what is missing",
	.help = "One line a check, ok, warn or fail, with what to do; nothing is changed. Run it as root to see all. "
		"The last\n"
		"line says which grade the gate can run in. Exit status 0: in some grade, 2: in none.",
	.verbs = NULL,
};
