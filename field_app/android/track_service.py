"""What Android starts in a process of its own: the recording of the tablet's track."""

import sys

from field_app.platform.android.track_service import stay_awake
from field_app.track_service import main

sys.exit(main([str(stay_awake())]))
