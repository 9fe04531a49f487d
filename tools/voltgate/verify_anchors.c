// SPDX-License-Identifier: GPL-2.0
/* verify_anchors.c - see verify_anchors.h. */
#include "tools/voltgate/verify_anchors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/contract/charging.h"
#include "ledger/ledger.h"
#include "tools/voltgate/audit_progress.h"

#define OWN_LEN sizeof("k" CHARGING_NAME) /* "k", the name, and the 0 behind it */

struct gathering {
	struct verify_anchors *anchors;
	char space;
	int error;
};

static struct verify_anchor *anchor_of(const struct verify_anchors *anchors, const struct vg_batch_head *head)
{
	u32 i;

	for (i = 0; i < anchors->count; i++)
		if (!memcmp(anchors->list[i].anchor.head.attestor, head->attestor, VG_KEY_LEN) &&
		    anchors->list[i].anchor.head.epoch == head->epoch)
			return &anchors->list[i];
	return NULL;
}

static bool gather_one(void *arg, struct span key, const struct state_value *value)
{
	struct gathering *gathering = arg;
	struct verify_anchors *anchors = gathering->anchors;
	struct verify_anchor *found, *list;
	struct anchor anchor;

	if (key.len != OWN_LEN + ANCHOR_KEY_LEN || anchor_decode(gathering->space, value->bytes, &anchor)) {
		gathering->error = -EBADMSG;
		return false;
	}
	if (gathering->space == 'f') {
		found = anchor_of(anchors, &anchor.head);
		if (found)
			found->forked = true;
		return true;
	}
	list = realloc(anchors->list, (anchors->count + 1) * sizeof(*list));
	if (!list) {
		gathering->error = -ENOMEM;
		return false;
	}
	anchors->list = list;
	list[anchors->count++] = (struct verify_anchor){ .anchor = anchor };
	return true;
}

/* ledger_audit()'s content: the state is proved to be the chain's. */
static int gather(void *arg, struct state *state, struct ledger_error *ret_error)
{
	struct gathering gathering = { .anchors = arg };
	u8 prefix[OWN_LEN + 1] = "k" CHARGING_NAME;
	static const char spaces[] = { 'h', 'f' };
	int error = 0;
	size_t i;

	for (i = 0; !error && i < sizeof(spaces); i++) {
		gathering.space = spaces[i];
		prefix[OWN_LEN] = (u8)spaces[i];
		error = state_walk(state, (struct span){ prefix, sizeof(prefix) },
				   (struct span){ prefix, sizeof(prefix) }, gather_one, &gathering);
		error = error ? error : gathering.error;
	}
	if (error)
		snprintf(ret_error->text, sizeof(ret_error->text), "The anchored heads cannot be read: %s.",
			 strerror(-error));
	return error;
}

int verify_anchors_read(const char *folder, struct verify_anchors *ret_anchors)
{
	struct audit_pins pins = { .content = gather, .arg = ret_anchors };
	struct audit_progress_shown progress;
	struct ledger_error error = { .text = "" };
	struct audit_report report;
	int code;

	memset(ret_anchors, 0, sizeof(*ret_anchors));
	audit_progress_start(&progress);
	code = ledger_audit(folder, &pins, audit_progress_tell, &progress, &report, &error);
	audit_progress_end(&progress);
	memcpy(ret_anchors->channel, report.channel, sizeof(ret_anchors->channel));
	ret_anchors->height = report.last;
	if (code)
		snprintf(ret_anchors->error, sizeof(ret_anchors->error), "%.400s", error.text);
	return code;
}

void verify_anchors_free(struct verify_anchors *anchors)
{
	free(anchors->list);
	anchors->list = NULL;
	anchors->count = 0;
}

const struct verify_anchor *verify_anchors_meet(struct verify_anchors *anchors, const struct vg_batch_head *head)
{
	struct verify_anchor *anchor = anchor_of(anchors, head);

	if (!anchor)
		return NULL;
	if (!anchor->seen)
		anchor->first = vg_be64(head->number);
	anchor->seen = true;
	anchor->last = vg_be64(head->number);
	if (head->number != anchor->anchor.head.number)
		return NULL;
	anchor->met = !memcmp(head, &anchor->anchor.head, sizeof(*head));
	return anchor->met ? NULL : anchor;
}

static bool wanted(const struct verify_anchor *anchor, const u8 (*keys)[VG_KEY_LEN], u32 key_count)
{
	u32 i;

	for (i = 0; i < key_count; i++)
		if (!memcmp(anchor->anchor.head.attestor, keys[i], VG_KEY_LEN))
			return true;
	return anchor->seen;
}

const struct verify_anchor *verify_anchors_lacking(const struct verify_anchors *anchors, const u8 (*keys)[VG_KEY_LEN],
						   u32 key_count)
{
	const struct verify_anchor *at;
	bool before;
	u32 i;

	for (i = 0; i < anchors->count; i++) {
		at = &anchors->list[i];
		before = at->seen && at->first > vg_be64(at->anchor.head.number);
		if (wanted(at, keys, key_count) && (at->forked || (!at->met && !before)))
			return at;
	}
	return NULL;
}

u32 verify_anchors_met(const struct verify_anchors *anchors)
{
	u32 met = 0, i;

	for (i = 0; i < anchors->count; i++)
		met += anchors->list[i].met;
	return met;
}
