/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tx_query.h - a contract asked by a client: answered from one node's
 * committed state, nothing is ordered.
 */
#ifndef VOLTGATE_TOOLS_TX_QUERY_H
#define VOLTGATE_TOOLS_TX_QUERY_H

#include "tools/voltgate/consortium_open.h"

struct tx_query {
	const char *node; /* this one alone; NULL: the next where one does not answer */
	u32 timeout_ms;	  /* for all of it */
	const char *contract, *function;
	const struct span *arguments;
	u32 argument_count;
};

struct tx_query_answer {
	u8 *result; /* malloc'd, and a zero behind it */
	size_t result_len;
	u64 height; /* of the state that answered */
};

/* CLI_OK, or a status after a sentence. @ret_answer is to be freed in either case. */
int tx_query(struct consortium *consortium, const struct tx_query *query, struct tx_query_answer *ret_answer);
void tx_query_answer_free(struct tx_query_answer *answer);

#endif
