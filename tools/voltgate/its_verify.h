/* SPDX-License-Identifier: GPL-2.0 */
/*
 * its_verify.h - judges the ITS frames of a capture file offline.
 */
#ifndef VOLTGATE_TOOLS_ITS_VERIFY_H
#define VOLTGATE_TOOLS_ITS_VERIFY_H

#include "tools/voltgate/cli.h"
#include "voltgate/types.h"

enum its_verify_at { ITS_VERIFY_GENERATED, ITS_VERIFY_CAPTURED, ITS_VERIFY_FIXED };

struct its_verify_options {
	const char *path;
	const char *trust_dir; /* NULL: the certificates found are trusted */
	enum its_verify_at at;
	u64 fixed; /* Time64 */
};

/* One line or object for each ITS frame. CLI_OK: all accepted. CLI_REFUSED: one refused, none found, or file no good.
 */
int its_verify(const struct cli *cli, const struct its_verify_options *options);

#endif
