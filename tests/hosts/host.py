"""One program, bare and watched, in directories of their own. Context: tool."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

OURS = ("INQUEST_", "LD_PRELOAD", "DO_NOT_TRACK")


class Ground:
    """A directory with a home and a state directory; gone with close()."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="inquest-hosts-"))
        self.state = self.top / "state"
        self.state.mkdir(mode=0o700)

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)

    def environment(self, watched):
        result = {name: value for name, value in os.environ.items()
                  if not name.startswith(OURS)}
        result.update(HOME=str(self.top), LC_ALL="C.UTF-8",
                      TMPDIR=str(self.top))
        if watched:
            result.update(
                LD_PRELOAD=str(self.build / "lib/libinquest.so"),
                INQUEST_DUMPER=str(self.build / "bin/inquest-dumper"),
                INQUEST_STATE_DIR=str(self.state), INQUEST_RATE_LIMIT="off")
        return result

    def run(self, command, watched, timeout_s=60, **options):
        """Ends what still runs of it when the time is over: a session."""
        cwd = tempfile.mkdtemp(dir=self.top)
        process = subprocess.Popen(
            command, cwd=cwd, env=self.environment(watched),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, **options)
        try:
            output = process.communicate(timeout=timeout_s)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output = process.communicate()[0]
        return process.returncode, output.decode(errors="replace"), cwd

    def inquest(self, *arguments):
        """What the command says."""
        env = {"PATH": "/usr/bin:/bin", "INQUEST_STATE_DIR": str(self.state)}
        return subprocess.run(
            [self.build / "bin/inquest", *arguments], env=env, text=True,
            capture_output=True, timeout=60, check=True).stdout

    def reports(self):
        """After what lies in boxes has become one."""
        self.inquest("recover")
        listed = json.loads(self.inquest("list", "--json"))
        return [json.loads(self.inquest("show", entry["reportId"], "--json"))
                for entry in listed]
