/* SPDX-License-Identifier: GPL-2.0 */
/*
 * distance.h - how far two places lie apart, in integers. Pure.
 */
#ifndef VOLTGATE_CONTRACT_DISTANCE_H
#define VOLTGATE_CONTRACT_DISTANCE_H

#include "voltgate/types.h"

#define DISTANCE_LATITUDE_MOST 90000000	  /* microdegrees */
#define DISTANCE_LONGITUDE_MOST 180000000 /* microdegrees */

/*
 * The straight line between two places, metres, rounded down: through the ground, so never longer than any way on it
 * (shorter than the great circle by 1 m at 100 km). Of a sphere of 6,371,000 m; true within 0.6 %. Latitudes and
 * longitudes in microdegrees within the limits above.
 */
u64 distance_m(int latitude, int longitude, int other_latitude, int other_longitude);

#endif
