"""The inquest command while its calls fail, and killed at every call: nothing
accepted is gone, nothing half, nothing sent that was not allowed."""

import sys

from scene_allowed import (UploadDenied, UploadForbidden, UploadRest,
                           UploadWithheld)
from scene_audit import Rotate
from scene_living import Snapshot
from scene_reporter import (Command, Deny, Recover, RecoverDumper, RecoverSpill,
                            Run, Seal, Upload, Withdraw)
from scene_said import Feedback, GrantPast
from sweep import main

status = main((Upload, UploadRest, UploadDenied, UploadForbidden,
               UploadWithheld, Deny, Withdraw, Recover, RecoverDumper,
               RecoverSpill, Run, Seal, Feedback, GrantPast, Snapshot,
               Rotate))
Command.server.close()
sys.exit(status)
