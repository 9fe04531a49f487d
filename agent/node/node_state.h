/* SPDX-License-Identifier: GPL-2.0 */
/*
 * node_state.h - what the files of agent/node share: the node, and its seat
 * in each channel.
 *
 *   seat: closed --seat_open()--> open --channel says broken--> stopped --seat_tick(), disk has room--> open
 *
 * A seat that cannot be opened stays in the list with its sentence, so that status shows it and nothing else stops.
 * Whatever makes work for the end of the round calls node_due().
 */
#ifndef VOLTGATE_NODE_STATE_H
#define VOLTGATE_NODE_STATE_H

#include <stdio.h>

#include "agent/channel/private.h"
#include "agent/endorse/endorser.h"
#include "agent/node/node.h"

#define NODE_CHANNELS_MAX 64
#define NODE_PATH_MAX 512

struct endorsing;
struct metrics;
struct stream;
struct submitter;

struct seat_counts {
	u64 outcomes[LEDGER_OUTCOME_COUNT];
	u64 blocks, endorsed, endorsements_refused, queries, streams_refused, strangers_parcels, privates_sent,
		privates_taken, privates_refused;
};

struct seat {
	struct node *node;
	u8 id[32];
	char name[MEMBERSHIP_NAME_MAX + 1];
	char folder[NODE_PATH_MAX];
	char stopped[512]; /* "": open; else why not */
	u64 retry_us;	   /* monotonic; when a stopped one is tried again */
	u32 retries;	   /* in vain, one after the other */
	bool broken;	   /* the channel gave up; to be closed outside its callbacks */

	struct channel *channel; /* NULL while closed */
	struct ledger *ledger;	 /* the channel's */
	struct endorser *endorser;
	struct private_store *privates;
	struct event *wake, *seal;
	u64 sealed_us; /* when endorsements were last signed together */
	struct stream *streams;
	struct submitter *submitters[2]; /* [1]: streams, whose results are sent at the end of a round */
	struct endorsing *held;		 /* proposals for a later block, newest first */
	u32 held_count;
	int organisation; /* ours in this channel, or -1 */
	u8 (*revoked)[32];
	u32 revoked_count;
	u32 turn; /* node that is asked next for private values */
	struct seat_counts counts;
};

struct node {
	struct node_options options;
	char *folder;
	struct identity_tls *tls;
	struct grpc_server *server;
	struct peers *peers;
	struct metrics *metrics;
	FILE *log;
	bool log_failed;
	struct event *round, *second;
	bool stopping;
	bool refresh; /* memberships changed: admission_refresh() at the end of the round */
	u64 unknown_channel_parcels, refused_parcels, refused_calls, malformed_messages;
	struct seat *seats[NODE_CHANNELS_MAX];
	u32 seat_count;
};

/* Work was made that the end of the round is for. */
void node_due(struct node *node);
u64 node_now_us(void);
u64 node_clock(const struct node *node); /* Time64 */
struct seat *node_seat(const struct node *node, const u8 id[32]);
/* Opens channel @id of the folder. A seat that cannot be opened is kept, closed: the others go on. */
int node_take_seat(struct node *node, const u8 id[32]);

/* --- seat.c --- */
/* Opens ledger, votes, private data and channel of the folder. On failure the seat stays closed with its sentence. */
int seat_open(struct seat *seat);
void seat_close(struct seat *seat);
/* Twice a second: stopped ones are tried again. */
void seat_tick(struct seat *seat);
void seat_stop(struct seat *seat, const char *sentence);
bool seat_is_open(const struct seat *seat);
/* Endorsements wait: they are signed together after a moment. */
void seat_endorsements(struct seat *seat);

/* --- seat_folder.c: state_dir/ledger --- */
int seat_folder_open(struct node *node, struct node_error *ret_error);
/* The folder's name of channel @id. */
void seat_folder_name(const struct node *node, const char *part, const u8 id[32], char ret_path[NODE_PATH_MAX]);
/* Makes channels/ID with the genesis in it; @ret_ledger is not kept. */
int seat_folder_create(struct node *node, const struct membership *genesis, struct span bytes, const u8 id[32],
		       struct node_error *ret_error);
/* Calls @each for every channel on the disk. */
int seat_folder_list(struct node *node, int (*each)(struct node *node, const u8 id[32]), struct node_error *ret_error);
int seat_folder_leave(struct node *node, const u8 id[32], struct node_error *ret_error);

/* --- admission.c: who may connect, and to what --- */
/* Is the certificate one of a member organisation of the channel, and not revoked there? */
bool admission_client(const struct seat *seat, const struct identity *identity);
/* Is it a node of the channel? */
bool admission_node(const struct seat *seat, const struct identity *identity);
/* May it connect at all? A grpc_server_options.admit. */
bool admission_any(void *arg, const struct identity *identity);
/* Reads again who is revoked. */
int admission_read(struct seat *seat);
/* Memberships changed: whom TLS believes, which links there are, who stays connected. */
void admission_refresh(struct node *node);

/* --- dissemination.c: private data between those entitled --- */
/* endorser_options.privates and .private_get */
void dissemination_offer(void *arg, const u8 proposal_hash[32], const struct contract_private *privates, u32 count);
int dissemination_get(void *arg, struct span collection, struct span key, u8 **ret_value, size_t *ret_len);
/* A parcel of kind 11 or 12 of a node of the channel. */
int dissemination_receive(struct seat *seat, const u8 key[32], struct span parcel);
/* Now and then: what the chain has and we lack is asked of others that are entitled, one after the other. */
void dissemination_tick(struct seat *seat);

/* --- service_endorse.c: an endorser_answer_fn --- */
void endorse_answer(void *arg, void *cookie, enum ledger_outcome outcome, const char *sentence, struct span rwset,
		    struct span endorsement, struct span result);

/* Blocks were committed: proposals that waited for them are simulated. */
void endorse_held(struct seat *seat);
/* The channel is being closed: they are refused. */
void endorse_end(struct seat *seat);
/* node_endorse() on an open seat. */
int endorse_operator(struct seat *seat, const struct endorser_request *request, node_endorsed_fn *endorsed, void *arg);

/* --- service_stream.c --- */
/* A block is durable: whoever follows gets it. */
void streams_committed(struct seat *seat, const struct block *block, const u8 (*digests)[32]);
/* Ends the streams of the seat that may not go on: all (@text), or with NULL those whose client is no member any more.
 */
void streams_end(struct seat *seat, enum grpc_status status, const char *text);
void streams_judge(struct seat *seat);

/* --- service_submit.c --- */
/* channel_io.answer's @cookie belongs to it. */
void submitter_answer(void *cookie, enum channel_answer answer, u64 number, u32 index, u8 outcome);
/* Sends gathered results; at the end of a round. */
void submitter_flush(struct seat *seat);
/* The channel is being closed: what has no answer yet gets STOPPING. */
void submitter_end(struct seat *seat);

/* --- eventlog.c: one JSON object a line --- */
int eventlog_open(struct node *node, struct node_error *ret_error);
void eventlog_close(struct node *node);
/* After the file was moved away (SIGHUP). -errno; the old one stays in use. */
int eventlog_reopen(struct node *node);
void eventlog_block(struct seat *seat, const struct block *block);
void eventlog_say(struct node *node, const struct seat *seat, const char *event, const char *sentence);

/* --- metrics.c: GET /metrics --- */
int metrics_open(struct node *node, struct node_error *ret_error);
void metrics_close(struct node *node);

#endif
