/* SPDX-License-Identifier: GPL-2.0 */
/*
 * org_issue.h - voltgate org issue, for wallets too: a new key with a
 * certificate of its organisation.
 */
#ifndef VOLTGATE_TOOLS_ORG_ISSUE_H
#define VOLTGATE_TOOLS_ORG_ISSUE_H

#include "tools/voltgate/org_certificate.h"

/*
 * Makes a key and what @what says of it (its organisation is the authority's in @folder), written to @out/node.key,
 * .crt or @out/client.key, .crt; nothing is overwritten. *@ret_certificate is the caller's to free. enum cli_exit,
 * after a sentence where not 0.
 */
int org_issue(const char *folder, struct org_certificate *what, const char *out, X509 **ret_certificate);

#endif
