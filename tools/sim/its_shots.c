// SPDX-License-Identifier: GPL-2.0
/*
 * its_shots.c - the simulator's stations: half sign with NIST P-256, every
 * fourth with brainpoolP256r1 certificates. Each shows its certificate once a
 * second and its digest in between, as deployed ones do.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "tools/sim/its_maker.h"
#include "tools/sim/its_shots.h"

#define SECOND 1000000ULL
#define DAY (86400 * SECOND)
#define UNIT_HOURS 4
#define BRAINPOOL_EVERY 4

struct station {
	struct its_identity *ticket;
	u64 shown; /* when its certificate last went out, Time64 */
	u8 last[ITS_MAKER_FRAME_MAX];
	u32 last_len;
	u64 last_generated;
};

struct its_shots {
	struct its_identity *roots[2], *authorities[2]; /* trusted, not trusted */
	struct its_identity *stranger;			/* a ticket of the second authority */
	struct station *stations;
	u32 count, turn, serial;
	u32 held; /* station of a duplicate that waits for its original */
	bool holding;
};

static int identity_make(enum its_maker_role role, enum its_curve curve, u64 now, const struct its_identity *issuer,
			 struct its_identity **ret_identity)
{
	static const u8 ssp[3] = { 1, 0xff, 0xfc };
	struct its_maker_certificate wanted = { .role = role,
						.curve = curve,
						.valid_from = now - DAY,
						.duration = 168,
						.duration_unit = UNIT_HOURS,
						.psids = { ITS_MAKER_CAM, ITS_MAKER_DENM },
						.psid_count = role == ITS_MAKER_ROOT ? 0 : 2,
						.ssp = role == ITS_MAKER_ROOT ? NULL : ssp,
						.ssp_len = role == ITS_MAKER_ROOT ? 0 : sizeof(ssp) };

	return its_identity_new(&wanted, issuer, ret_identity);
}

static int certificate_write(const struct its_identity *identity, const char *dir, u64 seed, const char *name,
			     struct its_shots_error *ret_error)
{
	char path[512];
	const u8 *bytes;
	FILE *file;
	u32 len;
	int ret = 0;

	bytes = its_identity_certificate(identity, &len);
	snprintf(path, sizeof(path), "%s/sim-%016llx-%s.oer", dir, (unsigned long long)seed, name);
	file = fopen(path, "we");
	if (!file || fwrite(bytes, 1, len, file) != len)
		ret = errno ? -errno : -EIO;
	if (file && fclose(file))
		ret = -errno;
	if (ret)
		snprintf(ret_error->text, sizeof(ret_error->text), "%.150s: the certificate cannot be written: %s.",
			 path, strerror(-ret));
	return ret;
}

static int shots_fill(struct its_shots *shots, u64 now)
{
	int ret = 0, i;
	u32 station;

	for (i = 0; !ret && i < 2; i++) {
		ret = identity_make(ITS_MAKER_ROOT, ITS_CURVE_NIST_P256, now, NULL, &shots->roots[i]);
		if (!ret)
			ret = identity_make(ITS_MAKER_AUTHORITY, ITS_CURVE_NIST_P256, now, shots->roots[i],
					    &shots->authorities[i]);
	}
	if (!ret)
		ret = identity_make(ITS_MAKER_TICKET, ITS_CURVE_NIST_P256, now, shots->authorities[1],
				    &shots->stranger);
	for (station = 0; !ret && station < shots->count; station++)
		ret = identity_make(ITS_MAKER_TICKET,
				    station % BRAINPOOL_EVERY == BRAINPOOL_EVERY - 1 ? ITS_CURVE_BRAINPOOL_P256R1
										     : ITS_CURVE_NIST_P256,
				    now, shots->authorities[0], &shots->stations[station].ticket);
	return ret;
}

int its_shots_new(u32 stations, u64 seed, u64 now, const char *trust_dir, struct its_shots **ret_shots,
		  struct its_shots_error *ret_error)
{
	struct its_shots *shots = calloc(1, sizeof(*shots));
	int ret = -ENOMEM;

	snprintf(ret_error->text, sizeof(ret_error->text), "out of memory for %u stations.", stations);
	if (!shots)
		return ret;
	shots->count = stations;
	shots->stations = calloc(stations, sizeof(*shots->stations));
	if (shots->stations)
		ret = shots_fill(shots, now);
	if (ret && ret != -ENOMEM)
		snprintf(ret_error->text, sizeof(ret_error->text), "a station's certificate could not be made: %s.",
			 strerror(-ret));
	if (!ret && trust_dir)
		ret = certificate_write(shots->roots[0], trust_dir, seed, "root", ret_error);
	if (!ret && trust_dir)
		ret = certificate_write(shots->authorities[0], trust_dir, seed, "authority", ret_error);
	if (ret) {
		its_shots_free(shots);
		return ret;
	}
	*ret_shots = shots;
	return 0;
}

void its_shots_free(struct its_shots *shots)
{
	u32 i;

	if (!shots)
		return;
	for (i = 0; shots->stations && i < shots->count; i++)
		its_identity_free(shots->stations[i].ticket);
	its_identity_free(shots->stranger);
	for (i = 0; i < 2; i++) {
		its_identity_free(shots->authorities[i]);
		its_identity_free(shots->roots[i]);
	}
	free(shots->stations);
	free(shots);
}

static int station_frame(struct its_shots *shots, struct station *station, bool show, u64 generated, u8 *ret_frame,
			 u32 capacity)
{
	struct its_maker_message message = { .psid = ITS_MAKER_CAM,
					     .generated = generated,
					     .signer = show ? ITS_MAKER_BY_CERTIFICATE : ITS_MAKER_BY_DIGEST,
					     .latitude = 525200000,
					     .longitude = 134000000,
					     .serial = ++shots->serial };

	return its_maker_frame(station->ticket, &message, ret_frame, capacity);
}

/* An authentic frame, kept for a duplicate. */
static int station_send(struct its_shots *shots, struct station *station, u64 now, u8 *ret_frame, u32 capacity)
{
	bool show = now - station->shown >= SECOND;
	int len = station_frame(shots, station, show, now, ret_frame, capacity);

	if (len > 0) {
		if (show)
			station->shown = now;
		memcpy(station->last, ret_frame, (size_t)len);
		station->last_len = (u32)len;
		station->last_generated = now;
	}
	return len;
}

static int stranger_send(struct its_shots *shots, u64 now, u8 *ret_frame, u32 capacity)
{
	struct station stranger = { .ticket = shots->stranger };

	return station_frame(shots, &stranger, true, now, ret_frame, capacity);
}

static int altered_send(struct its_shots *shots, struct station *station, enum its_maker_alteration alteration, u64 now,
			u8 *ret_frame, u32 capacity)
{
	int len = station_frame(shots, station, true, now, ret_frame, capacity);

	return len < 0 ? len : (int)its_maker_alter(ret_frame, (u32)len, alteration);
}

static int duplicate_send(struct its_shots *shots, u64 now, u8 *ret_frame, u32 capacity, bool *ret_prepared)
{
	struct station *station = &shots->stations[shots->holding ? shots->held : shots->turn];

	*ret_prepared = !shots->holding || now - station->last_generated > SECOND / 2;
	if (*ret_prepared) {
		shots->held = (u32)(station - shots->stations);
		shots->holding = true;
		return station_send(shots, station, now, ret_frame, capacity);
	}
	shots->holding = false;
	shots->turn = (shots->turn + 1) % shots->count;
	memcpy(ret_frame, station->last, station->last_len);
	return (int)station->last_len;
}

int its_shots_next(struct its_shots *shots, enum mode mode, u64 now, struct dice *dice, u8 *ret_frame, u32 capacity,
		   bool *ret_prepared)
{
	struct station *station = &shots->stations[shots->turn];
	u64 far = SECOND * (3600 + dice_below(dice, 3600));

	*ret_prepared = false;
	if (mode == MODE_ITS_DUPLICATE)
		return duplicate_send(shots, now, ret_frame, capacity, ret_prepared);
	shots->turn = (shots->turn + 1) % shots->count;
	switch (mode) {
	case MODE_ITS_ALTERED:
		return altered_send(shots, station, ITS_MAKER_ALTER_PAYLOAD, now, ret_frame, capacity);
	case MODE_ITS_UNTRUSTED:
		return stranger_send(shots, now, ret_frame, capacity);
	case MODE_ITS_STALE:
		return station_frame(shots, station, true, now - far, ret_frame, capacity);
	case MODE_ITS_FUTURE:
		return station_frame(shots, station, true, now + far, ret_frame, capacity);
	case MODE_ITS_UNSIGNED:
		return altered_send(shots, station, ITS_MAKER_ALTER_UNSIGNED, now, ret_frame, capacity);
	default:
		return station_send(shots, station, now, ret_frame, capacity);
	}
}
