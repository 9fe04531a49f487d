// SPDX-License-Identifier: GPL-2.0
/*
 * run.c - threads that craft and send. Each has its own vehicles, socket and
 * tally and stays on one CPU, so that what one vehicle sends is not reordered.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "tools/sim/admit.h"
#include "tools/sim/its_shots.h"
#include "tools/sim/run.h"

volatile int run_stop;

struct worker {
	const struct options *options;
	struct crafter crafter;
	struct sender sender;
	struct tally tally;
	struct shot *shots; /* SENDER_BATCH */
	struct sender_error error;
	u64 count; /* frames at most */
	u64 start_us;
	u32 number;
	int ret;
	pthread_t thread;
	bool started;
};

static u64 clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
}

u64 run_time64(const struct options *options)
{
	return vg_time64_of_utc(clock_us(CLOCK_REALTIME), options->leap_seconds, options->clock_offset_us);
}

/* Frames that may go now; 0: the run is over. Sleeps until there is one. */
static u32 worker_due(const struct worker *worker)
{
	const struct options *options = worker->options;
	u64 rate = options->rate, sent = worker->tally.frames, due = SENDER_BATCH, elapsed;

	for (;;) {
		elapsed = clock_us(CLOCK_MONOTONIC) - worker->start_us;
		if (run_stop || sent >= worker->count || (options->duration_us && elapsed >= options->duration_us))
			return 0;
		if (rate) {
			u64 allowed = elapsed * rate / options->threads / 1000000 + 1;

			due = allowed > sent ? allowed - sent : 0;
		}
		if (due)
			break;
		elapsed = 1000000 * (u64)options->threads / rate;
		usleep(elapsed < 20000 ? (useconds_t)elapsed + 1 : 20000);
	}
	if (due > SENDER_BATCH)
		due = SENDER_BATCH;
	return (u32)(due < worker->count - sent ? due : worker->count - sent);
}

static int worker_batch(struct worker *worker, u32 due)
{
	struct sender_frame frames[SENDER_BATCH];
	u32 made, taken = 0, i;
	int ret = 0;

	for (made = 0; made < due; made++) {
		struct shot *shot = &worker->shots[made];

		ret = crafter_next(&worker->crafter, run_time64(worker->options), shot);
		if (ret) {
			snprintf(worker->error.text, sizeof(worker->error.text), "a frame could not be made: %s.",
				 strerror(-ret));
			break;
		}
		frames[made].bytes = shot->frame + (worker->sender.udp ? shot->payload_at : 0);
		frames[made].len = shot->len - (worker->sender.udp ? shot->payload_at : 0);
	}
	if (made) {
		int sent = sender_send(&worker->sender, frames, made, &taken);

		if (sent < 0) {
			ret = sent;
			snprintf(worker->error.text, sizeof(worker->error.text),
				 "%s: sending failed after %llu frames: %s.", worker->options->interface,
				 (unsigned long long)worker->tally.frames + taken, strerror(-sent));
		}
	}
	for (i = 0; i < taken; i++)
		tally_count(&worker->tally, &worker->shots[i]);
	return ret;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;
	u32 due;

	CPU_ZERO(&set);
	CPU_SET(worker->number % (cpus > 0 ? (u32)cpus : 1), &set);
	sched_setaffinity(0, sizeof(set), &set); /* a wish: order within a vehicle does not depend on it */
	while (!worker->ret && (due = worker_due(worker)))
		worker->ret = worker_batch(worker, due);
	worker->tally.retries = worker->sender.retries;
	worker->tally.elapsed_us = clock_us(CLOCK_MONOTONIC) - worker->start_us;
	if (worker->ret)
		run_stop = 1;
	return NULL;
}

static bool plan_has_its(const struct craft_plan *plan)
{
	int mode;

	for (mode = 0; mode < MODE_COUNT; mode++) {
		if (mode_is_its(mode) && plan->weights[mode])
			return true;
	}
	return false;
}

/* Thread @number's share of @all things. */
static u64 share_of(u64 all, u32 number, u32 of)
{
	return all / of + (number < all % of);
}

static int worker_init(struct worker *worker, const struct options *options, struct vehicle *vehicles,
		       u32 vehicle_count)
{
	struct its_shots_error its_error = { "" };
	int ret;

	worker->options = options;
	worker->sender.fd = -1;
	worker->sender.stop = &run_stop;
	worker->count = options->count ? share_of(options->count, worker->number, options->threads) : ~0ULL;
	worker->shots = calloc(SENDER_BATCH, sizeof(*worker->shots));
	if (!worker->shots) {
		snprintf(worker->error.text, sizeof(worker->error.text), "out of memory.");
		return -ENOMEM;
	}
	crafter_init(&worker->crafter, &options->plan, vehicles, vehicle_count, worker->number, options->threads,
		     options->seed);
	if (plan_has_its(&options->plan)) {
		ret = its_shots_new(options->its_stations, options->seed + worker->number, run_time64(options),
				    options->its_trust, &worker->crafter.its, &its_error);
		if (ret) {
			snprintf(worker->error.text, sizeof(worker->error.text), "%.200s", its_error.text);
			return ret;
		}
	}
	if (options->udp)
		return sender_open_udp(&worker->sender, options->interface, &options->plan.route,
				       options->plan.from_port, &worker->error);
	return sender_open_packet(&worker->sender, options->interface, &worker->error);
}

static int workers_init(struct worker *workers, const struct options *options, struct fleet *fleet)
{
	struct vehicle *vehicles = fleet->vehicles;
	u32 i, vehicle_count;
	int ret = 0;

	for (i = 0; !ret && i < options->threads; i++) {
		workers[i].number = i;
		vehicle_count = (u32)share_of(fleet->count, i, options->threads);
		workers[i].ret = ret = worker_init(&workers[i], options, vehicles, vehicle_count);
		vehicles = vehicles ? vehicles + vehicle_count : NULL;
	}
	return ret;
}

static int workers_run(struct worker *workers, u32 count)
{
	u64 start_us = clock_us(CLOCK_MONOTONIC);
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < count; i++) {
		workers[i].start_us = start_us;
		ret = -pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);
		workers[i].started = !ret;
	}
	if (ret)
		run_stop = 1;
	for (i = 0; i < count; i++) {
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
	}
	return ret;
}

int run_all(const struct options *options, struct fleet *fleet, struct tally *ret_tally, struct sender_error *ret_error)
{
	struct worker *workers = calloc(options->threads, sizeof(*workers));
	int ret;
	u32 i;

	memset(ret_tally, 0, sizeof(*ret_tally));
	snprintf(ret_error->text, sizeof(ret_error->text), "out of memory.");
	if (!workers)
		return -ENOMEM;
	for (i = 0; i < options->threads; i++)
		workers[i].sender.fd = -1;
	ret = workers_init(workers, options, fleet);
	if (!ret && options->its_trust && options->gate) {
		struct fleet_error error = { "" };

		ret = admit_trust(options->gate, &error);
		snprintf(ret_error->text, sizeof(ret_error->text), "%.250s", error.text);
	}
	if (!ret)
		ret = workers_run(workers, options->threads);
	for (i = 0; i < options->threads; i++) {
		tally_add(ret_tally, &workers[i].tally);
		if (workers[i].ret) {
			ret = workers[i].ret;
			*ret_error = workers[i].error;
		}
		sender_close(&workers[i].sender);
		its_shots_free(workers[i].crafter.its);
		free(workers[i].shots);
	}
	free(workers);
	return ret;
}
