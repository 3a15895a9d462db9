"""The tools under valgrind: valgrind.py BUILD_DIR

Each command once, on a state directory with a crash, feedback and a killed
program in it, and the collector that takes them: no invalid access, no use of
what was never written, nothing that is definitely lost."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
ERRORS = 99  # the exit status that stands for findings
VALGRIND = ["valgrind", "--quiet", f"--error-exitcode={ERRORS}",
            "--leak-check=full", "--errors-for-leak-kinds=definite",
            "--child-silent-after-fork=yes"]
CRASH = ["python3", "-c", "import ctypes; ctypes.string_at(0)"]
KILL = ["sh", "-c", "kill -9 $$"]
COMMANDS = (
    ["list", "--json"], ["show", "last"], ["show", "last", "--json"],
    ["preview"], ["status"], ["status", "--json"], ["privacy"],
    ["privacy", "--json"], ["doctor"], ["doctor", "/bin/true"],
    ["consent"], ["consent", "grant", "OPTIONAL"],
    ["consent", "grant", "REQUIRED", "--include-past"],
    ["export"], ["export", "--public", "--text"], ["recover"],
    ["feedback", "--type", "idea", "--comment", "words"],
    ["upload", "--now", "--json"], ["consent", "deny", "OPTIONAL"],
    ["consent", "withdraw"], ["upload", "--now"], ["rm", "all"],
    ["audit"], ["audit", "verify"])


class Tools(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="inquest-valgrind-")
        self.addCleanup(directory.cleanup)
        self.at = pathlib.Path(directory.name)
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("INQUEST_") and name != "DO_NOT_TRACK"}
        self.environment |= {"INQUEST_STATE_DIR": str(self.at / "state"),
                             "XDG_CONFIG_HOME": str(self.at)}

    def run_program(self, *command, **options):
        return subprocess.run(command, env=self.environment, text=True,
                              capture_output=True, timeout=300, **options)

    def check(self, *command, **options):
        done = self.run_program(*VALGRIND, *command, **options)
        self.assertNotEqual(done.returncode, ERRORS, done.stderr)
        self.assertNotIn("== ", done.stderr)
        return done

    def collector(self):
        """One under valgrind; its address. It ends with the test."""
        log = self.at / "collector.log"
        process = subprocess.Popen(
            [*VALGRIND, f"--log-file={log}", BUILD / "bin/inquest-collector",
             "--listen", "127.0.0.1:0", "--db", self.at / "db"],
            env=self.environment, stdout=subprocess.PIPE, text=True)

        def end():
            process.send_signal(signal.SIGTERM)
            process.stdout.close()
            self.assertEqual(process.wait(60), 0, log.read_text())
        self.addCleanup(end)
        return process.stdout.readline().split()[-1]

    def test_every_command(self):
        for program in (CRASH, KILL):
            self.run_program(BUILD / "bin/inquest", "run", "--", *program)
        self.environment["INQUEST_ENDPOINT"] = self.collector()
        for command in COMMANDS:
            with self.subTest(command=command):
                done = self.check(BUILD / "bin/inquest", *command)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_run(self):
        done = self.check(BUILD / "bin/inquest", "run", "--", "true")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_look_ups(self):
        module = BUILD / "bin/inquest"
        addresses = self.run_program("nm", module).stdout.split()[::90][:50]
        done = self.check(BUILD / "bin/inquest-symbolicate", "--module",
                          module, "--json",
                          input="\n".join(a for a in addresses
                                          if a.startswith("0")) + "\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in done.stdout.splitlines():
            json.loads(line)


if __name__ == "__main__":
    unittest.main()
