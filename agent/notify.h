/* SPDX-License-Identifier: GPL-2.0 */
/*
 * notify.h - tells the service manager how the start went: the protocol of
 * sd_notify(3), one datagram to $NOTIFY_SOCKET, without its library.
 */
#ifndef VOLTGATE_NOTIFY_H
#define VOLTGATE_NOTIFY_H

/* Sends @state ("READY=1", "STOPPING=1"). 0 also where nobody asked to be told; -errno. */
int notify(const char *state);

#endif
