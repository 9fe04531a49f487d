/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wipe.h - memory of JSON values is wiped when freed: requests carry keys.
 */
#ifndef VOLTGATE_WIPE_H
#define VOLTGATE_WIPE_H

/* From now on for the whole process; call before the first use of jansson. */
void wipe_json(void);

#endif
