// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - voltgate-station: one charger of a charging station, simulated: a
 * meter with a key of its own behind a socket that stands for the cable (cable.h).
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <getopt.h>
#include <stdarg.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/time_text.h"
#include "tools/station/cable.h"
#include "tools/voltgate/key_file.h"

#define STATION_PLUGS 16 /* connections at once */

struct station {
	struct event_base *base;
	struct meter meter;
	/* The simulated clock: runs with the wall's, @speed times as fast while a session is on, and never back. */
	u64 then, wall_then; /* Time64, when it was last looked at */
	u32 speed;
	u32 plugged; /* connections now */
};

static int say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "voltgate-station: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	return 1;
}

static u64 wall(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return time_text_of_unix((u64)now.tv_sec * 1000000 + (u64)now.tv_usec);
}

static u64 meter_now(struct station *station)
{
	u64 now = wall();

	if (now > station->wall_then)
		station->then += (now - station->wall_then) * (station->meter.on ? station->speed : 1);
	station->wall_then = now;
	return station->then;
}

/* --- the cable --- */

static void on_line(struct bufferevent *plug, void *arg)
{
	struct station *station = arg;
	struct evbuffer *input = bufferevent_get_input(plug);
	char answer[CABLE_LINE_MAX], *line;

	while ((line = evbuffer_readln(input, NULL, EVBUFFER_EOL_LF))) {
		cable_answer(&station->meter, line, meter_now(station), answer);
		bufferevent_write(plug, answer, strlen(answer));
		free(line);
	}
	if (evbuffer_get_length(input) >= CABLE_LINE_MAX)
		bufferevent_trigger_event(plug, BEV_EVENT_ERROR, 0);
}

static void on_end(struct bufferevent *plug, short what, void *arg)
{
	struct station *station = arg;

	(void)what;
	station->plugged--;
	bufferevent_free(plug);
}

static void on_plug(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len, void *arg)
{
	struct station *station = arg;
	struct bufferevent *plug = NULL;

	(void)listener, (void)address, (void)len;
	if (station->plugged < STATION_PLUGS)
		plug = bufferevent_socket_new(station->base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (!plug) {
		evutil_closesocket(fd);
		return;
	}
	station->plugged++;
	bufferevent_setwatermark(plug, EV_READ, 0, CABLE_LINE_MAX);
	bufferevent_setcb(plug, on_line, NULL, on_end, station);
	bufferevent_enable(plug, EV_READ | EV_WRITE);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct station *station = arg;

	(void)number, (void)what;
	event_base_loopbreak(station->base);
}

static int serve(struct station *station, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct evconnlistener *listener = NULL;
	struct event *signals[2];
	int i;

	if (strlen(path) >= sizeof(address.sun_path))
		return say("The cable's path is too long.");
	strcpy(address.sun_path, path);
	station->base = event_base_new();
	if (!station->base)
		return say("Out of memory.");
	umask(0077);
	listener = evconnlistener_new_bind(station->base, on_plug, station, LEV_OPT_CLOSE_ON_FREE, 8,
					   (struct sockaddr *)&address, sizeof(address));
	if (!listener) {
		event_base_free(station->base);
		return say("The socket %s cannot be made: %s. Is it there from before?", path, strerror(errno));
	}
	for (i = 0; i < 2; i++) {
		signals[i] = evsignal_new(station->base, i ? SIGTERM : SIGINT, on_signal, station);
		event_add(signals[i], NULL);
	}
	printf("charger %u of %02x%02x%02x%02x..., %llu W: plug in at %s\n", station->meter.charger,
	       station->meter.station[0], station->meter.station[1], station->meter.station[2],
	       station->meter.station[3], (unsigned long long)station->meter.power_w, path);
	fflush(stdout);
	event_base_dispatch(station->base);
	for (i = 0; i < 2; i++)
		event_free(signals[i]);
	evconnlistener_free(listener);
	unlink(path);
	event_base_free(station->base);
	printf("register %llu Wh\n", (unsigned long long)station->meter.register_wh);
	return 0;
}

/* --- words --- */

static const char usage_text[] =
	"usage: voltgate-station --new-meter FILE\n"
	"       voltgate-station --channel ID --station ID --charger N --meter FILE --cable PATH\n"
	"                        [--power W] [--register WH] [--speed N]\n"
	"--new-meter makes a meter's key and prints its public half, for \"voltgate station register\".\n"
	"Else it is the charger: it listens at PATH (the cable) for a charging session's id and answers with readings\n"
	"that the meter's key signs. --power is what flows (default 60000), --register where the meter stands, "
	"--speed\n"
	"how many simulated seconds pass in one (default 1). It ends with SIGINT or SIGTERM.\n";

static int new_meter(const char *path)
{
	u8 public[32], secret[64];
	struct key_file_error error;
	char hex[65];
	int failed;

	crypto_sign_keypair(public, secret);
	failed = key_file_write(path, secret, 32, &error); /* the seed */
	sodium_memzero(secret, sizeof(secret));
	if (failed)
		return say("%s", error.text);
	sodium_bin2hex(hex, sizeof(hex), public, sizeof(public));
	printf("%s\n", hex);
	return 0;
}

static bool number(const char *word, u64 least, u64 most, u64 *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(word, &end, 10);
	return word[0] >= '0' && word[0] <= '9' && !*end && !errno && *ret_number >= least && *ret_number <= most;
}

static int read_meter(const char *path, struct meter *meter)
{
	struct key_file_error error;
	u8 seed[32], public[32];

	if (key_file_read(path, seed, sizeof(seed), &error))
		return say("%s", error.text);
	crypto_sign_seed_keypair(public, meter->secret, seed);
	sodium_memzero(seed, sizeof(seed));
	return 0;
}

struct words {
	const char *meter, *cable;
	u64 charger, power, register_wh, speed;
	bool channel, station;
};

static bool take(int option, const char *value, struct words *words, struct station *station)
{
	switch (option) {
	case 'c':
		return words->channel = !key_file_hex(value, station->meter.channel, 32);
	case 's':
		return words->station = !key_file_hex(value, station->meter.station, 32);
	case 'n':
		return number(value, 1, 65535, &words->charger);
	case 'p':
		return number(value, 1, 100000000, &words->power);
	case 'r':
		return number(value, 0, INT64_MAX / 2, &words->register_wh);
	case 'x':
		return number(value, 1, 100000, &words->speed);
	}
	*(option == 'm' ? &words->meter : &words->cable) = value;
	return true;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "new-meter", required_argument, NULL, 'N' },
		{ "channel", required_argument, NULL, 'c' },
		{ "station", required_argument, NULL, 's' },
		{ "charger", required_argument, NULL, 'n' },
		{ "meter", required_argument, NULL, 'm' },
		{ "cable", required_argument, NULL, 'b' },
		{ "power", required_argument, NULL, 'p' },
		{ "register", required_argument, NULL, 'r' },
		{ "speed", required_argument, NULL, 'x' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct words words = { .power = 60000, .speed = 1 };
	static struct station station;
	int option, at, status;

	if (sodium_init() < 0)
		return say("libsodium cannot start on this system.");
	while ((option = getopt_long(argc, argv, "", options, &at)) != -1) {
		if (option == 'N')
			return new_meter(optarg);
		if (option == 'h')
			return printf("%s", usage_text), 0;
		if (option == '?')
			return fprintf(stderr, "%s", usage_text), 1;
		if (!take(option, optarg, &words, &station))
			return say("--%s does not take \"%.60s\"; see voltgate-station --help.", options[at].name,
				   optarg);
	}
	if (optind < argc || !words.channel || !words.station || !words.charger || !words.meter || !words.cable)
		return fprintf(stderr, "%s", usage_text), 1;
	if (read_meter(words.meter, &station.meter))
		return 2;
	station.meter.charger = (u16)words.charger;
	station.meter.power_w = words.power;
	station.meter.register_wh = words.register_wh;
	station.speed = (u32)words.speed;
	station.then = station.wall_then = wall();
	status = serve(&station, words.cable) ? 2 : 0;
	sodium_memzero(&station.meter.secret, sizeof(station.meter.secret));
	return status;
}
