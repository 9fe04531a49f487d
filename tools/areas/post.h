/* SPDX-License-Identifier: GPL-2.0 */
/*
 * post.h - how areas that are processes of one MPI job reach each other: the
 * messages of consensus_message.h, signs of life between them, and the parts of the plan at the end. Whatever MPI
 * itself finds wrong ends the job.
 */
#ifndef VOLTGATE_TOOLS_AREAS_POST_H
#define VOLTGATE_TOOLS_AREAS_POST_H

#include "agent/sched/consensus.h"

struct post;

/* After MPI_Init(). @patience_ms: for neighbours that say nothing. -ENOMEM. */
int post_new(const struct area *area, u64 patience_ms, struct post **ret_post);
void post_free(struct post *post);
/* As consensus_words has it; @context is a post. */
void post_send(void *context, u32 to, const u8 *bytes, size_t len);
/* Gives @consensus what has come. How much came, or -errno as consensus_receive(). */
int post_take(struct post *post, struct consensus *consensus);
/* Tells neighbours now and then that this process lives. The neighbour that said nothing for too long, or ~0. */
u32 post_silent(struct post *post, u64 now_ms);
/* Waits without using the processor, until all processes have come here. */
void post_meet(void);
/* The text of every process, at process 0: @ret_texts has room for all, to be freed by the caller. 0, -ENOMEM, -E2BIG.
 */
int post_gather(const char *text, char **ret_texts);
u64 post_clock_ms(void);

#endif
