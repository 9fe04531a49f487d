// SPDX-License-Identifier: GPL-2.0
/*
 * cluster_sim.c - the consensus simulator's command line.
 *
 *   voltgate-cluster-sim [-j JOBS] [-v] [-t] [-k] [-r RULES] SEED|FIRST..LAST
 *     -v  one seed with the last things that happened before its failure; -t  each seed twice, to be equal
 *     -k  KTAP   -r  coverage of the rules C1..C24 is demanded
 *
 * Each job is a process of its own, so that a crash or a hang of the code under test is one seed's failure: the parent
 * notes it and goes on. Exit 0: all seeds passed; 1: some failed (they are printed); 2: usage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cluster/world.h"

#define JOBS_MAX 16
#define SEED_SECONDS 300
#define RULES 24

/* Shared by parent and jobs. */
struct job {
	u64 at; /* seed it works on */
	u64 done, failed, commits, events, parcels, lies, virtual_us;
	u32 rules;
	bool busy;
};

struct options {
	u64 first, last;
	u32 jobs;
	bool verbose, twice, ktap, rules;
};

static struct job *jobs;

static void print_failure(u64 seed, const char *why)
{
	printf("seed %llu: %s\n", (unsigned long long)seed, why);
	fflush(stdout);
}

static u32 covered(const struct world *world)
{
	u32 rules = 0, i;

	for (i = 0; i < world->member_count; i++)
		rules |= member_rules(&world->members[i]);
	return rules | world->rules;
}

static void print_tale(const struct world *world)
{
	u32 i, count = 600;

	for (i = 0; world->tale && i < count; i++)
		if (world->tale[(world->tale_at + i) % count])
			printf("# %s\n", world->tale[(world->tale_at + i) % count]);
}

static bool run_seed(const struct options *options, u64 seed, struct job *job)
{
	struct world *world = calloc(1, sizeof(*world));
	bool failed;
	u64 digest;

	if (!world)
		abort();
	failed = world_run(world, seed, options->verbose);
	job->commits += judge_height(world);
	job->events += world->events;
	job->parcels += world->parcels;
	job->lies += world->lies;
	job->virtual_us += world->now_us;
	job->rules |= covered(world);
	if (options->verbose) {
		print_tale(world);
		printf("# seed %llu: n %u, %u liars, faults %llx, %llu blocks, %.3f s virtual, %llu events, digest "
		       "%016llx\n",
		       (unsigned long long)seed, world->plan.n, world->plan.liars,
		       (unsigned long long)world->plan.faults, (unsigned long long)judge_height(world),
		       (double)world->now_us / 1e6, (unsigned long long)world->events,
		       (unsigned long long)world->digest);
	}
	if (failed)
		print_failure(seed, world->failure);
	digest = world->digest;
	world_done(world);
	if (options->twice && !failed) {
		world_run(world, seed, false);
		if (world->digest != digest) {
			print_failure(seed, "A second run of it went another way.");
			failed = true;
		}
		world_done(world);
	}
	free(world);
	return !failed;
}

static void job_run(const struct options *options, u32 number, u64 from)
{
	u64 seed;

	for (seed = from; seed <= options->last; seed += options->jobs) {
		jobs[number].at = seed;
		alarm(SEED_SECONDS);
		if (!run_seed(options, seed, &jobs[number]))
			jobs[number].failed++;
		jobs[number].done++;
	}
	alarm(0);
}

static void job_start(const struct options *options, u32 number, u64 from, pid_t *ret_pid)
{
	fflush(stdout);
	*ret_pid = fork();
	if (*ret_pid < 0) {
		perror("fork");
		exit(2);
	}
	if (!*ret_pid) {
		job_run(options, number, from);
		fflush(stdout);
		_exit(0);
	}
	jobs[number].busy = true;
}

static void jobs_run(const struct options *options)
{
	pid_t pids[JOBS_MAX] = { 0 };
	u32 i, busy = options->jobs;
	char why[96];

	for (i = 0; i < options->jobs; i++)
		job_start(options, i, options->first + i, &pids[i]);
	while (busy) {
		int status;
		pid_t pid = wait(&status);

		for (i = 0; i < options->jobs && pids[i] != pid; i++)
			;
		if (pid < 0 || i == options->jobs)
			break;
		if (WIFEXITED(status) && !WEXITSTATUS(status)) {
			busy--;
			continue;
		}
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
			snprintf(why, sizeof(why), "It hung for %d s.", SEED_SECONDS);
		else
			snprintf(why, sizeof(why), "The process died (%s %d).",
				 WIFSIGNALED(status) ? "signal" : "exit code",
				 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		print_failure(jobs[i].at, why);
		jobs[i].failed++;
		jobs[i].done++;
		job_start(options, i, jobs[i].at + options->jobs, &pids[i]);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: voltgate-cluster-sim [-j JOBS] [-v] [-t] [-k] [-r] SEED|FIRST..LAST\n");
	return 2;
}

static int options_read(int argc, char **argv, struct options *ret_options)
{
	char *end;
	int option;

	*ret_options = (struct options){ .jobs = 1 };
	while ((option = getopt(argc, argv, "j:vtkr")) != -1) {
		if (option == 'j')
			ret_options->jobs = (u32)atoi(optarg);
		else if (option == 'v')
			ret_options->verbose = true;
		else if (option == 't')
			ret_options->twice = true;
		else if (option == 'k')
			ret_options->ktap = true;
		else if (option == 'r')
			ret_options->rules = true;
		else
			return -EINVAL;
	}
	if (optind + 1 != argc || ret_options->jobs < 1 || ret_options->jobs > JOBS_MAX)
		return -EINVAL;
	ret_options->first = ret_options->last = strtoull(argv[optind], &end, 10);
	if (end == argv[optind])
		return -EINVAL;
	if (end[0] == '.' && end[1] == '.')
		ret_options->last = strtoull(end + 2, &end, 10);
	return *end || ret_options->last < ret_options->first ? -EINVAL : 0;
}

static int report(const struct options *options)
{
	struct job sum = { 0 };
	u32 i, rule;
	int missing = 0;

	for (i = 0; i < options->jobs; i++) {
		sum.done += jobs[i].done;
		sum.failed += jobs[i].failed;
		sum.commits += jobs[i].commits;
		sum.events += jobs[i].events;
		sum.parcels += jobs[i].parcels;
		sum.lies += jobs[i].lies;
		sum.virtual_us += jobs[i].virtual_us;
		sum.rules |= jobs[i].rules;
	}
	printf("# %llu seeds, %llu failed, %llu blocks, %llu events, %llu parcels, %llu lies, %.0f s of virtual time\n",
	       (unsigned long long)sum.done, (unsigned long long)sum.failed, (unsigned long long)sum.commits,
	       (unsigned long long)sum.events, (unsigned long long)sum.parcels, (unsigned long long)sum.lies,
	       (double)sum.virtual_us / 1e6);
	printf("# rules not passed through:");
	for (rule = 1; rule <= RULES; rule++)
		if (!(sum.rules & 1U << rule)) {
			printf(" C%u", rule);
			missing++;
		}
	printf("%s\n", missing ? "" : " none");
	if (options->ktap) {
		printf("%s 1 seeds %llu to %llu\n", sum.failed ? "not ok" : "ok", (unsigned long long)options->first,
		       (unsigned long long)options->last);
		if (options->rules)
			printf("%s 2 every rule of PROTOCOL.md section 9 was passed through\n",
			       missing ? "not ok" : "ok");
		printf("1..%d\n", 1 + options->rules);
	}
	return sum.failed || (options->rules && missing) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct options options;

	if (options_read(argc, argv, &options))
		return usage();
	jobs = mmap(NULL, JOBS_MAX * sizeof(*jobs), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (jobs == MAP_FAILED)
		return 2;
	if (options.ktap)
		printf("KTAP version 1\n");
	if (options.jobs == 1 && options.verbose)
		job_run(&options, 0, options.first);
	else
		jobs_run(&options);
	return report(&options);
}
