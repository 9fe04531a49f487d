// SPDX-License-Identifier: GPL-2.0
/*
 * permission.c - reads permissions, and decides whether an issuer covers what
 * it issued: each entry of the subject needs an entry of the issuer that is at
 * least as wide, for a chain as long.
 */
#include "agent/its/permission.h"

#include <errno.h>
#include <limits.h>

#define SSP_MAX 31
#define OPAQUE_MAX 1024
#define RANGES_MAX 64
#define CHAIN_MAX 100

void its_app_permission_read(struct coer *coer, struct its_app_permission *ret_permission)
{
	struct its_app_permission permission = { 0 };
	struct coer_slice open;
	struct coer inner;

	if (coer_preamble(coer, 1) & 0x80) {
		permission.psid = coer_unsigned(coer);
		switch (coer_choice(coer)) {
		case 0:
			permission.kind = ITS_SSP_OPAQUE;
			permission.ssp = coer_octets(coer, 0, OPAQUE_MAX);
			break;
		case 1: /* bitmapSsp is an addition, so it stands in an open type */
			permission.kind = ITS_SSP_BITMAP;
			open = coer_octets(coer, 1, SSP_MAX + 1);
			inner = coer_sub(open);
			permission.ssp = coer_octets(&inner, 0, SSP_MAX);
			coer_end(coer, &inner);
			break;
		default:
			coer_fail(coer, -EOPNOTSUPP);
		}
	} else {
		permission.psid = coer_unsigned(coer);
	}
	*ret_permission = permission;
}

static void read_opaque_range(struct coer *coer, struct its_range *range)
{
	u32 i;

	range->kind = ITS_RANGE_OPAQUE;
	range->opaque_count = coer_count(coer, 1);
	if (range->opaque_count > RANGES_MAX)
		coer_fail(coer, -EOPNOTSUPP);
	range->opaque.at = coer->at;
	for (i = 0; i < range->opaque_count && !coer->error; i++)
		coer_octets(coer, 0, OPAQUE_MAX);
	range->opaque.len = (u32)(coer->at - range->opaque.at);
}

static void read_bitmap_range(struct coer *coer, struct its_range *range)
{
	struct coer inner = coer_sub(coer_octets(coer, 4, 2 * (SSP_MAX + 2)));

	range->kind = ITS_RANGE_BITMAP;
	range->value = coer_octets(&inner, 1, SSP_MAX + 1);
	range->mask = coer_octets(&inner, 1, SSP_MAX + 1);
	coer_end(coer, &inner);
	if (range->value.len != range->mask.len)
		coer_fail(coer, -EBADMSG);
}

void its_range_read(struct coer *coer, struct its_range *ret_range)
{
	struct its_range range = { 0 };
	u8 has = coer_preamble(coer, 1);

	range.psid = coer_unsigned(coer);
	if (has) {
		switch (coer_choice(coer)) {
		case 0:
			read_opaque_range(coer, &range);
			break;
		case 1:
			range.kind = ITS_RANGE_ALL;
			break;
		case 2:
			read_bitmap_range(coer, &range);
			break;
		default:
			coer_fail(coer, -EOPNOTSUPP);
		}
	}
	*ret_range = range;
}

static void read_subject(struct coer *coer, struct its_group_permission *group)
{
	struct its_range range;
	u32 i;

	switch (coer_choice(coer)) {
	case 0:
		group->range_count = coer_count(coer, 3);
		if (group->range_count > RANGES_MAX)
			coer_fail(coer, -EOPNOTSUPP);
		group->ranges.at = coer->at;
		for (i = 0; i < group->range_count && !coer->error; i++)
			its_range_read(coer, &range);
		group->ranges.len = (u32)(coer->at - group->ranges.at);
		break;
	case 1:
		group->all = true;
		break;
	default:
		coer_fail(coer, -EOPNOTSUPP);
	}
}

void its_group_permission_read(struct coer *coer, struct its_group_permission *ret_permission)
{
	struct its_group_permission group = { .min_chain = 1, .chain_range = 0, .app = true };
	u8 has = coer_preamble(coer, 3);

	read_subject(coer, &group);
	if (has & 0x80)
		group.min_chain = coer_signed(coer);
	if (has & 0x40)
		group.chain_range = coer_signed(coer);
	if (has & 0x20)
		group.app = coer_u8(coer) & 0x80;
	if (group.min_chain < 0 || group.min_chain > CHAIN_MAX || group.chain_range < -1 ||
	    group.chain_range > CHAIN_MAX)
		coer_fail(coer, -EBADMSG);
	*ret_permission = group;
}

bool its_may_sign(const struct its_certificate *certificate, u32 psid)
{
	struct coer coer = coer_sub(certificate->app_permissions);
	struct its_app_permission permission;
	u32 i;

	for (i = 0; i < certificate->app_count; i++) {
		its_app_permission_read(&coer, &permission);
		if (!coer.error && permission.psid == psid)
			return true;
	}
	return false;
}

/* Bit @i of the mask asks for the same bit in @value; what is not there counts as 0. */
static bool bits_agree(const struct its_range *wide, struct coer_slice value)
{
	u32 i;
	u8 byte;

	for (i = 0; i < wide->mask.len; i++) {
		byte = i < value.len ? value.at[i] : 0;
		if ((byte ^ wide->value.at[i]) & wide->mask.at[i])
			return false;
	}
	return true;
}

static bool opaque_lists(const struct its_range *wide, struct coer_slice ssp)
{
	struct coer coer = coer_sub(wide->opaque);
	struct coer_slice listed;
	u32 i;

	for (i = 0; i < wide->opaque_count; i++) {
		listed = coer_octets(&coer, 0, OPAQUE_MAX);
		if (!coer.error && listed.len == ssp.len && !memcmp(listed.at, ssp.at, ssp.len))
			return true;
	}
	return false;
}

static bool range_covers_app(const struct its_range *wide, const struct its_app_permission *app)
{
	switch (wide->kind) {
	case ITS_RANGE_ALL:
		return true;
	case ITS_RANGE_DEFAULT:
		return app->kind == ITS_SSP_NONE;
	case ITS_RANGE_OPAQUE:
		return app->kind == ITS_SSP_OPAQUE && opaque_lists(wide, app->ssp);
	case ITS_RANGE_BITMAP:
		return app->kind == ITS_SSP_BITMAP && bits_agree(wide, app->ssp);
	}
	return false;
}

static bool opaque_covers_opaque(const struct its_range *wide, const struct its_range *narrow)
{
	struct coer coer = coer_sub(narrow->opaque);
	u32 i;

	for (i = 0; i < narrow->opaque_count; i++)
		if (!opaque_lists(wide, coer_octets(&coer, 0, OPAQUE_MAX)))
			return false;
	return true;
}

static bool bitmap_covers_bitmap(const struct its_range *wide, const struct its_range *narrow)
{
	u32 i;
	u8 byte;

	for (i = 0; i < wide->mask.len; i++) {
		byte = i < narrow->mask.len ? narrow->mask.at[i] : 0;
		if (wide->mask.at[i] & ~byte)
			return false;
	}
	return bits_agree(wide, narrow->value);
}

static bool range_covers_range(const struct its_range *wide, const struct its_range *narrow)
{
	if (wide->kind == ITS_RANGE_ALL)
		return true;
	if (wide->kind != narrow->kind)
		return false;
	switch (wide->kind) {
	case ITS_RANGE_OPAQUE:
		return opaque_covers_opaque(wide, narrow);
	case ITS_RANGE_BITMAP:
		return bitmap_covers_bitmap(wide, narrow);
	default:
		return true;
	}
}

/* The chain below the issuer may have from @min to @max certificates; does @group allow that? */
static bool chain_fits(const struct its_group_permission *group, int min, int max)
{
	return group->app && group->min_chain >= 1 && group->min_chain <= min &&
	       (group->chain_range < 0 || max <= group->min_chain + group->chain_range);
}

/* What is looked for among the issuer's groups: either an application permission or a range. */
struct wanted {
	u32 psid;
	const struct its_app_permission *app;
	const struct its_range *range;
	int min_chain;
	int max_chain;
};

/* True if one of the group's ranges names the psid; *ret_covered: and covers what is wanted. */
static bool group_names(const struct its_group_permission *group, const struct wanted *wanted, bool *ret_covered)
{
	struct coer coer = coer_sub(group->ranges);
	struct its_range range;
	bool named = false;
	u32 i;

	for (i = 0; i < group->range_count; i++) {
		its_range_read(&coer, &range);
		if (coer.error || range.psid != wanted->psid)
			continue;
		named = true;
		if (wanted->app ? range_covers_app(&range, wanted->app) : range_covers_range(&range, wanted->range))
			*ret_covered = true;
	}
	return named;
}

static bool issuer_covers(const struct its_certificate *issuer, const struct wanted *wanted)
{
	struct coer coer = coer_sub(issuer->issue_permissions);
	bool named = false, covered = false, all = false;
	struct its_group_permission group;
	u32 i;

	for (i = 0; i < issuer->issue_count && !covered; i++) {
		bool here = false;

		its_group_permission_read(&coer, &group);
		if (coer.error)
			return false;
		if (group.all)
			all = all || chain_fits(&group, wanted->min_chain, wanted->max_chain);
		else if (group_names(&group, wanted, &here))
			named = true;
		covered = here && chain_fits(&group, wanted->min_chain, wanted->max_chain);
	}
	return covered || (all && !named);
}

static bool issuer_covers_all(const struct its_certificate *issuer, const struct wanted *wanted)
{
	struct coer coer = coer_sub(issuer->issue_permissions);
	struct its_group_permission group;
	u32 i;

	for (i = 0; i < issuer->issue_count; i++) {
		its_group_permission_read(&coer, &group);
		if (!coer.error && group.all && chain_fits(&group, wanted->min_chain, wanted->max_chain))
			return true;
	}
	return false;
}

static bool apps_covered(const struct its_certificate *issuer, const struct its_certificate *subject)
{
	struct coer coer = coer_sub(subject->app_permissions);
	struct its_app_permission app;
	u32 i;

	for (i = 0; i < subject->app_count; i++) {
		its_app_permission_read(&coer, &app);
		if (coer.error ||
		    !issuer_covers(issuer,
				   &(struct wanted){ .psid = app.psid, .app = &app, .min_chain = 1, .max_chain = 1 }))
			return false;
	}
	return true;
}

static bool group_covered(const struct its_certificate *issuer, const struct its_group_permission *group)
{
	struct wanted wanted = { .min_chain = group->min_chain + 1,
				 .max_chain =
					 group->chain_range < 0 ? INT_MAX : group->min_chain + group->chain_range + 1 };
	struct coer coer = coer_sub(group->ranges);
	struct its_range range;
	u32 i;

	if (group->all)
		return issuer_covers_all(issuer, &wanted);
	for (i = 0; i < group->range_count; i++) {
		its_range_read(&coer, &range);
		wanted.psid = range.psid;
		wanted.range = &range;
		if (coer.error || !issuer_covers(issuer, &wanted))
			return false;
	}
	return true;
}

bool its_may_issue(const struct its_certificate *issuer, const struct its_certificate *subject)
{
	struct coer coer = coer_sub(subject->issue_permissions);
	struct its_group_permission group;
	u32 i;

	for (i = 0; i < subject->issue_count; i++) {
		its_group_permission_read(&coer, &group);
		/* What only lets others enrol is not what a signature on data rests on. */
		if (coer.error || (group.app && !group_covered(issuer, &group)))
			return false;
	}
	return apps_covered(issuer, subject);
}
