/* SPDX-License-Identifier: GPL-2.0 */
/*
 * org_enrol.h - voltgate org enrol, voltgate org revoke: transactions that an
 * organisation's authority signs, written to a file.
 */
#ifndef VOLTGATE_TOOLS_ORG_ENROL_H
#define VOLTGATE_TOOLS_ORG_ENROL_H

#include "ledger/membership.h"
#include "tools/voltgate/cli.h"

/*
 * The authority in @folder enrols @key as a client of @genesis' channel until @expires (Time64; 0: for ever): the
 * transaction goes to the new file @out. CLI_OK, or a status after a sentence.
 */
int org_enrol_client(const char *folder, const struct membership *genesis, const u8 key[32], u64 expires,
		     const char *out);

int org_enrol(const struct cli *cli, int argc, char **argv);

#endif
