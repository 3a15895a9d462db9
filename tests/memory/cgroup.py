"""A memory cgroup of the test's own, version 1, where the test may make one."""

import os
import pathlib
import select
import time

MOUNT = pathlib.Path("/sys/fs/cgroup/memory")
END_S = 20  # for a killed process to leave its cgroup


def unusable():
    """Why no cgroup can be made here; None when it can."""
    if not (MOUNT / "memory.limit_in_bytes").exists():
        return "no memory cgroup of version 1 here"
    if not os.access(MOUNT, os.W_OK) or os.geteuid() != 0:
        return "not allowed to make a memory cgroup"
    return None


class Cgroup:
    made = 0

    def __init__(self, limit_bytes):
        Cgroup.made += 1
        self.path = MOUNT / f"inquest-test-{os.getpid()}-{Cgroup.made}"
        self.path.mkdir()
        (self.path / "memory.limit_in_bytes").write_text(str(limit_bytes))

    def remove(self):
        """What is inside ends; only then it goes, however busy the machine."""
        for pid in (self.path / "cgroup.procs").read_text().split():
            os.kill(int(pid), 9)
        until = time.monotonic() + END_S
        while True:
            try:
                self.path.rmdir()
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                select.select([], [], [], 0.002)
