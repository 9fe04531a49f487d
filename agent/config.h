/* SPDX-License-Identifier: GPL-2.0 */
/*
 * config.h - the agent's configuration file: an INI file, read strictly.
 *
 * Sections [agent], [gate], [ingress], [its], [node], [charge], [handshake] and one [interface NAME]
 * for each interface. What is not written keeps its default. The first thing
 * wrong ends the reading with one sentence: file, line, what, what to do.
 * Reference for people: voltgated.conf(5), kept complete by a test.
 */
#ifndef VOLTGATE_CONFIG_H
#define VOLTGATE_CONFIG_H

#include <net/if.h>
#include <stdio.h>

#include "voltgate/policy.h"

#define CONFIG_PATH "/etc/voltgate/voltgated.conf"
#define CONFIG_TEXT_MAX 192	     /* a path or a word, its end included */
#define CONFIG_FILE_MAX (256 * 1024) /* bytes */
#define CONFIG_INTERFACES_MAX 64

enum config_grade { CONFIG_GRADE_AUTO, CONFIG_GRADE_ATTESTED, CONFIG_GRADE_PLAIN };
enum config_mode { CONFIG_MODE_AUTO, CONFIG_MODE_NATIVE, CONFIG_MODE_GENERIC };

struct config_interface {
	char name[IF_NAMESIZE];
	u32 mode;     /* enum config_mode */
	bool coexist; /* share the interface through libxdp's dispatcher */
};

struct config_its_section {
	bool enable;
	char trust_dir[CONFIG_TEXT_MAX]; /* certificates of the authorities believed */
	char tap[IF_NAMESIZE];		 /* interface on which verified frames are released; "" for none */
	u32 cache_certificates;
	u32 waiting_frames;
	u32 waiting_ms;
	u32 p256_rate; /* verifications per second; 0: no limit */
	u32 brainpool_rate;
	u32 signer_rate; /* frames per second of one signer; 0: no limit */
};

struct config_node_section {
	char listen[CONFIG_TEXT_MAX]; /* host:port of gRPC; "": no node */
	char certificate[CONFIG_TEXT_MAX];
	char key[CONFIG_TEXT_MAX];
	char folder[CONFIG_TEXT_MAX];  /* "": ledger below the state folder */
	char metrics[CONFIG_TEXT_MAX]; /* host:port; "" for none */
	char log[CONFIG_TEXT_MAX];     /* JSON lines of what is committed; "" for none */
	u32 pool_requests;
	u32 pool_bytes;
	u32 snapshot_after;  /* blocks behind; 0: never while blocks can be had */
	int clock_offset_us; /* tests */
};

struct config_handshake_section {
	bool enable;
	char key[CONFIG_TEXT_MAX];     /* file of the X25519 key; "": handshake.key in the state folder */
	char station[CONFIG_TEXT_MAX]; /* id of the station here, hex; "": none */
	u32 session_life_s;
	u32 skew_ms; /* a hello's timestamp may be off our clock by */
	u32 wallets; /* remembered at once */
	u32 sources; /* whose hellos are counted at once */
	u32 hellos;  /* judged per second, of all sources */
	u32 queue;   /* hellos that wait to be judged */
	u32 cookies; /* handed out per second */
};

struct config_charge_section {
	bool enable;
	char channel[CONFIG_TEXT_MAX];	   /* name or id; "": the only one */
	char certificate[CONFIG_TEXT_MAX]; /* of the gateway as a client; "": the node's, and no anchors */
	char key[CONFIG_TEXT_MAX];
	u32 queue; /* requests under way at once */
	u32 timeout_ms;
};

struct config {
	char name[CONFIG_TEXT_MAX]; /* of this gateway in alarms; "" takes the host's */
	char user[CONFIG_TEXT_MAX]; /* "" stays who it is (tests) */
	char group[CONFIG_TEXT_MAX];
	char state_dir[CONFIG_TEXT_MAX];
	char control[CONFIG_TEXT_MAX];
	char alarm_log[CONFIG_TEXT_MAX];
	char object[CONFIG_TEXT_MAX];	   /* the BPF object */
	char page_listen[CONFIG_TEXT_MAX]; /* host:port of the live page; "" for none */
	bool gate;			   /* no: a node without a gate, as an ordinary user */
	bool syslog;
	bool keep_attached;
	u32 segment_bytes; /* of the verdict log */
	u32 control_clients;
	u32 pending_actions;
	u32 action_timeout_ms;
	u32 alarm_update_ms; /* an aggregate that grows is written again after that */
	u32 grade;	     /* enum config_grade */
	struct vg_policy policy;
	struct config_its_section its;
	struct config_node_section node;
	struct config_charge_section charge;
	struct config_handshake_section handshake;
	struct config_interface interfaces[CONFIG_INTERFACES_MAX];
	u32 interface_count;
};

struct config_error {
	char text[512];
};

/* The defaults alone. */
void config_defaults(struct config *ret_config);
/* Reads @len bytes of @text; @file is for sentences only. 0, or -EINVAL with a sentence. Pure. */
int config_parse(const char *file, const char *text, size_t len, struct config *ret_config,
		 struct config_error *ret_error);
/* Reads @path. 0, -EINVAL, or the system's errno with a sentence. */
int config_load(const char *path, struct config *ret_config, struct config_error *ret_error);
/* Writes every key as "section key default", one a line: what the manual is compared with. */
void config_print_keys(FILE *out);

#endif
