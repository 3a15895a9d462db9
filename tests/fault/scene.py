"""What the sweeps run: a scene is one program at one job, in a directory of
its own, and what must hold after it however its calls went. Context: tool."""

import json
import os
import pathlib
import subprocess

from injection import BOUND_S, SYSEXITS, frame_problem

CLEAN = {name: value for name, value in os.environ.items()
         if not name.startswith("INQUEST_") and name != "DO_NOT_TRACK"
         and not name.lower().endswith("_proxy")}


class Scene:
    """Subclasses say what they run and what must hold; violations are yielded
    as sentences."""
    name = ""
    program = "inquest"  # whose calls fail
    module = None        # only calls from this mapping
    without = "ld-linux"  # the loader's failures are not ours to mend
    calls = None         # those to fail; None: all of ERRORS
    spared = ()          # not to fail: a library aborts, and says why
    kills = True         # whether it is killed at every call too
    pipe_out = False     # whether meanwhile() reads its output
    weight = 1           # of a share, where its cases are long or much alike
    mallocs = False      # whether its allocations fail too: fail_nth.c

    def __init__(self, build):
        self.build = pathlib.Path(build)

    def prepare(self, directory):
        """Fills the directory once; each case gets a copy."""

    def command(self, directory):
        raise NotImplementedError

    def stdin(self, directory):
        return "/dev/null"

    def environment(self, directory):
        return {**CLEAN, "INQUEST_STATE_DIR": str(directory / "state"),
                "XDG_CONFIG_HOME": str(directory),
                "INQUEST_SYMBOL_CACHE": str(directory / "symbols")}

    def meanwhile(self, directory, process):
        """Runs beside the program; what it starts it also ends."""

    def check(self, directory, injection, outcome):
        """Yields what does not hold."""
        raise NotImplementedError

    # --- what the checks share ---

    def inquest(self, directory, *arguments):
        """The command without any fault."""
        return subprocess.run(
            [self.build / "bin/inquest", *arguments], text=True,
            env=self.environment(directory), capture_output=True,
            stdin=subprocess.DEVNULL, timeout=3 * BOUND_S, errors="replace")

    def reports(self, directory):
        """What `inquest list` knows, which reads each report whole."""
        done = self.inquest(directory, "list", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else []

    def general(self, injection, outcome):
        """What holds for every program."""
        if outcome.hung:
            yield f"hung for more than {BOUND_S} s"
        if outcome.left:
            yield f"{outcome.left} processes left behind"

    def tool(self, injection, outcome):
        """What holds for a program of ours: it ends by itself, and when it
        could not do its job it says so."""
        yield from self.general(injection, outcome)
        if outcome.hung or (injection.error is None and outcome.fired):
            return
        if outcome.status != 0 and outcome.status not in SYSEXITS:
            yield f"ended with {outcome.status}"
        mute = injection.call == "write" and injection.on
        if outcome.status != 0 and not outcome.err.strip() and not mute:
            yield f"ended with {outcome.status} and without a word"

    def queue(self, directory):
        """After a later command: nothing half, nothing in tmp/."""
        queue = directory / "state/queue"
        for place in ("new", "busy", "sent"):
            for path in sorted((queue / place).glob("*")):
                problem = frame_problem(path)
                if problem:
                    yield f"{place}/ holds half a report: {problem}"
        for path in sorted((queue / "tmp").glob("*")):
            yield f"tmp/ still holds {path.name}"
        for path in sorted((directory / "state").rglob(".*")):
            yield f"a temporary file stayed: {path.name}"

    def age(self, directory):
        """Two hours pass, so that temporary files are old."""
        for path in (directory / "state").rglob("*"):
            if path.is_file():
                before = path.stat().st_mtime - 7200
                os.utime(path, (before, before), follow_symlinks=False)
