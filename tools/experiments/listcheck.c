// SPDX-License-Identifier: GPL-2.0
/*
 * listcheck.c - the traditional check of Fig. 7: vehicle identifiers in user
 * space against a list of known ones, polled. It copies what comes in on an
 * interface, judges nothing but the identifier, and writes an alarm for each
 * packet whose identifier is not on the list.
 *
 *   listcheck -i INTERFACE -k FILE -l LOG [-p MILLISECONDS]
 *
 * -k: known identifiers, 16 hex digits at the beginning of a line, '#' begins
 * a comment (voltgate-sim's session file will do). -p: time between polls, 10. A line on standard output says
 * that it listens, and at SIGTERM or SIGINT another one what was seen:
 *   {"frames": N, "vehicle": N, "unknown": N, "wrong": N, "lost": N}
 * Exit 0, or 1 with a sentence.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tools/experiments/id_list.h"
#include "tools/experiments/list_frame.h"

#define ROUND 64 /* frames a system call */
#define FRAME_MAX 2048
#define QUEUE_BYTES (8 << 20) /* what may come between two polls */
#define LINE_MAX 256

struct counts {
	u64 frames, vehicle, unknown, wrong, lost;
};

struct check {
	struct id_list known;
	struct counts counts;
	int wire, log, timer;
	struct mmsghdr messages[ROUND];
	struct iovec pieces[ROUND];
	struct sockaddr_ll from[ROUND];
	u8 frames[ROUND][FRAME_MAX];
	char lines[ROUND * LINE_MAX];
	size_t lines_len;
};

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
	(void)number;
	ended = 1;
}

__attribute__((noreturn)) static void die(const char *what, const char *which)
{
	fprintf(stderr, "listcheck: %s %s: %s.\n", what, which, strerror(errno));
	exit(1);
}

static void read_known(struct check *check, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512], *end;
	u64 id;

	if (!file)
		die("Cannot read the list", path);
	while (fgets(line, sizeof(line), file)) {
		if (*line == '#' || *line == '\n')
			continue;
		id = strtoull(line, &end, 16);
		if (end != line + 16)
			errno = EINVAL;
		if (end != line + 16 || id_list_add(&check->known, id))
			die("Cannot take an identifier of the list", path);
	}
	fclose(file);
}

static void listen_on(struct check *check, const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int room = QUEUE_BYTES;
	u32 i;

	/* Protocol 0: nothing comes before it is bound to the one interface. */
	check->wire = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	address.sll_ifindex = (int)if_nametoindex(interface);
	if (check->wire < 0 || !address.sll_ifindex)
		die("Cannot listen on", interface);
	if (setsockopt(check->wire, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    bind(check->wire, (struct sockaddr *)&address, sizeof(address)))
		die("Cannot listen on", interface);
	for (i = 0; i < ROUND; i++) {
		check->pieces[i] = (struct iovec){ check->frames[i], FRAME_MAX };
		check->messages[i].msg_hdr = (struct msghdr){ .msg_name = &check->from[i],
							      .msg_namelen = sizeof(check->from[i]),
							      .msg_iov = &check->pieces[i],
							      .msg_iovlen = 1 };
	}
}

static void alarm_raise(struct check *check, enum list_frame_kind kind, const struct list_frame *frame)
{
	char source[INET6_ADDRSTRLEN] = "";

	inet_ntop(frame->family == 4 ? AF_INET : AF_INET6, frame->source, source, sizeof(source));
	check->lines_len += (size_t)snprintf(
		check->lines + check->lines_len, LINE_MAX,
		"{\"event_type\": \"alarm\", \"reason\": \"%s\", \"session\": \"%016llx\", \"src_ip\": \"%s\"}\n",
		kind == LIST_FRAME_WRONG ? "malformed" : "unknown-session", frame->session, source);
}

static void judge(struct check *check, const u8 *bytes, size_t len)
{
	struct list_frame frame;
	enum list_frame_kind kind = list_frame_read(bytes, len, &frame);

	check->counts.frames++;
	check->counts.vehicle += kind == LIST_FRAME_VEHICLE;
	check->counts.wrong += kind == LIST_FRAME_WRONG;
	if (kind == LIST_FRAME_OTHER || (kind == LIST_FRAME_VEHICLE && id_list_has(&check->known, frame.session)))
		return;
	check->counts.unknown += kind == LIST_FRAME_VEHICLE;
	alarm_raise(check, kind, &frame);
}

/* All that has come since the last poll. */
static void poll_wire(struct check *check)
{
	int got, i;

	do {
		got = recvmmsg(check->wire, check->messages, ROUND, MSG_DONTWAIT, NULL);
		for (i = 0; i < got; i++)
			if (check->from[i].sll_pkttype != PACKET_OUTGOING)
				judge(check, check->frames[i], check->messages[i].msg_len);
		if (check->lines_len && write(check->log, check->lines, check->lines_len) != (ssize_t)check->lines_len)
			die("Cannot write", "the log");
		check->lines_len = 0;
	} while (got == ROUND);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		die("Cannot receive", "frames");
}

static void start_timer(struct check *check, long every_ms)
{
	struct timespec every = { every_ms / 1000, every_ms % 1000 * 1000000 };
	struct itimerspec spec = { every, every };

	check->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (check->timer < 0 || timerfd_settime(check->timer, 0, &spec, NULL))
		die("Cannot make", "a timer");
}

static void report(struct check *check)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	if (!getsockopt(check->wire, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		check->counts.lost = stats.tp_drops;
	printf("{\"frames\": %llu, \"vehicle\": %llu, \"unknown\": %llu, \"wrong\": %llu, \"lost\": %llu}\n",
	       check->counts.frames, check->counts.vehicle, check->counts.unknown, check->counts.wrong,
	       check->counts.lost);
}

int main(int argc, char **argv)
{
	static struct check check;
	struct sigaction action = { .sa_handler = on_signal };
	const char *interface = NULL, *known = NULL, *log = NULL;
	long every_ms = 10;
	u64 ticks;
	int option;

	while ((option = getopt(argc, argv, "i:k:l:p:")) != -1) {
		if (option == 'i')
			interface = optarg;
		else if (option == 'k')
			known = optarg;
		else if (option == 'l')
			log = optarg;
		else if (option == 'p')
			every_ms = strtol(optarg, NULL, 10);
	}
	if (!interface || !known || !log || every_ms < 1 || every_ms > 60000 || optind < argc) {
		fprintf(stderr, "listcheck -i INTERFACE -k FILE -l LOG [-p MILLISECONDS from 1 to 60000]\n");
		return 1;
	}
	read_known(&check, known);
	check.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (check.log < 0)
		die("Cannot open the log", log);
	listen_on(&check, interface);
	start_timer(&check, every_ms);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	printf("listening\n");
	fflush(stdout);
	while (!ended) {
		if (read(check.timer, &ticks, sizeof(ticks)) < 0 && errno != EINTR)
			die("Cannot wait for", "the timer");
		poll_wire(&check);
	}
	report(&check);
	id_list_done(&check.known);
	return 0;
}
