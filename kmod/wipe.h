/* SPDX-License-Identifier: GPL-2.0 */
/* wipe.h - zeroes secrets in a way that no compiler leaves out. */
#ifndef VOLTGATE_KMOD_WIPE_H
#define VOLTGATE_KMOD_WIPE_H

#include "voltgate/types.h"

static inline void vg_wipe(void *secret, size_t len)
{
#ifdef __KERNEL__
	memzero_explicit(secret, len);
#else
	explicit_bzero(secret, len);
#endif
}

#endif
