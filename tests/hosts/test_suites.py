"""Test suites of programs in Debian, bare and watched: every case must end
alike. test_suites.py BUILD. Context: tool."""

import os
import pathlib
import re
import sys
import threading
import unittest
import xml.etree.ElementTree

import host

BUILD = pathlib.Path(sys.argv.pop(1))
FULL = float(os.environ.get("INQUEST_TEST_PERCENT", "5")) >= 100
GLIB_OPTIONS = ("--tap", "--seed=R02S" + "01" * 16)  # it names cases
ROUNDS = 3  # of a suite whose cases do not end alike
SUITE_S = 900
GLIB = pathlib.Path("/usr/libexec/installed-tests/glib")
GLIB_META = pathlib.Path("/usr/share/installed-tests/glib")

PYTHON_TESTS = pathlib.Path("/usr/lib/python3.11/test/test_signal.py")
PYTHON = {  # and what of it is quick
    "test_signal": ("PosixTests", "PendingSignalsTests"),
    "test_threading": ("ThreadingExceptionTests", "*JoinOnShutdown.test_1*"),
    "test_subprocess": ("test_run_abort", "test_preexec", "test_send_signal",
                        "test_terminate*", "test_pass_fds*"),
    "test_faulthandler": ("test_sig*", "test_register*", "test_stack_overflow"),
}
# What cannot be alike, and why: said in every run.
KNOWN = {
    "test.test_subprocess.POSIXProcessTestCase.test_pass_fds_redirected":
        "lists every descriptor that is open, and so sees ours",
}
GLIB_QUICK = ("error", "logging", "spawn-singlethread", "testing", "thread",
              "once", "unix-fd", "slice", "assert-msg-test")


def python_command(name):
    chosen = [] if FULL else [
        word for pattern in PYTHON[name] for word in ("-m", pattern)]
    return ["/usr/bin/python3", "-B", "-m", "test", name, "--junit-xml",
            "result.xml", *chosen]


def python_outcomes(_, cwd):
    """How each case of a junit file ended."""
    path = pathlib.Path(cwd) / "result.xml"
    if not path.exists():
        return {}
    return {
        case.get("name"): " ".join(sorted({part.tag for part in case}
                                          - {"system-out", "system-err"}))
        for case in xml.etree.ElementTree.parse(path).iter("testcase")}


def tap_outcomes(output, _):
    return {line.split(" ", 2)[-1]: "not ok" if line[0] == "n" else "ok"
            for line in re.findall(r"^(?:not )?ok \d+.*$", output, re.M)}


def run_one(ground, command, outcomes, watched, result):
    status, output, cwd = ground.run(command, watched, SUITE_S)
    cases = outcomes(output, cwd)
    cases["exit status"] = status
    result.append(cases)


def run_pair(ground, command, outcomes):
    """Both at once: what depends on the time of day is alike."""
    results = ([], [])
    threads = [threading.Thread(target=run_one, args=(
        ground, command, outcomes, watched, results[watched]))
        for watched in (False, True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results[0][0], results[1][0]


def unexplained(apart):
    """A known difference makes the suite's own status another one, too."""
    known = {case for case in apart if case in KNOWN}
    if known:
        known.add("exit status")
    return [case for case in apart if case not in known]


class Suites(unittest.TestCase):
    def setUp(self):
        self.ground = host.Ground(BUILD)
        self.addCleanup(self.ground.close)

    def compare(self, name, command, outcomes):
        """How many cases; fails where bare and watched never agree."""
        bare, watched = {}, {}
        for _ in range(ROUNDS):
            pair = run_pair(self.ground, command, outcomes)
            for seen, cases in zip((bare, watched), pair):
                for case, end in cases.items():
                    seen.setdefault(case, set()).add(end)
            apart = sorted(case for case in {**bare, **watched} if not
                           bare.get(case, set()) & watched.get(case, set()))
            if not unexplained(apart):
                break
        for case in apart:
            print(f"{name}: {case}: bare {bare.get(case)}, watched "
                  f"{watched.get(case)} {KNOWN.get(case, '')}")
        self.assertEqual(unexplained(apart), [], name)
        passed = sum(ends <= {"", "ok", 0} for ends in bare.values())
        print(f"{name}: {len(bare) - len(apart)} cases end alike, {passed} of them well",
              flush=True)
        return len(bare)

    def test_python(self):
        if not PYTHON_TESTS.exists():
            self.skipTest("libpython3.11-testsuite is not installed")
        for name in PYTHON:
            count = self.compare(name, python_command(name), python_outcomes)
            self.assertGreater(count, 5, name)

    def test_glib(self):
        if not GLIB_META.is_dir():
            self.skipTest("libglib2.0-tests is not installed")
        names = sorted(path.stem for path in GLIB_META.glob("*.test")) \
            if FULL else GLIB_QUICK
        count = sum(self.compare(name, [str(GLIB / name), *GLIB_OPTIONS],
                                 tap_outcomes)
                    for name in names if os.access(GLIB / name, os.X_OK))
        self.assertGreater(count, 50)


if __name__ == "__main__":
    program = unittest.main(exit=False)
    skipped = program.result.skipped
    sys.exit(1 if not program.result.wasSuccessful() else
             77 if len(skipped) == program.result.testsRun else 0)
