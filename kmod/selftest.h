/* SPDX-License-Identifier: GPL-2.0 */
/*
 * selftest.h - what must hold before the module judges its first packet.
 *
 * 0, or -EBADMSG with a line in the kernel log that names what failed: the
 * module then refuses to load. Some milliseconds; at load only.
 */
#ifndef VOLTGATE_KMOD_SELFTEST_H
#define VOLTGATE_KMOD_SELFTEST_H

int vg_selftest(void);

#endif
