// SPDX-License-Identifier: GPL-2.0
/*
 * region.c - places and regions on a sphere (the radius is that of a sphere of
 * the Earth's volume; against the ellipsoid that errs by at most 0.6 %).
 */
#include "agent/its/region.h"

#include <math.h>

#define EARTH_RADIUS_M 6371000.8
#define UNITS_PER_DEGREE 1e7
#define LATITUDE_MAX 900000000
#define LONGITUDE_MAX 1800000000

static double radians(int units)
{
	return units / UNITS_PER_DEGREE * M_PI / 180;
}

/* Haversine formula. */
static double distance_m(const struct its_location *a, const struct its_location *b)
{
	double north = sin((radians(b->latitude) - radians(a->latitude)) / 2);
	double east = sin((radians(b->longitude) - radians(a->longitude)) / 2);
	double h = north * north + cos(radians(a->latitude)) * cos(radians(b->latitude)) * east * east;

	return 2 * EARTH_RADIUS_M * asin(sqrt(h < 1 ? h : 1));
}

static struct its_location read_location(struct coer *coer)
{
	struct its_location location;

	location.latitude = coer_s32(coer);
	location.longitude = coer_s32(coer);
	return location;
}

static bool in_rectangle(const struct its_location *north_west, const struct its_location *south_east,
			 const struct its_location *location)
{
	if (location->latitude > north_west->latitude || location->latitude < south_east->latitude)
		return false;
	if (north_west->longitude <= south_east->longitude)
		return location->longitude >= north_west->longitude && location->longitude <= south_east->longitude;
	/* across the 180th meridian */
	return location->longitude >= north_west->longitude || location->longitude <= south_east->longitude;
}

static bool in_rectangles(struct coer *coer, const struct its_location *location)
{
	u32 count = coer_count(coer, 16);
	struct its_location north_west, south_east;

	for (; count; count--) {
		north_west = read_location(coer);
		south_east = read_location(coer);
		if (in_rectangle(&north_west, &south_east, location))
			return true;
	}
	return false;
}

static bool is_known(const struct its_location *location)
{
	return location->latitude >= -LATITUDE_MAX && location->latitude <= LATITUDE_MAX &&
	       location->longitude >= -LONGITUDE_MAX && location->longitude <= LONGITUDE_MAX;
}

bool its_region_has(const struct its_region *region, const struct its_location *location)
{
	struct coer coer = coer_sub(region->body);
	struct its_location centre;

	if (!is_known(location))
		return true;
	switch (region->kind) {
	case ITS_REGION_CIRCULAR:
		centre = read_location(&coer);
		return distance_m(&centre, location) <= coer_u16(&coer);
	case ITS_REGION_RECTANGULAR:
		return in_rectangles(&coer, location);
	default:
		return true;
	}
}
