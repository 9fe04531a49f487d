/* SPDX-License-Identifier: GPL-2.0 */
/*
 * permission.h - what a certificate may sign (appPermissions) and what it may
 * let others sign (certIssuePermissions). Pure; reads in place.
 * Source: IEEE 1609.2-2022 5.1.2, 5.2.4.2, 6.4.28 to 6.4.36.
 */
#ifndef VOLTGATE_ITS_PERMISSION_H
#define VOLTGATE_ITS_PERMISSION_H

#include "agent/its/certificate.h"

enum its_ssp_kind { ITS_SSP_NONE, ITS_SSP_OPAQUE, ITS_SSP_BITMAP };

/* PsidSsp. */
struct its_app_permission {
	u32 psid;
	enum its_ssp_kind kind;
	struct coer_slice ssp;
};

enum its_range_kind { ITS_RANGE_DEFAULT, ITS_RANGE_OPAQUE, ITS_RANGE_ALL, ITS_RANGE_BITMAP };

/* PsidSspRange. */
struct its_range {
	u32 psid;
	enum its_range_kind kind;
	struct coer_slice opaque; /* SEQUENCE OF OCTET STRING after its count */
	u32 opaque_count;
	struct coer_slice value; /* bitmap: the same length */
	struct coer_slice mask;
};

/* PsidGroupPermissions. */
struct its_group_permission {
	bool all;		  /* every psid that no other entry names */
	struct coer_slice ranges; /* SEQUENCE OF PsidSspRange after its count */
	u32 range_count;
	int min_chain;	 /* certificates below the holder, the end entity's included */
	int chain_range; /* so many more are allowed; -1: any number */
	bool app;	 /* for application certificates (not only enrolment) */
};

void its_app_permission_read(struct coer *coer, struct its_app_permission *ret_permission);
void its_range_read(struct coer *coer, struct its_range *ret_range);
void its_group_permission_read(struct coer *coer, struct its_group_permission *ret_permission);

/* True if @certificate may sign data of @psid. */
bool its_may_sign(const struct its_certificate *certificate, u32 psid);
/*
 * True if @issuer may have given @subject all its appPermissions and
 * certIssuePermissions.
 */
bool its_may_issue(const struct its_certificate *issuer, const struct its_certificate *subject);

#endif
