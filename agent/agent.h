/* SPDX-License-Identifier: GPL-2.0 */
/*
 * agent.h - one running agent: the parts that main.c opens in order and closes
 * in reverse, and the little they ask of each other.
 *
 * Each part is opened with the agent and finds there the parts before it.
 * Errors are said where they happen; part functions return 0 or an exit code.
 */
#ifndef VOLTGATE_AGENT_H
#define VOLTGATE_AGENT_H

#include <event2/event.h>

#include "agent/action.h"
#include "agent/admission.h"
#include "agent/alarms.h"
#include "agent/attest.h"
#include "agent/config.h"
#include "agent/gate.h"
#include "agent/ingress.h"
#include "agent/its_room.h"
#include "agent/loader.h"
#include "agent/verdicts.h"

enum agent_exit { AGENT_EXIT_OK = 0, AGENT_EXIT_USAGE = 1, AGENT_EXIT_REFUSED = 2, AGENT_EXIT_UNREACHABLE = 3 };

struct batchlink;
struct charge;
struct control;
struct greet;
struct node;
struct page;
struct ring_buffer;

struct agent {
	struct config config;
	const char *config_path;
	char host[CONFIG_TEXT_MAX]; /* this gateway's name */
	struct event_base *base;
	int exit_code;
	bool stopping;

	/* enforce.c */
	struct loader *loader;
	struct ingress *ingress;
	struct vg_policy policy;	     /* as it stands now, all rooms */
	bool gone[CONFIG_INTERFACES_MAX];    /* configured interfaces that vanished */
	u32 stripped[CONFIG_INTERFACES_MAX]; /* interfaces whose program somebody took off, once told */

	/* record.c */
	struct verdicts *verdicts;
	bool verdicts_stuck; /* the log cannot be written; tried again every second */
	u64 verdicts_retry_ms;

	/* plain.c (plain grade) */
	struct attest *attest;
	struct ring_buffer *actions_ring;
	struct event *actions_event, *seal_event;
	u64 round_now; /* of the consume call under way */
	u32 round_left;

	/* batchlink.c (attested grade) */
	struct batchlink *batchlink;
	u64 batch_epoch; /* of the module */

	/* plain.c or batchlink.c */
	struct gate *gate;

	/* notice.c */
	struct alarmlog *alarmlog;
	struct alarms *alarms;
	struct ring_buffer *ring;
	struct event *ring_event;
	int its_tap;
	struct its_room *its;

	/* act.c */
	struct action *action;
	struct event *action_events[2];
	u64 uncovered_told;

	/* consort.c */
	struct node *node;

	/* greet.c */
	struct greet *greet;

	/* charge/ */
	struct charge *charge;

	/* admission.c, revocation.c */
	struct admission_counts admissions;
	u32 revocation_at; /* of the walk over all sessions */
	u64 revocations;   /* sessions ended by committed blocks */

	/* live.c */
	struct page *page; /* NULL where the configuration has none */

	/* control.c */
	struct control *control;

	/* rhythm.c */
	struct event *signal_events[4];
	struct event *tick_event, *second_event, *clock_event;
	int clock_fd;
	u32 cookie_age_s;
};

/* --- enforce.c: the program, its clock and keys, and the interfaces it is on --- */
int enforce_open(struct agent *agent);
void enforce_close(struct agent *agent);
/* Takes the program off the interfaces, unless the configuration keeps it there. */
void enforce_detach(struct agent *agent);
/* Takes over @key = @value where the XDP program needs it, after the gate has. -errno. */
int enforce_policy(struct agent *agent, enum vg_policy_key key, s64 value);

/* --- record.c: where stored verdicts go --- */
int record_open(struct agent *agent);
void record_close(struct agent *agent);
/* Offers one batch to the chain and the log. 0; -EBADMSG: refused by the chain; -EAGAIN: the disk is full, offer it
 * again. */
int record_take(struct agent *agent, const struct batch *batch);
/* Brings what was taken to the disk; on an error the agent stops. */
int record_commit(struct agent *agent);
/* True while the log cannot be written and it is too early to try again. */
bool record_waits(const struct agent *agent);

/* --- plain.c, batchlink.c: the gate of each grade --- */
int plain_open(struct agent *agent);
void plain_close(struct agent *agent);
/* Once a second: what waits for the disk is tried again. */
void plain_tick(struct agent *agent);
int batchlink_open(struct agent *agent);
void batchlink_close(struct agent *agent);
/* Batch @batch is stored: remember to acknowledge it. */
void batchlink_stored(struct agent *agent, const struct batch *batch);
/* Once a second: what multicast lost, what waits for the disk, and whether the module is still there. */
void batchlink_tick(struct agent *agent);

/* --- notice.c: alarms and ITS frames --- */
/* The TAP device, while there is still the privilege. */
int notice_prepare(struct agent *agent);
int notice_open(struct agent *agent);
void notice_close(struct agent *agent);
/* Reads the trust list again, or for the first time if there was none. -errno; all stays as it was. */
int notice_reload(struct agent *agent, struct its_room_error *ret_error);
void notice_alarm(struct agent *agent, enum gate_alarm_event event, const struct vg_alarm *alarm);

/* --- act.c: action packets --- */
int act_prepare(struct agent *agent);
int act_open(struct agent *agent);
void act_close(struct agent *agent);

/* --- consort.c: the node of a consortium's ledger; NULL where [node] has no listen --- */
int consort_open(struct agent *agent);
void consort_close(struct agent *agent);
/* SIGHUP: its log is opened again. */
void consort_hang_up(struct agent *agent);
/* Ends calls and flushes what was accepted, while the loop still runs. */
void consort_stop(struct agent *agent);

/* --- rhythm.c: signals, clocks and everything that happens by itself --- */
int rhythm_open(struct agent *agent);
void rhythm_close(struct agent *agent);

/* Monotonic milliseconds and microseconds. */
u64 agent_now_ms(void);
u64 agent_now_us(void);
/* Ends the event loop; the first code given is the process's. */
void agent_stop(struct agent *agent, int exit_code);

#endif
