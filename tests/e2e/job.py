"""What the demo and the end-to-end tests share: a collector on loopback and
the inquest command with a state directory of its own."""

import os
import pathlib
import subprocess
import time

PYTHON_CRASH = ["/usr/bin/python3", "-c", "import ctypes; ctypes.string_at(0)"]
KILLED = ["/bin/sh", "-c", "kill -9 $$"]

POLL_S = 0.02


def wait_until(condition, what, deadline_s=30):
    """Asks again until it holds; its value."""
    end = time.monotonic() + deadline_s
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {deadline_s} s")
        time.sleep(POLL_S)
    return value


class Collector:
    """inquest-collector on a port that the kernel chose."""

    def __init__(self, build, database, port=0, config=None,
                 descriptors=None):
        options = ["--config", config] if config else []
        limit = ["prlimit", f"--nofile={descriptors}"] if descriptors else []
        self.process = subprocess.Popen(
            [*limit, build / "bin/inquest-collector", "--listen",
             f"127.0.0.1:{port}", "--db", database, *options],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()  # its first line says where
        if " on http" not in line:
            raise RuntimeError(f"the collector did not start: {line!r}")
        self.url = line.split(" on ")[1].strip()
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()


class Inquest:
    """The command with its state in directory; endpoint may be None."""

    def __init__(self, build, directory, endpoint=None):
        self.build = pathlib.Path(build)
        self.state = pathlib.Path(directory) / "state"
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("INQUEST_") and name != "DO_NOT_TRACK"}
        self.environment["INQUEST_STATE_DIR"] = str(self.state)
        self.environment["INQUEST_SYMBOL_CACHE"] = str(self.state / "symbols")
        self.environment["XDG_CONFIG_HOME"] = str(directory)
        if endpoint:
            self.environment["INQUEST_ENDPOINT"] = endpoint

    def __call__(self, *arguments, **options):
        options.setdefault("capture_output", True)
        return subprocess.run([self.build / "bin/inquest", *arguments],
                              env=self.environment, timeout=60,
                              stdin=subprocess.DEVNULL, **options)

    def text(self, *arguments):
        result = self(*arguments, text=True)
        if result.returncode != 0:
            raise RuntimeError(f"inquest {' '.join(arguments)}: status "
                               f"{result.returncode}: {result.stderr}")
        return result.stdout
