// SPDX-License-Identifier: GPL-2.0
/*
 * play.c - voltgate-play: sends the frames of a capture on one interface, as
 * they are, with the capture's own spacing or at a rate.
 * Exit codes: 0 played, 1 wrong options or a bad file, 3 the interface could not be used.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "agent/time_text.h"
#include "tools/sim/capture.h"
#include "tools/sim/option_word.h"
#include "tools/sim/refresh.h"
#include "tools/sim/sender.h"

#define LOOPS_MAX 1000000

struct play {
	const char *interface;
	const char *path;
	u64 rate; /* frames per second; 0: the capture's spacing */
	u64 loops;
	u64 limit_us; /* 0: no bound but the file's */
	s64 clock_offset_us;
	bool refresh, info, json;
};

struct played {
	u64 frames, bytes, refreshed;
	u64 first_us, last_us; /* of the capture, since 1970 */
};

static volatile int play_stop;

static void stop(int signal)
{
	(void)signal;
	play_stop = 1;
}

static u64 clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
}

/* Waits until @due_us of the monotonic clock, or a signal. */
static void wait_until(u64 due_us)
{
	u64 now = clock_us(CLOCK_MONOTONIC), left;

	while (!play_stop && now < due_us) {
		left = due_us - now < 100000 ? due_us - now : 100000;
		nanosleep(&(struct timespec){ 0, (long)left * 1000 }, NULL);
		now = clock_us(CLOCK_MONOTONIC);
	}
}

static int play_frame(const struct play *play, struct sender *sender, const struct capture_frame *frame,
		      struct played *played, struct sender_error *ret_error)
{
	static u8 copy[CAPTURE_FRAME_MAX];
	struct sender_frame out = { frame->bytes, frame->len };
	u32 taken;
	int ret;

	if (play->refresh) {
		memcpy(copy, frame->bytes, frame->len);
		out.bytes = copy;
		played->refreshed += refresh_frame(
			copy, frame->len, vg_time64_of_utc(clock_us(CLOCK_REALTIME), 5, play->clock_offset_us));
	}
	ret = sender_send(sender, &out, 1, &taken);
	if (ret < 0) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%s: frame %llu (%u bytes) could not be sent: %s.",
			 play->interface, (unsigned long long)frame->number, frame->len, strerror(-ret));
		return ret;
	}
	played->frames += taken;
	played->bytes += taken ? frame->len : 0;
	return 0;
}

/* One pass through the file. 0, -errno; a sentence in either error. */
static int play_once(const struct play *play, struct sender *sender, u64 deadline_us, struct played *played,
		     struct capture_error *ret_error)
{
	struct sender_error sender_error = { "" };
	u64 start_us = clock_us(CLOCK_MONOTONIC), first_us = 0, due_us, sent = 0;
	struct capture_frame frame = { 0 };
	struct capture *capture;
	int ret = capture_open(play->path, &capture, ret_error);

	if (ret)
		return ret;
	while (!play_stop && (ret = capture_next(capture, &frame, ret_error)) > 0) {
		if (!sent++)
			first_us = frame.time_us;
		if (play->rate)
			due_us = start_us + (sent - 1) * 1000000 / play->rate;
		else
			due_us = start_us + (frame.time_us > first_us ? frame.time_us - first_us : 0);
		if (due_us >= deadline_us) {
			play_stop = 1;
			break;
		}
		wait_until(due_us);
		ret = play_stop ? 0 : play_frame(play, sender, &frame, played, &sender_error);
		if (ret) {
			snprintf(ret_error->text, sizeof(ret_error->text), "%s", sender_error.text);
			break;
		}
	}
	capture_close(capture);
	return ret < 0 ? ret : 0;
}

/* Reads the file to its end, so that a bad one is named before anything is sent. */
static int play_look(const struct play *play, struct played *ret_look, struct capture_error *ret_error)
{
	struct capture_frame frame;
	struct capture *capture;
	int ret = capture_open(play->path, &capture, ret_error);

	memset(ret_look, 0, sizeof(*ret_look));
	if (ret)
		return ret;
	while ((ret = capture_next(capture, &frame, ret_error)) > 0) {
		if (!ret_look->frames++)
			ret_look->first_us = frame.time_us;
		ret_look->last_us = frame.time_us;
		ret_look->bytes += frame.len;
	}
	capture_close(capture);
	if (!ret && !ret_look->frames) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%s: holds no frame.", play->path);
		ret = -EINVAL;
	}
	return ret;
}

static void print_look(const struct play *play, const struct played *look)
{
	s64 offset = (s64)(look->first_us - clock_us(CLOCK_REALTIME));

	if (play->json)
		printf("{\"file\": \"%s\", \"frames\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"first_us\": %" PRIu64
		       ", \"last_us\": %" PRIu64 ", \"clock_offset_us\": %" PRId64 "}\n",
		       play->path, (uint64_t)look->frames, (uint64_t)look->bytes, (uint64_t)look->first_us,
		       (uint64_t)look->last_us, (int64_t)offset);
	else
		printf("%s: %" PRIu64 " frames, %" PRIu64 " bytes, %.3f s; clock-offset-us %" PRId64
		       " makes its first frame one of now\n",
		       play->path, (uint64_t)look->frames, (uint64_t)look->bytes,
		       (double)(look->last_us - look->first_us) / 1e6, (int64_t)offset);
}

static void print_played(const struct play *play, const struct played *played, u64 elapsed_us)
{
	if (play->json)
		printf("{\"file\": \"%s\", \"interface\": \"%s\", \"frames\": %" PRIu64 ", \"bytes\": %" PRIu64
		       ", \"refreshed\": %" PRIu64 ", \"elapsed_us\": %" PRIu64 "}\n",
		       play->path, play->interface, (uint64_t)played->frames, (uint64_t)played->bytes,
		       (uint64_t)played->refreshed, (uint64_t)elapsed_us);
	else
		printf("played %" PRIu64 " frames, %" PRIu64 " bytes, in %.3f s\n", (uint64_t)played->frames,
		       (uint64_t)played->bytes, (double)elapsed_us / 1e6);
}

static int play_all(const struct play *play)
{
	u64 start_us = clock_us(CLOCK_MONOTONIC), deadline_us = play->limit_us ? start_us + play->limit_us : ~0ULL,
	    loop;
	struct sender sender = { .fd = -1, .stop = &play_stop };
	struct sender_error sender_error = { "" };
	struct capture_error error = { "" };
	struct played played = { 0 };
	int ret = sender_open_packet(&sender, play->interface, &sender_error);

	if (ret) {
		fprintf(stderr, "voltgate-play: %s\n", sender_error.text);
		return 3;
	}
	for (loop = 0; !ret && !play_stop && loop < play->loops; loop++)
		ret = play_once(play, &sender, deadline_us, &played, &error);
	sender_close(&sender);
	print_played(play, &played, clock_us(CLOCK_MONOTONIC) - start_us);
	if (ret)
		fprintf(stderr, "voltgate-play: %s\n", error.text);
	return ret == -EBADMSG || ret == -ENOENT || ret == -EACCES ? 1 : ret ? 3 : 0;
}

static void help(void)
{
	printf("voltgate-play -i INTERFACE [-r RATE] [-l LOOPS] [-d DURATION] [--refresh] [-j] FILE\n"
	       "voltgate-play --info [-j] FILE\n"
	       "Sends the Ethernet frames of a capture on one interface, unaltered, with the capture's own\n"
	       "spacing or RATE frames per second, LOOPS times (default 1). voltgate-play(1) says more.\n");
}

static int refuse(const char *what, const char *remedy)
{
	fprintf(stderr, "voltgate-play: %s: %s\n", what, remedy);
	return -EINVAL;
}

static int read_option(struct play *play, int letter, const char *value)
{
	char *end;

	switch (letter) {
	case 'i':
		play->interface = value;
		return 0;
	case 'r':
		return option_word_number(value, 1, 10000000, &play->rate)
			       ? refuse(value, "give a rate from 1 to 10000000 frames per second.")
			       : 0;
	case 'l':
		return option_word_number(value, 1, LOOPS_MAX, &play->loops)
			       ? refuse(value, "give a number of loops from 1 to 1000000.")
			       : 0;
	case 'd':
		return time_text_duration(value, &play->limit_us) || !play->limit_us
			       ? refuse(value, "give a duration such as 30s or 5m.")
			       : 0;
	case 'o':
		play->clock_offset_us = strtoll(value, &end, 10);
		return !*value || *end ? refuse(value, "give microseconds, with a sign if need be.") : 0;
	case 'R':
		play->refresh = true;
		return 0;
	case 'n':
		play->info = true;
		return 0;
	case 'j':
		play->json = true;
		return 0;
	}
	return -EINVAL;
}

/* 0; 1: nothing more to do; -EINVAL. */
static int read_options(struct play *play, int argc, char **argv)
{
	static const struct option words[] = {
		{ "interface", required_argument, NULL, 'i' },
		{ "rate", required_argument, NULL, 'r' },
		{ "loops", required_argument, NULL, 'l' },
		{ "duration", required_argument, NULL, 'd' },
		{ "clock-offset-us", required_argument, NULL, 'o' },
		{ "refresh", no_argument, NULL, 'R' },
		{ "info", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "i:r:l:d:njhv", words, NULL)) != -1) {
		if (letter == 'h' || letter == 'v') {
			if (letter == 'h')
				help();
			else
				printf("voltgate-play %s\n", VOLTGATE_VERSION);
			return 1;
		}
		if (read_option(play, letter, optarg))
			return -EINVAL;
	}
	if (optind + 1 != argc)
		return refuse(optind < argc ? argv[optind + 1] : "no file", "name one capture to play.");
	play->path = argv[optind];
	if (!play->info && !play->interface)
		return refuse("no interface",
			      "say on which interface to send: -i INTERFACE; nothing is sent on others.");
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	struct play play = { .loops = 1 };
	struct capture_error error = { "" };
	struct played look;
	int ret = read_options(&play, argc, argv);

	if (ret)
		return ret < 0 ? 1 : 0;
	if (play_look(&play, &look, &error)) {
		fprintf(stderr, "voltgate-play: %s\n", error.text);
		return 1;
	}
	if (play.info) {
		print_look(&play, &look);
		return 0;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	fprintf(stderr, "voltgate-play: %llu times %llu frames of %s on %s only\n", (unsigned long long)play.loops,
		(unsigned long long)look.frames, play.path, play.interface);
	return play_all(&play);
}
