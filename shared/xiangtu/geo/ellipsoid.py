"""The ellipsoid of CGCS2000 and the quantities the series start from."""

from __future__ import annotations

import math

#: GB 22021-2008: semi-major axis in metres, and flattening.
SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1 / 298.257222101

ECCENTRICITY_SQUARED = FLATTENING * (2 - FLATTENING)
ECCENTRICITY = math.sqrt(ECCENTRICITY_SQUARED)
#: Third flattening, in which the series converge fastest.
THIRD_FLATTENING = FLATTENING / (2 - FLATTENING)
