/* SPDX-License-Identifier: GPL-2.0 */
/*
 * takeover.h - what an agent that was killed left on an interface: its program
 * runs on, with maps that nobody reads. It is taken off, so that this agent's
 * can take its place. Between the two nothing is covered by a verdict, so
 * nothing is acted on.
 */
#ifndef VOLTGATE_TAKEOVER_H
#define VOLTGATE_TAKEOVER_H

/*
 * Call only when no other agent can run in this namespace (we hold its UDP
 * port) and while privileged. 1: a left-over gate was taken off; 0: what is
 * there, if anything, is not a gate; -errno.
 */
int takeover(const char *interface);

#endif
