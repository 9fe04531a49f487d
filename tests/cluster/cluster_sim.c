// SPDX-License-Identifier: GPL-2.0
/*
 * cluster_sim.c - the consensus simulator's command line.
 *
 *   voltgate-cluster-sim [-j JOBS] [-v] [-t] [-k] [-r] [-x] [-T SECONDS] [-s SCENARIO] SEED|FIRST..LAST
 *     -v  one seed with the last things that happened before its failure; -t  each seed twice, to be equal
 *     -s  a written run (scenario.c) with these seeds; "all": each of them; "list": their names
 *     -x  the first failure ends it   -T  a seed may compute so long   -k  KTAP
 *     -r  coverage of the rules C1..C24 is demanded
 *     -p  tells now and then how far it is   -o  keeps that in a file, from which an interrupted run goes on
 *
 * Each job is a process of its own, so that a crash or a hang of the code under test is one seed's failure: the parent
 * notes it and goes on. Exit 0: all seeds passed; 1: some failed (they are printed); 2: usage.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/cluster/progress.h"
#include "tests/cluster/scenario.h"
#include "tests/cluster/world.h"

#define JOBS_MAX 16
#define SEED_SECONDS 300
#define RULES 24

/* Shared by parent and jobs. */
struct job {
	u64 at; /* seed it works on; ~0: there are no more */
	u64 done, failed, commits, events, parcels, lies, virtual_us;
	u32 rules;
};

struct options {
	u64 first, last;
	u32 jobs;
	bool verbose, twice, ktap, rules, first_only, progress;
	const char *record;
	u32 seconds; /* for one seed */
	const struct scenario *scenario;
};

static struct {
	u64 next; /* seed that nobody took yet */
	bool stop;
	struct job jobs[JOBS_MAX];
	struct progress progress;
} * shared;
static int points, failed_points;

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
	u32 i, count = 60000;

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
	failed = world_run(world, seed, options->scenario, options->verbose);
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
		world_run(world, seed, options->scenario, false);
		if (world->digest != digest) {
			print_failure(seed, "A second run of it went another way.");
			failed = true;
		}
		world_done(world);
	}
	free(world);
	return !failed;
}

static void note_failure(struct job *job, u64 seed)
{
	u32 place = __atomic_fetch_add(&shared->progress.failed_count, 1, __ATOMIC_SEQ_CST);

	job->failed++;
	if (place < PROGRESS_FAILED_MAX)
		shared->progress.failed[place] = seed;
}

/* By processor time, so that a busy machine is no hang: nothing here ever sleeps. 0: no limit. */
static void limit(u32 seconds)
{
	const struct itimerval timer = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_PROF, &timer, NULL);
}

static void job_run(const struct options *options, u32 number)
{
	struct job *job = &shared->jobs[number];
	u64 seed;

	while (!shared->stop && (seed = __atomic_fetch_add(&shared->next, 1, __ATOMIC_SEQ_CST)) <= options->last) {
		job->at = seed;
		limit(options->seconds);
		if (!run_seed(options, seed, job)) {
			note_failure(job, seed);
			shared->stop |= options->first_only;
		}
		job->done++;
	}
	job->at = shared->stop ? job->at : ~0ULL;
	limit(0);
}

static void job_start(const struct options *options, u32 number, pid_t *ret_pid)
{
	fflush(stdout);
	*ret_pid = fork();
	if (*ret_pid < 0) {
		perror("fork");
		exit(2);
	}
	if (!*ret_pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		job_run(options, number);
		fflush(stdout);
		_exit(0);
	}
}

/* How far all jobs together are. */
static void progress_look(const struct options *options)
{
	struct progress *progress = &shared->progress;
	u64 through = options->last, done = 0, failed = progress->earlier_failed;
	u32 i;

	for (i = 0; i < options->jobs; i++) {
		const struct job *job = &shared->jobs[i];

		if (job->at <= through)
			through = job->at ? job->at - 1 : options->first - 1;
		done += job->done;
		failed += job->failed;
		progress->rules |= job->rules;
	}
	if (through + 1 > progress->through + 1)
		progress->through = through;
	progress_tick(progress, done, failed);
}

/* The next job that ended; meanwhile how far they are. */
static pid_t job_wait(const struct options *options, int *ret_status)
{
	const struct timespec second = { .tv_sec = 1 };
	sigset_t ended;
	pid_t pid;

	sigemptyset(&ended);
	sigaddset(&ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ended, NULL);
	while (!(pid = waitpid(-1, ret_status, WNOHANG))) {
		sigtimedwait(&ended, NULL, &second);
		if (options->progress)
			progress_look(options);
	}
	return pid;
}

static void jobs_run(const struct options *options)
{
	pid_t pids[JOBS_MAX] = { 0 };
	u32 i, busy = options->jobs;
	char why[96];

	for (i = 0; i < options->jobs; i++)
		job_start(options, i, &pids[i]);
	while (busy) {
		int status;
		pid_t pid = job_wait(options, &status);

		for (i = 0; i < options->jobs && pids[i] != pid; i++)
			;
		if (pid < 0 || i == options->jobs)
			break;
		if (WIFEXITED(status) && !WEXITSTATUS(status)) {
			busy--;
			continue;
		}
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
			snprintf(why, sizeof(why), "It hung for %u s.", options->seconds);
		else
			snprintf(why, sizeof(why), "The process died (%s %d).",
				 WIFSIGNALED(status) ? "signal" : "exit code",
				 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		print_failure(shared->jobs[i].at, why);
		note_failure(&shared->jobs[i], shared->jobs[i].at);
		shared->jobs[i].done++;
		shared->stop |= options->first_only;
		job_start(options, i, &pids[i]);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: voltgate-cluster-sim [-j JOBS] [-v] [-t] [-k] [-r] [-x] [-p] [-o FILE] [-T SECONDS] "
			"[-s SCENARIO] SEED|FIRST..LAST\n");
	return 2;
}

static int options_read(int argc, char **argv, struct options *ret_options, const char **ret_scenario)
{
	char *end;
	int option;

	*ret_options = (struct options){ .jobs = 1, .seconds = SEED_SECONDS };
	while ((option = getopt(argc, argv, "j:vtkrxpo:s:T:")) != -1) {
		if (option == 'j')
			ret_options->jobs = (u32)atoi(optarg);
		else if (option == 'T')
			ret_options->seconds = (u32)atoi(optarg);
		else if (option == 's')
			*ret_scenario = optarg;
		else if (option == 'o')
			ret_options->record = optarg;
		else if (option == '?')
			return -EINVAL;
		ret_options->verbose |= option == 'v';
		ret_options->twice |= option == 't';
		ret_options->ktap |= option == 'k';
		ret_options->rules |= option == 'r';
		ret_options->first_only |= option == 'x';
		ret_options->progress |= option == 'p' || option == 'o';
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

static void point(const struct options *options, bool passed, const char *name, const char *more)
{
	failed_points += !passed;
	points++;
	if (options->ktap)
		printf("%s %d %s%s\n", passed ? "ok" : "not ok", points, name, more);
}

static void sum_up(const struct options *options, struct job *ret_sum)
{
	u32 i;

	memset(ret_sum, 0, sizeof(*ret_sum));
	for (i = 0; i < options->jobs; i++) {
		const struct job *job = &shared->jobs[i];

		ret_sum->done += job->done;
		ret_sum->failed += job->failed;
		ret_sum->commits += job->commits;
		ret_sum->events += job->events;
		ret_sum->parcels += job->parcels;
		ret_sum->lies += job->lies;
		ret_sum->virtual_us += job->virtual_us;
		ret_sum->rules |= job->rules;
	}
}

static void run_scenarios(struct options *options, const char *name)
{
	struct job sum;
	u32 i;

	for (i = 0; i < scenario_count(); i++) {
		options->scenario = scenario_at(i);
		if (strcmp(name, "all") && strcmp(name, options->scenario->name))
			continue;
		memset(shared, 0, sizeof(*shared));
		shared->next = options->first;
		if (options->verbose)
			job_run(options, 0);
		else
			jobs_run(options);
		sum_up(options, &sum);
		if (sum.failed)
			printf("# failed: scenario %s\n", options->scenario->name);
		point(options, !sum.failed, options->scenario->name, "");
	}
}

static void run_seeds(const struct options *options)
{
	struct job sum;
	char more[160];
	u32 rule, missing = 0;

	progress_init(&shared->progress, options->record, options->first, options->last);
	shared->next = shared->progress.through + 1;
	if (options->jobs == 1 && options->verbose)
		job_run(options, 0);
	else
		jobs_run(options);
	sum_up(options, &sum);
	sum.done += shared->progress.earlier;
	sum.failed += shared->progress.earlier_failed;
	sum.rules |= shared->progress.rules;
	if (!shared->stop)
		progress_done(&shared->progress);
	snprintf(more, sizeof(more),
		 ": %llu seeds, %llu failed, %llu blocks, %llu events, %llu parcels, %llu lies, %.0f s of virtual time",
		 (unsigned long long)sum.done, (unsigned long long)sum.failed, (unsigned long long)sum.commits,
		 (unsigned long long)sum.events, (unsigned long long)sum.parcels, (unsigned long long)sum.lies,
		 (double)sum.virtual_us / 1e6);
	point(options, !sum.failed, "simulated clusters", more);
	if (!options->ktap)
		printf("#%s\n", more + 1);
	if (!options->rules)
		return;
	printf("# rules not passed through:");
	for (rule = 1; rule <= RULES; rule++)
		if (!(sum.rules & 1U << rule)) {
			printf(" C%u", rule);
			missing++;
		}
	printf("%s\n", missing ? "" : " none");
	point(options, !missing, "every rule of PROTOCOL.md section 9 was passed through", "");
}

int main(int argc, char **argv)
{
	const char *scenario = NULL;
	struct options options;
	u32 i;

	static char *few[] = { "voltgate-cluster-sim", "-k", "-j", "2", "-T", "900", "601..616", NULL };

	if (argc == 1) { /* as the sanitized build is run by `make check` */
		argc = 7;
		argv = few;
	}
	if (options_read(argc, argv, &options, &scenario))
		return usage();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 2;
	if (scenario && !strcmp(scenario, "list")) {
		for (i = 0; i < scenario_count(); i++)
			printf("%-22s %s\n", scenario_at(i)->name, scenario_at(i)->bug);
		return 0;
	}
	if (options.ktap)
		printf("KTAP version 1\n");
	if (scenario)
		run_scenarios(&options, scenario);
	else
		run_seeds(&options);
	if (options.ktap)
		printf("1..%d\n", points);
	return failed_points ? 1 : 0;
}
