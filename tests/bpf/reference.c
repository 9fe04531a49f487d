// SPDX-License-Identifier: GPL-2.0
/* reference.c - see reference.h. A cursor that runs past the end turns bad and stays so. */
#include "reference.h"

#include <sodium.h>
#include <string.h>
#include "rig.h"

struct cursor {
	const u8 *bytes;
	u32 at, len;
	bool bad;
};

static u64 take(struct cursor *cursor, u32 count)
{
	u64 value = 0;

	if (cursor->bad || count > cursor->len - cursor->at) {
		cursor->bad = true;
		return 0;
	}
	while (count--)
		value = value << 8 | cursor->bytes[cursor->at++];
	return value;
}

static void skip(struct cursor *cursor, u32 count)
{
	if (cursor->bad || count > cursor->len - cursor->at)
		cursor->bad = true;
	else
		cursor->at += count;
}

static bool fresh(const struct reference *reference, u64 generated, s64 stale_us, s64 future_us, bool *ret_old)
{
	__int128 age = (__int128)reference->now - generated;

	*ret_old = age > 0;
	return age <= stale_us && -age <= future_us;
}

static bool tag_right(const u8 key[16], const u8 *bytes, u32 len)
{
	u8 tag[16];

	crypto_shorthash_siphashx24(tag, bytes, len, key);
	return !memcmp(tag, bytes + len, 16);
}

/* --- VID --- */

static bool replayed(const struct reference_session *session, u64 sequence)
{
	u32 i;

	if (session->highest >= 1024 && sequence <= session->highest - 1024)
		return true;
	/* the last few thousand are enough: of any 4096 in a row the highest has left all before behind the window */
	for (i = 0; i < session->seen_count && i < REFERENCE_SEEN; i++)
		if (session->seen[i] == sequence)
			return true;
	return false;
}

static int judge_session(struct reference *reference, struct reference_session *session, const u8 *vid, u32 len,
			 u64 sequence, u64 generated)
{
	bool old;

	if (reference->now >= session->expires)
		return VG_EXPIRED;
	if (!fresh(reference, generated, reference->stale_us, reference->future_us, &old))
		return old ? VG_STALE : VG_FUTURE;
	if (replayed(session, sequence))
		return VG_REPLAYED;
	if (!tag_right(session->key, vid, len - 16))
		return VG_FORGED;
	if (reference->dry)
		return VG_ACCEPTED;
	if (sequence > session->highest)
		session->highest = sequence;
	session->seen[session->seen_count++ % REFERENCE_SEEN] = sequence;
	return VG_ACCEPTED;
}

static int judge_hello(const struct reference *reference, const u8 *vid, u32 len, u64 payload_len)
{
	if (payload_len < 16)
		return VG_MALFORMED;
	if (!reference->hello_enabled || !tag_right(reference->mac1_key, vid, len - 16))
		return VG_BAD_COOKIE;
	return VG_ACCEPTED;
}

static int judge_vid(struct reference *reference, const u8 *vid, u32 len)
{
	struct cursor cursor = { .bytes = vid, .len = len };
	u64 version = take(&cursor, 1), type = take(&cursor, 1), payload_len = take(&cursor, 2);
	u64 zero = take(&cursor, 4), id = take(&cursor, 8), sequence = take(&cursor, 8), generated = take(&cursor, 8);
	u32 i;

	if (cursor.bad || version != 1 || zero || payload_len > 1024 || len != 48 + payload_len)
		return VG_MALFORMED;
	if (type == 1)
		return judge_hello(reference, vid, len, payload_len);
	if (type < 16 || type > 20 || !id || !sequence)
		return VG_MALFORMED;
	for (i = 0; i < REFERENCE_SESSIONS; i++)
		if (reference->sessions[i].id == id)
			return judge_session(reference, &reference->sessions[i], vid, len, sequence, generated);
	return id == reference->revoked ? VG_REVOKED : VG_UNKNOWN_SESSION;
}

/* --- UDP and below; @cursor stands on the UDP header --- */

static int judge_udp(struct reference *reference, struct cursor *cursor, s64 ip_payload, bool fragment)
{
	u32 start = cursor->at;
	u64 port, udp_len;

	skip(cursor, 2);
	port = take(cursor, 2);
	if (cursor->bad || port != 47800)
		return RIG_FOREIGN;
	udp_len = take(cursor, 2);
	skip(cursor, 2);
	if (fragment || cursor->bad || udp_len < 8 || (s64)udp_len != ip_payload || udp_len > cursor->len - start)
		return VG_MALFORMED;
	return judge_vid(reference, cursor->bytes + cursor->at, udp_len - 8);
}

static int judge_ipv4(struct reference *reference, struct cursor *cursor)
{
	u64 first = take(cursor, 1), total, fragment, protocol;
	u32 header = (first & 15) * 4;

	skip(cursor, 1);
	total = take(cursor, 2);
	skip(cursor, 2);
	fragment = take(cursor, 2);
	skip(cursor, 1);
	protocol = take(cursor, 1);
	skip(cursor, 10);
	if (cursor->bad || first >> 4 != 4 || header < 20 || protocol != 17 || fragment & 0x1fff)
		return RIG_FOREIGN;
	skip(cursor, header - 20);
	return judge_udp(reference, cursor, (s64)total - header, fragment & 0x2000);
}

static bool is_extension(u64 next)
{
	return next == 0 || next == 43 || next == 44 || next == 51 || next == 60;
}

static int judge_ipv6(struct reference *reference, struct cursor *cursor)
{
	u64 first = take(cursor, 1), payload, next, offset;
	bool fragment = false;
	u32 start, headers, at, len;

	skip(cursor, 3);
	payload = take(cursor, 2);
	next = take(cursor, 1);
	skip(cursor, 33);
	if (cursor->bad || first >> 4 != 6)
		return RIG_FOREIGN;
	start = cursor->at;
	for (headers = 0; is_extension(next); headers++) {
		if (headers == 6)
			return VG_MALFORMED;
		at = cursor->at;
		if (cursor->len - at < 8)
			return RIG_FOREIGN;
		if (next == 44) {
			offset = (cursor->bytes[at + 2] << 8 | cursor->bytes[at + 3]) >> 3;
			if (offset)
				return RIG_FOREIGN;
			fragment = true;
			len = 8;
		} else {
			len = next == 51 ? (cursor->bytes[at + 1] + 2) * 4 : (cursor->bytes[at + 1] + 1) * 8;
		}
		next = cursor->bytes[at];
		skip(cursor, len);
		/* the length may lead out of the frame: what stands there is then foreign, unless nothing more is asked
		 */
		if (cursor->bad)
			return is_extension(next) && headers == 5 ? VG_MALFORMED : RIG_FOREIGN;
	}
	if (next != 17)
		return RIG_FOREIGN;
	return judge_udp(reference, cursor, (s64)payload - (cursor->at - start), fragment);
}

/* --- ITS; @cursor stands on the GeoNetworking header --- */

static void skip_opaque(struct cursor *cursor)
{
	u64 len = take(cursor, 1);

	if (len >= 0x80) {
		/* one length octet more has to be there, as in every longer form */
		if (len != 0x81 && len != 0x82)
			cursor->bad = true;
		len = take(cursor, len - 0x80 > 2 ? 0 : len - 0x80);
	}
	if (len > 2048)
		cursor->bad = true;
	else
		skip(cursor, len);
}

/* True with the time (0: the agent must look) of well-formed signed data whose payload's preamble comes next. */
static bool its_time(struct cursor *cursor, u64 *ret_generated)
{
	u64 preamble = take(cursor, 1), info, psid_len;

	*ret_generated = 0;
	if (!cursor->bad && preamble & 0x80)
		return true;
	if (cursor->bad || !(preamble & 0x60) || preamble & 0x1f)
		return false;
	if (preamble & 0x40) {
		if (take(cursor, 1) != 3)
			return false;
		if (take(cursor, 1) != 0x80)
			return !cursor->bad;
		skip_opaque(cursor);
	}
	if (preamble & 0x20 && !cursor->bad) {
		if (take(cursor, 1) != 0x80)
			return !cursor->bad;
		skip(cursor, 32);
	}
	info = take(cursor, 1);
	psid_len = take(cursor, 1);
	if (cursor->bad || !(info & 0x40) || psid_len > 8)
		return false;
	skip(cursor, psid_len);
	*ret_generated = take(cursor, 8);
	skip(cursor, 9 + 66); /* signer and signature at their shortest */
	return !cursor->bad;
}

static int its_admit(struct reference *reference, const u8 *frame, u32 len)
{
	static const u8 key[16] = "which frame?";
	u8 hash[16];
	u32 i;

	crypto_shorthash_siphashx24(hash, frame, len, key);
	for (i = 0; i < reference->frame_count; i++)
		if (!memcmp(reference->frames[i], hash, 16))
			return VG_ITS_DUPLICATE;
	if (!reference->dry &&
	    reference->frame_count < REFERENCE_FRAMES) /* who makes more of them must not repeat any */
		memcpy(reference->frames[reference->frame_count++], hash, 16);
	return VG_ITS_HANDED;
}

static int judge_its(struct reference *reference, struct cursor *cursor)
{
	u64 first, content, hash, generated;
	u32 room = cursor->len - cursor->at;
	bool old;

	if (cursor->len > 2048)
		return VG_ITS_MALFORMED;
	first = take(cursor, 1);
	skip(cursor, 3);
	if (cursor->bad || first >> 4 != 1)
		return VG_ITS_MALFORMED;
	if ((first & 15) < 2)
		return VG_ITS_UNSIGNED;
	if ((first & 15) > 2 || room < 6 || take(cursor, 1) != 3)
		return VG_ITS_MALFORMED;
	content = take(cursor, 1);
	if (content == 0x80)
		return VG_ITS_UNSIGNED;
	if (content == 0x82 || content == 0x83)
		return VG_ITS_UNSUPPORTED;
	if (content != 0x81 || cursor->len - cursor->at < 2)
		return VG_ITS_MALFORMED;
	hash = take(cursor, 1);
	if (hash > 1)
		return VG_ITS_UNSUPPORTED;
	if (!its_time(cursor, &generated))
		return VG_ITS_MALFORMED;
	if (generated && !fresh(reference, generated, reference->its_stale_us, reference->its_future_us, &old))
		return old ? VG_ITS_STALE : VG_ITS_FUTURE;
	return its_admit(reference, cursor->bytes, cursor->len);
}

int reference_judge(struct reference *reference, const u8 *frame, u32 len)
{
	struct cursor cursor = { .bytes = frame, .at = 12, .len = len };
	u64 type = take(&cursor, 2);
	int tags;

	for (tags = 0; tags < 3 && (type == 0x8100 || type == 0x88a8 || type == 0x9100); tags++) {
		skip(&cursor, 2);
		type = take(&cursor, 2);
	}
	if (cursor.bad)
		return RIG_FOREIGN;
	switch (type) {
	case 0x0800:
		return judge_ipv4(reference, &cursor);
	case 0x86dd:
		return judge_ipv6(reference, &cursor);
	case 0x8947:
		return judge_its(reference, &cursor);
	}
	return RIG_FOREIGN;
}
