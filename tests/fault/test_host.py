"""The host and its dumper while their calls fail: the host ends as it would
without us, and the report is whole or absent."""

import sys

from scene_host import CrashPath, Dumper, HostStart, HostThread
from scene_living import LiveReport
from sweep import main

sys.exit(main((HostStart, HostThread, CrashPath, Dumper,
               LiveReport)))
