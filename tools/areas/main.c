// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - voltgate-areas-mpi: the areas of a case, each a process of one MPI
 * job, on one machine or many. The solvers and what they tell each other are those of voltgate plan areas
 * (consensus.h); only the post is another. A program of its own, so that voltgate does not need MPI.
 *
 *   read, cut (all alike, compared) -> rounds until all agree -> parts to process 0 -> put together, reported there
 */
#include <errno.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/areas/post.h"
#include "tools/voltgate/area_part.h"
#include "tools/voltgate/area_report.h"

#define JOB_PATIENCE_S 120
#define JOB_REST_NS 100000

struct job {
	struct cli cli;
	struct plan_words words;
	struct plan_case plan_case;
	bool apart;
	double patience_s;
	int rank, count;
	struct area *area;
	struct consensus *consensus;
	struct post *post;
};

static volatile sig_atomic_t job_ended;

static void job_end(int signal)
{
	(void)signal;
	job_ended = 1;
}

static const char job_help[] =
	"Usage: mpirun -n N voltgate-areas-mpi [-j] [--periods N] [--limits-scale X] [--keep-areas] [--apart] "
	"[--patience SECONDS] CASE\n\n"
	"Finds the cheapest dispatch of CASE (a MATPOWER file or a folder of CSV tables) in areas: each process "
	"solves\n"
	"one and tells its neighbours flows and angles of their ties, until all agree. There are as many areas as\n"
	"processes; where the case names another number, it is cut into areas of about equal size with few ties.\n"
	"--apart leaves out the optimum of the whole, with which the answer is otherwise compared.\n"
	"--patience is after how long a neighbour that says nothing counts as lost (120).\n";

/* What is this program's own among the words; the others are those of voltgate plan. A status. */
static int job_words(struct job *job, int argc, char **argv)
{
	char **rest = calloc((size_t)argc + 1, sizeof(*rest)), *end;
	int count = 0, status = CLI_OK, i;

	if (!rest)
		return say_failure(CLI_REFUSED, "out of memory");
	for (i = 1; i < argc && !status; i++) {
		if (!strcmp(argv[i], "-j") || !strcmp(argv[i], "--json")) {
			job->cli.json = true;
		} else if (!strcmp(argv[i], "--apart")) {
			job->apart = true;
		} else if (!strcmp(argv[i], "--patience")) {
			job->patience_s = i + 1 < argc ? strtod(argv[++i], &end) : 0;
			if (!(job->patience_s >= 1 && job->patience_s <= 86400) || *end)
				status = say_usage("plan", "--patience takes seconds from 1 to 86400");
		} else {
			rest[count++] = argv[i];
		}
	}
	if (!status)
		status = plan_case_words(count, rest, 0, &job->words);
	if (!status && (job->words.csv || job->words.report || job->words.seconds > 0 || job->words.drill > 0 ||
			job->words.groups || job->words.areas))
		status = say_usage("plan", "of plan's options voltgate-areas-mpi takes --periods, --limits-scale and "
					   "--keep-areas");
	free(rest);
	return status;
}

/* Reads the case; cut into as many areas as there are processes. */
static int job_read(struct job *job)
{
	int status;

	job->words.quiet = job->rank != 0;
	status = plan_case_load(&job->words, &job->plan_case);
	if (!status && (int)area_count(job->plan_case.files.grid) != job->count) {
		plan_case_free(&job->plan_case);
		job->words.areas = (u32)job->count;
		job->words.quiet = true;
		status = plan_case_load(&job->words, &job->plan_case);
	}
	return status ? status : area_judge(&job->plan_case.problem, (u32)job->count);
}

static u64 job_mix(u64 sum, const void *bytes, size_t len)
{
	const u8 *at = bytes;

	while (len--)
		sum = (sum ^ *at++) * 0x100000001b3ULL;
	return sum;
}

/* Of what the solvers take from the case: whoever read another one would never agree. */
static u64 job_digest(const struct dispatch_problem *problem)
{
	const struct grid *grid = problem->grid;
	u64 sum = 0xcbf29ce484222325ULL;
	u32 i;

	sum = job_mix(sum, &problem->limits_scale, sizeof(double));
	sum = job_mix(sum, problem->load, (size_t)problem->periods * grid->buses * sizeof(double));
	for (i = 0; i < grid->buses; i++)
		sum = job_mix(sum, &grid->bus[i].area, sizeof(u32));
	for (i = 0; i < grid->units; i++) {
		sum = job_mix(sum, &grid->unit[i].bus, sizeof(u32));
		sum = job_mix(sum, &grid->unit[i].most, sizeof(double));
		sum = job_mix(sum, &grid->unit[i].cost.linear, sizeof(double));
	}
	for (i = 0; i < grid->branches; i++) {
		sum = job_mix(sum, &grid->branch[i].susceptance, sizeof(double));
		sum = job_mix(sum, &grid->branch[i].limit, sizeof(double));
	}
	return sum;
}

/* Process 0 first: what is wrong is said once. A status, the same for all. */
static int job_load(struct job *job, int argc, char **argv)
{
	unsigned long long mine, least, most;
	int status = CLI_OK, worst;

	if (!job->rank) {
		status = job_words(job, argc, argv);
		if (!status)
			status = job_read(job);
	}
	MPI_Bcast(&status, 1, MPI_INT, 0, MPI_COMM_WORLD);
	if (status)
		return status;
	if (job->rank) {
		status = job_words(job, argc, argv);
		if (!status)
			status = job_read(job);
	}
	MPI_Allreduce(&status, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
	if (worst)
		return worst;
	mine = job_digest(&job->plan_case.problem);
	MPI_Allreduce(&mine, &least, 1, MPI_UNSIGNED_LONG_LONG, MPI_MIN, MPI_COMM_WORLD);
	MPI_Allreduce(&mine, &most, 1, MPI_UNSIGNED_LONG_LONG, MPI_MAX, MPI_COMM_WORLD);
	if (least == most)
		return CLI_OK;
	return job->rank ? CLI_REFUSED
			 : say_failure(CLI_REFUSED, "the processes read different cases: give all the same");
}

static int job_open(struct job *job)
{
	struct consensus_words talk = { .areas = (u32)job->count,
					.instance = 1,
					.scale = area_price_scale(job->plan_case.files.grid),
					.send = post_send };
	struct dispatch_error error = { "" };
	int err = area_new(&job->plan_case.problem, (u32)job->rank, &job->area, &error);

	if (err)
		return say_failure(CLI_REFUSED, "area %d: %s", job->rank + 1,
				   error.text[0] ? error.text : strerror(-err));
	err = post_new(job->area, (u64)(job->patience_s * 1000), &job->post);
	talk.context = job->post;
	if (!err)
		err = consensus_new(job->area, &talk, &job->consensus, &error);
	return err ? say_failure(CLI_REFUSED, "area %d: %s", job->rank + 1, error.text[0] ? error.text : strerror(-err))
		   : CLI_OK;
}

/* Until this and all other processes are done; neighbours are answered until then. A status after a sentence. */
static int job_live(struct job *job)
{
	const struct timespec rest = { 0, JOB_REST_NS };
	MPI_Request all;
	bool done = false;
	u32 silent;
	int got, over = 0;

	while (!over) {
		consensus_tick(job->consensus, post_clock_ms());
		got = post_take(job->post, job->consensus);
		if (consensus_phase(job->consensus) == CONSENSUS_FAILED)
			return say_failure(CLI_REFUSED, "%s", consensus_error(job->consensus));
		if (got < 0)
			return say_failure(CLI_REFUSED, "area %d: %s", job->rank + 1, strerror(-got));
		if (job_ended)
			return job->rank
				       ? CLI_REFUSED
				       : say_failure(CLI_REFUSED, "another process of the job was lost, or the job was "
								  "told to end: there is no plan");
		silent = post_silent(job->post, post_clock_ms());
		if (silent != ~0U)
			return say_failure(CLI_REFUSED,
					   "process %u (area %u) has said nothing to area %d for %g s and "
					   "is lost: there is no plan",
					   silent, silent + 1, job->rank + 1, job->patience_s);
		if (!done && consensus_phase(job->consensus) == CONSENSUS_DONE) {
			done = true;
			MPI_Ibarrier(MPI_COMM_WORLD, &all);
		}
		if (done)
			MPI_Test(&all, &over, MPI_STATUS_IGNORE);
		if (!got && !over)
			nanosleep(&rest, NULL);
	}
	return CLI_OK;
}

/* This area's part as text, with the machine it was solved on. NULL: out of memory. */
static char *job_part(const struct job *job)
{
	const struct dispatch_problem *problem = &job->plan_case.problem;
	struct dispatch_plan *plan =
		dispatch_plan_new(problem->grid, problem->periods, problem->stations ? problem->stations->count : 0);
	char host[MPI_MAX_PROCESSOR_NAME + 1] = "", *text = NULL;
	json_t *part = NULL;
	int len;

	if (plan) {
		area_put(job->area, plan);
		part = area_part_put(job->area, job->consensus, plan);
	}
	MPI_Get_processor_name(host, &len);
	if (part) {
		json_object_set_new(part, "host", json_string(host));
		text = json_dumps(part, JSON_COMPACT | JSON_REAL_PRECISION(17));
	}
	json_decref(part);
	dispatch_free(plan);
	return text;
}

static int job_report(const struct job *job)
{
	struct area_report report = { .problem = &job->plan_case.problem,
				      .areas = (u32)job->count,
				      .apart = job->apart };
	char *text = job_part(job), *texts[AREA_MOST] = { NULL };
	int i, status = CLI_OK, err = text ? post_gather(text, texts) : -ENOMEM;

	if (err)
		status = say_failure(CLI_REFUSED, "area %d: %s", job->rank + 1, strerror(-err));
	for (i = 0; !status && !job->rank && i < job->count; i++)
		report.part[i] = json_loads(texts[i], 0, NULL);
	if (!status && !job->rank)
		status = area_report(&job->cli, &report);
	for (i = 0; i < AREA_MOST; i++) {
		json_decref(report.part[i]);
		free(texts[i]);
	}
	free(text);
	return status;
}

static void job_close(struct job *job)
{
	consensus_free(job->consensus);
	post_free(job->post);
	area_free(job->area);
	plan_case_free(&job->plan_case);
}

int main(int argc, char **argv)
{
	struct job job = { .words = { .scale = 1 }, .patience_s = JOB_PATIENCE_S };
	int status;

	if (argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		fputs(job_help, stdout);
		return say_done(CLI_OK);
	}
	if (argc == 2 && (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version"))) {
		printf("voltgate-areas-mpi %s\n", VOLTGATE_VERSION);
		return say_done(CLI_OK);
	}
	MPI_Init(&argc, &argv);
	signal(SIGTERM, job_end);
	MPI_Comm_rank(MPI_COMM_WORLD, &job.rank);
	MPI_Comm_size(MPI_COMM_WORLD, &job.count);
	status = job_load(&job, argc, argv);
	if (!status) {
		status = job_open(&job);
		if (!status)
			status = job_live(&job);
		if (!status)
			status = job_report(&job);
		if (status) /* the others wait for this process */
			MPI_Abort(MPI_COMM_WORLD, status);
	}
	post_meet();
	job_close(&job);
	MPI_Finalize();
	return status;
}
