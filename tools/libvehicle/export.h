/* SPDX-License-Identifier: GPL-2.0 */
/* export.h - marks what the library shows; everything else in it is hidden. */
#ifndef VOLTGATE_LIBVEHICLE_EXPORT_H
#define VOLTGATE_LIBVEHICLE_EXPORT_H

#define EXPORT __attribute__((visibility("default")))

#endif
