// SPDX-License-Identifier: GPL-2.0
/*
 * gate_plain_session.c - a plain gate's sessions.
 *
 *   (none) --add--> admitted --remove | revoke | expiry sweep--> (none)
 *
 * A session leaves in two steps: the program vg_session_end zeroes its id
 * under the lock that packets take, from when on no commit can succeed and its
 * head is final, and only then the element is deleted: the kernel may give its
 * memory to the next session while a packet still holds a pointer to it.
 * The program itself refuses an expired session; the sweep only frees it.
 */
#include "agent/gate_plain_state.h"

#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>
#include <sodium.h>

#define SESSION_END_TRIES 1000 /* each of which waits for the lock itself */

static int element_read(struct gate_plain *plain, u64 id, struct vg_plain_session *ret_element)
{
	return bpf_map_lookup_elem(gate_plain_map(plain, LOADER_MAP_SESSIONS), &id, ret_element) ? -errno : 0;
}

/* Takes the session out of the map; what it admitted last, zeros if it was not there. */
static struct vg_session_end element_remove(struct gate_plain *plain, u64 id)
{
	struct vg_session_end end = { .id = id }, answer = {};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = &end, .data_size_in = sizeof(end), .data_out = &answer,
			    .data_size_out = sizeof(answer), .repeat = 1);
	int tries = SESSION_END_TRIES;

	while (tries--) {
		if (bpf_prog_test_run_opts(loader_session_end_fd(plain->loader), &run))
			break;
		if (run.retval == XDP_PASS)
			break;
		run.data_size_out = sizeof(answer);
	}
	bpf_map_delete_elem(gate_plain_map(plain, LOADER_MAP_SESSIONS), &id);
	return answer;
}

static void session_describe(const struct plain_session *known, struct gate_session *ret_session)
{
	*ret_session = (struct gate_session){ .id = known->id, .added = known->added, .expires = known->expires };
	memcpy(ret_session->commitment, known->commitment, sizeof(known->commitment));
}

static void session_leave(struct gate_plain *plain, const struct plain_session *known, enum vg_reason why)
{
	struct vg_session_end end = element_remove(plain, known->id);
	struct gate_session session;

	session_describe(known, &session);
	session.revoked = why == VG_REVOKED;
	session.head = end.head;
	session.accepted = end.accepted;
	plain_sessions_remove(&plain->sessions, session.id);
	if (plain->events.session_remove)
		plain->events.session_remove(plain->events.arg, &session, why);
}

static int add_refused(struct gate_plain *plain, const struct gate_session *session)
{
	u64 until;

	if (!session->id)
		return gate_plain_fail(plain, -EINVAL, "session id 0 stands for none; choose another");
	if (session->expires <= gate_plain_now(plain))
		return gate_plain_fail(plain, -EINVAL, "session %016llx would expire in the past",
				       (unsigned long long)session->id);
	if (plain_sessions_find(&plain->sessions, session->id))
		return gate_plain_fail(plain, -EEXIST, "session %016llx exists; draw another id",
				       (unsigned long long)session->id);
	if (!bpf_map_lookup_elem(gate_plain_map(plain, LOADER_MAP_REVOKED), &session->id, &until))
		return gate_plain_fail(plain, -EEXIST, "session %016llx was revoked; draw another id",
				       (unsigned long long)session->id);
	if (plain->sessions.count >= plain->policy.max_sessions)
		return gate_plain_fail(plain, -ENOSPC,
				       "the gate has its %lld sessions; raise max-sessions or revoke some",
				       (long long)plain->policy.max_sessions);
	return 0;
}

static int element_add(struct gate_plain *plain, const struct gate_session *session)
{
	struct vg_plain_session element = { .auth.id = session->id, .auth.expires = session->expires };
	int err = 0;

	vg_siphash_key_decode(session->key, &element.auth.key);
	if (bpf_map_update_elem(gate_plain_map(plain, LOADER_MAP_SESSIONS), &session->id, &element, BPF_NOEXIST))
		err = -errno;
	sodium_memzero(&element, sizeof(element));
	return err;
}

int gate_plain_session_add(struct gate *gate, const struct gate_session *session)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	struct plain_session known = { .id = session->id, .expires = session->expires };
	struct gate_session told = *session;
	int err = add_refused(plain, session);

	if (err)
		return err;
	memcpy(known.commitment, session->commitment, sizeof(known.commitment));
	known.added = gate_plain_now(plain);
	if (plain_sessions_add(&plain->sessions, &known))
		return gate_plain_fail(plain, -ENOMEM, "no memory for one more session");
	told.added = known.added;
	sodium_memzero(told.key, sizeof(told.key));
	err = plain->events.session_add ? plain->events.session_add(plain->events.arg, &told) : 0;
	if (err) {
		plain_sessions_remove(&plain->sessions, known.id);
		return gate_plain_fail(plain, err, "session %016llx was refused: its record found no slot; try again",
				       (unsigned long long)known.id);
	}
	err = element_add(plain, session);
	if (err) {
		session_leave(plain, &known, VG_ACCEPTED);
		return gate_plain_fail(plain, err == -E2BIG ? -ENOSPC : err,
				       "the kernel did not take session %016llx: %s", (unsigned long long)known.id,
				       strerror(-err));
	}
	return 0;
}

static int session_absent(struct gate_plain *plain, u64 id)
{
	return gate_plain_fail(plain, -ENOENT, "there is no session %016llx", (unsigned long long)id);
}

int gate_plain_session_remove(struct gate *gate, u64 id)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	struct plain_session *known = plain_sessions_find(&plain->sessions, id), gone;

	if (!known)
		return session_absent(plain, id);
	gone = *known;
	session_leave(plain, &gone, VG_ACCEPTED);
	return 0;
}

int gate_plain_session_revoke(struct gate *gate, u64 id)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	struct plain_session *known = plain_sessions_find(&plain->sessions, id), gone;
	int err = 0;

	if (!known)
		return session_absent(plain, id);
	gone = *known;
	/* before it leaves, so that its packets are never merely unknown */
	if (bpf_map_update_elem(gate_plain_map(plain, LOADER_MAP_REVOKED), &id, &gone.expires, BPF_ANY))
		err = -errno;
	session_leave(plain, &gone, VG_REVOKED);
	if (err)
		return gate_plain_fail(
			plain, err,
			"session %016llx is gone, but its packets will be refused as unknown-session: the list "
			"of revocations took no more (%s)",
			(unsigned long long)id, strerror(-err));
	return 0;
}

static void session_complete(struct gate_plain *plain, const struct plain_session *known,
			     struct gate_session *ret_session)
{
	struct vg_plain_session element;

	session_describe(known, ret_session);
	if (element_read(plain, known->id, &element))
		return;
	ret_session->head = element.auth.replay.head;
	ret_session->accepted = element.state / VG_SESSION_ONE_ACCEPTED;
	sodium_memzero(&element, sizeof(element));
}

int gate_plain_session_get(struct gate *gate, u64 id, struct gate_session *ret_session)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	struct plain_session *known = plain_sessions_find(&plain->sessions, id);

	if (!known)
		return session_absent(plain, id);
	session_complete(plain, known, ret_session);
	return 0;
}

int gate_plain_session_dump(struct gate *gate, int (*each)(void *arg, const struct gate_session *session), void *arg)
{
	struct gate_plain *plain = (struct gate_plain *)gate;
	struct gate_session session;
	int err = 0;
	u32 i;

	for (i = 0; i < plain->sessions.size && !err; i++) {
		if (!plain->sessions.places[i].id)
			continue;
		session_complete(plain, &plain->sessions.places[i], &session);
		err = each(arg, &session);
	}
	return err;
}

/* Downwards, because removing moves later entries down: none is passed over for longer than one round. */
void gate_plain_session_sweep(struct gate_plain *plain, u32 places)
{
	u64 now = gate_plain_now(plain);
	struct plain_session gone;

	if (places > plain->sessions.size)
		places = plain->sessions.size;
	while (places--) {
		if (!plain->sweep_at || plain->sweep_at > plain->sessions.size)
			plain->sweep_at = plain->sessions.size;
		gone = plain->sessions.places[--plain->sweep_at];
		if (gone.id && gone.expires <= now)
			session_leave(plain, &gone, VG_EXPIRED);
	}
}

void gate_plain_session_flush(struct gate_plain *plain)
{
	struct plain_session gone;
	u32 i = plain->sessions.size;

	while (plain->sessions.count) {
		i = (i ? i : plain->sessions.size) - 1;
		gone = plain->sessions.places[i];
		if (gone.id)
			session_leave(plain, &gone, VG_ACCEPTED);
	}
}
