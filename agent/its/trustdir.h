/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trustdir.h - reads a trust list from a directory. One certificate a file:
 *   NAME.oer, NAME.coer, NAME.cert   the certificate in COER, as authorities give it out
 *   NAME.hex                         the same in hex digits; blanks and lines that start with # do not count
 * Other files are left alone, aloud; hidden ones silently. A self-signed
 * certificate is an anchor if its signature is right. An authority whose issuer
 * is here must have been issued by it; one whose issuer is not here is an
 * anchor on the administrator's word, and so is a single station's certificate
 * that is put here: it is believed, its neighbours under the same issuer are not.
 */
#ifndef VOLTGATE_ITS_TRUSTDIR_H
#define VOLTGATE_ITS_TRUSTDIR_H

#include "agent/its/trust.h"

struct its_trustdir_error {
	char text[320];
};

/*
 * @note is called with one sentence for each file that is no good: what, and
 * the remedy; such files do not stop the others, and a list without any is a
 * list that trusts nobody. -ENOENT, -EACCES,... (the directory), -ENOMEM.
 */
int its_trustdir_load(const char *dir, void (*note)(void *arg, const char *sentence), void *arg,
		      struct its_trust **ret_trust, struct its_trustdir_error *ret_error);

#endif
