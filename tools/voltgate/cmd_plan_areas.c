// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_plan_areas.c - voltgate plan areas: every area of a case as a process of
 * its own, which talk to each other and to nobody else; this one starts them, starts again what dies, and puts the
 * parts together. voltgate plan area: one of them, for a machine of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/voltgate/area_report.h"
#include "tools/voltgate/plan_area.h"
#include "tools/voltgate/plan_verbs.h"

#define AREAS_DEATHS_MAX 20
#define AREAS_LINE_MAX (64 * 1024 * 1024)

struct areas_child {
	pid_t pid;
	int from, to; /* its lines; closing @to ends it */
	char *line;
	size_t len, room;
	json_t *part; /* the last whole line */
};

struct areas {
	const struct dispatch_problem *problem;
	char folder[64];
	u32 count, deaths;
	char address[AREA_MOST][96];
	const char *addresses[AREA_MOST];
	struct areas_child child[AREA_MOST];
	double drill;
};

static int areas_start(struct areas *areas, u32 i)
{
	struct plan_area_words words = {
		.index = i, .areas = areas->count, .address = areas->addresses, .drill = areas->drill
	};
	struct areas_child *child = &areas->child[i];
	int from[2], to[2], err;
	char error[320];
	u32 k;

	if (pipe2(from, O_CLOEXEC) || pipe2(to, O_CLOEXEC))
		return say_failure(CLI_REFUSED, "no pipe for area %u: %s", i + 1, strerror(errno));
	child->pid = fork();
	if (!child->pid) {
		for (k = 0; k < areas->count; k++) /* the others end when this program closes theirs, not when we do */
			if (k != i && areas->child[k].pid) {
				close(areas->child[k].to);
				close(areas->child[k].from);
			}
		close(from[0]);
		close(to[1]);
		words.out = from[1];
		words.until = to[0];
		err = plan_area_run(areas->problem, &words, error);
		if (err)
			fprintf(stderr, "voltgate: %s.\n", error);
		_exit(err ? CLI_REFUSED : CLI_OK);
	}
	close(from[1]);
	close(to[0]);
	child->from = from[0];
	child->to = to[1];
	if (child->pid < 0)
		return say_failure(CLI_REFUSED, "no process for area %u: %s", i + 1, strerror(errno));
	return CLI_OK;
}

static void areas_end(struct areas_child *child)
{
	if (child->pid > 0) {
		close(child->to);
		close(child->from);
		waitpid(child->pid, NULL, 0);
	}
	free(child->line);
	json_decref(child->part);
	memset(child, 0, sizeof(*child));
}

/* A process that ended before it was asked to: what it knew is with its neighbours. */
static int areas_again(struct areas *areas, u32 i)
{
	struct areas_child *child = &areas->child[i];
	int status = 0;

	waitpid(child->pid, &status, 0);
	close(child->to);
	close(child->from);
	child->pid = 0;
	child->len = 0;
	json_decref(child->part);
	child->part = NULL;
	if (WIFEXITED(status)) /* it said why */
		return CLI_REFUSED;
	if (areas->deaths++ == AREAS_DEATHS_MAX)
		return say_failure(CLI_REFUSED, "areas died %u times", AREAS_DEATHS_MAX);
	return areas_start(areas, i);
}

static int areas_read(struct areas *areas, u32 i)
{
	struct areas_child *child = &areas->child[i];
	char *end, *grown;
	ssize_t got;

	if (child->room - child->len < 65536) {
		grown = child->room < AREAS_LINE_MAX ? realloc(child->line, child->room * 2 + 131072) : NULL;
		if (!grown)
			return say_failure(CLI_REFUSED, "area %u says too much", i + 1);
		child->line = grown;
		child->room = child->room * 2 + 131072;
	}
	got = read(child->from, child->line + child->len, child->room - child->len);
	if (got < 0)
		return errno == EINTR ? CLI_OK : say_failure(CLI_REFUSED, "area %u: %s", i + 1, strerror(errno));
	if (!got)
		return areas_again(areas, i);
	child->len += (size_t)got;
	while ((end = memchr(child->line, '\n', child->len))) {
		json_decref(child->part);
		child->part = json_loadb(child->line, (size_t)(end - child->line), 0, NULL);
		child->len -= (size_t)(end + 1 - child->line);
		memmove(child->line, end + 1, child->len);
	}
	return CLI_OK;
}

/* All have told, after the same round. */
static bool areas_agreed(const struct areas *areas)
{
	u32 i;

	for (i = 0; i < areas->count; i++)
		if (!areas->child[i].part || json_integer_value(json_object_get(areas->child[i].part, "round")) !=
						     json_integer_value(json_object_get(areas->child[0].part, "round")))
			return false;
	return true;
}

static int areas_wait(struct areas *areas)
{
	struct pollfd polled[AREA_MOST];
	int status = CLI_OK;
	u32 i;

	while (!status && !areas_agreed(areas)) {
		for (i = 0; i < areas->count; i++)
			polled[i] = (struct pollfd){ areas->child[i].from, POLLIN, 0 };
		if (poll(polled, areas->count, -1) < 0 && errno != EINTR)
			return say_failure(CLI_REFUSED, "%s", strerror(errno));
		for (i = 0; !status && i < areas->count; i++)
			if (polled[i].revents)
				status = areas_read(areas, i);
	}
	return status;
}

static int areas_assemble(const struct cli *cli, const struct areas *areas)
{
	struct area_report report = { .problem = areas->problem, .areas = areas->count, .deaths = areas->deaths };
	u32 i;

	for (i = 0; i < areas->count; i++)
		report.part[i] = areas->child[i].part;
	return area_report(cli, &report);
}

static int areas_run(const struct cli *cli, struct areas *areas)
{
	int status = CLI_OK;
	u32 i;

	strcpy(areas->folder, "/tmp/voltgate-areas-XXXXXX");
	if (!mkdtemp(areas->folder))
		return say_failure(CLI_REFUSED, "no folder for sockets: %s", strerror(errno));
	for (i = 0; i < areas->count; i++) {
		snprintf(areas->address[i], sizeof(areas->address[i]), "%s/%u", areas->folder, i + 1);
		areas->addresses[i] = areas->address[i];
	}
	for (i = 0; !status && i < areas->count; i++)
		status = areas_start(areas, i);
	if (!status)
		status = areas_wait(areas);
	if (!status)
		status = areas_assemble(cli, areas);
	for (i = 0; i < areas->count; i++) {
		areas_end(&areas->child[i]);
		unlink(areas->address[i]);
	}
	rmdir(areas->folder);
	return status;
}

int plan_areas(const struct cli *cli, int argc, char **argv)
{
	struct areas *areas = calloc(1, sizeof(*areas));
	struct plan_words words = { .scale = 1 };
	struct plan_case plan_case = { 0 };
	int status = areas ? plan_case_words(argc, argv, 1, &words) : say_failure(CLI_REFUSED, "out of memory");

	if (!status)
		status = plan_case_load(&words, &plan_case);
	if (!status) {
		areas->problem = &plan_case.problem;
		areas->drill = words.drill;
		areas->count = area_count(plan_case.files.grid);
		status = area_judge(&plan_case.problem, areas->count);
	}
	signal(SIGPIPE, SIG_IGN);
	if (!status)
		status = areas_run(cli, areas);
	plan_case_free(&plan_case);
	free(areas);
	return status;
}

/* voltgate plan area INDEX ADDRESS,ADDRESS,... CASE: until its standard input ends. */
int plan_area(const struct cli *cli, int argc, char **argv)
{
	struct plan_area_words area = { .out = STDOUT_FILENO, .until = STDIN_FILENO };
	const char *address[AREA_MOST];
	struct plan_words words = { .scale = 1 };
	struct plan_case plan_case = { 0 };
	char *list, error[320];
	int status = argc < 4 ? say_usage("plan", "plan area needs an INDEX, ADDRESSES and a CASE") : CLI_OK;

	(void)cli;
	if (status)
		return status;
	area.index = (u32)strtoul(argv[1], NULL, 10) - 1;
	for (list = strtok(argv[2], ","); list && area.areas < AREA_MOST; list = strtok(NULL, ","))
		address[area.areas++] = list;
	area.address = address;
	status = plan_case_words(argc, argv, 3, &words);
	area.drill = words.drill;
	if (!status)
		status = plan_case_load(&words, &plan_case);
	if (!status)
		status = area_judge(&plan_case.problem, area_count(plan_case.files.grid));
	if (!status && (area.areas != area_count(plan_case.files.grid) || area.index >= area.areas))
		status = say_usage("plan", "the case has %u areas: as many ADDRESSES, and an INDEX from 1 to that",
				   area_count(plan_case.files.grid));
	if (!status && plan_area_run(&plan_case.problem, &area, error))
		status = say_failure(CLI_REFUSED, "%s", error);
	plan_case_free(&plan_case);
	return status;
}
