/* SPDX-License-Identifier: GPL-2.0 */
/*
 * region.h - whether a place lies in a certificate's region. Circular and
 * rectangular regions are decided; polygons and country codes are not (they
 * need a map of the country or a winding rule that the standard leaves open),
 * so a place is let pass there.
 * Source: IEEE 1609.2-2022 6.4.17 to 6.4.27.
 */
#ifndef VOLTGATE_ITS_REGION_H
#define VOLTGATE_ITS_REGION_H

#include "agent/its/signeddata.h"

/* False only if @location is known and certainly outside. */
bool its_region_has(const struct its_region *region, const struct its_location *location);

#endif
