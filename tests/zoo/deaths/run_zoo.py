#!/usr/bin/env python3
"""Runs the zoo: every death bare and watched, and compares. Context: tool.

Always: same wait status, same output, in time, nothing left behind. With a
dumper: the report says what cases.py demands.

    run_zoo.py --build DIR [--user nobody] [--tier2] [--only NAME,…] [-v]
"""

import argparse
import ctypes
import dataclasses
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from cases import CASES
from report_checks import check_report

DEADLINE_S = 8
OVERHEAD_S = 3  # a watched death may take this much longer
PR_SET_CHILD_SUBREAPER = 36
NOBODY = 65534
TMPFS_KIB = 24 << 10

# What is not told rightly yet, and why. A gap is counted apart, never passed;
# whoever closes one takes it off the list.
GAPS = {}
# Where a sanitized dumper cannot live.
NOT_SANITIZED = {
    "rlimit_as": "AddressSanitizer needs more address space than that",
    "seccomp_inherited": "LeakSanitizer needs the ptrace that is refused",
    "seccomp_service": "LeakSanitizer needs the ptrace that is refused",
}
# The exception lies in the heap, which tier 2 has not: what is said then.
HEAP_TELLS = {"cpp_exception": "std::terminate",
              "cpp_exception_thread": "std::terminate",
              "cpp_noexcept": "std::terminate",
              "cpp_rethrow": "std::terminate",
              "cpp_static": "ended itself: abort(), raise()"}
# Where a watched program still ends otherwise than bare. A gap never covers
# this: it is said aloud in every run.
HARMS = {}
HARM = "harm: "
LIBC = ctypes.CDLL(None, use_errno=True)


class Run:
    """What one run of a program left: filled by run_program."""

    def __init__(self):
        self.status = None
        self.seconds = 0.0
        self.end_seconds = 0.0  # until all descendants were gone
        self.output = b""
        self.errors = b""
        self.orphans = []
        self.core = False
        self.killed = []


def child_setup(out, err, cwd, user, core):
    os.setsid()
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(3, 256)
    os.chdir(cwd)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
        signal.signal(number, signal.SIG_DFL)
    limit = resource.RLIM_INFINITY if core else 0
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def children():
    path = f"/proc/self/task/{os.getpid()}/children"
    with open(path, encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def reap_all(run, main_pid, begin):
    """Waits for the program, then for whatever was left to us."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG | 0x40000000)  # __WALL
        now = time.monotonic() - begin
        if pid == main_pid:
            run.status, run.seconds = status, now
        elif pid > 0:
            run.orphans.append(status)
        elif now > DEADLINE_S:
            for left in children():
                run.killed.append(left)
                os.kill(left, signal.SIGKILL)
            begin += 2
        else:
            select.select([], [], [], 0.0005)  # both pid and time are awaited
        if run.status is not None and not children():
            run.end_seconds = now
            return


def run_program(argv, env, cwd, user, core):
    run = Run()
    out, err = (tempfile.TemporaryFile() for _ in range(2))
    begin = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            child_setup(out.fileno(), err.fileno(), cwd, user, core)
            os.execve(argv[0], argv, env)
        finally:
            os._exit(126)
    try:
        reap_all(run, pid, begin)
    except ChildProcessError:
        pass
    out.seek(0)
    err.seek(0)
    run.output, run.errors = out.read(), err.read()
    run.core = any(name.startswith("core") for name in os.listdir(cwd))
    return run


def files_under(path):
    return sorted(
        os.path.relpath(os.path.join(top, name), path)
        for top, _, names in os.walk(path) for name in names)


def status_text(status):
    if status is None:
        return "none"
    if os.WIFSIGNALED(status):
        core = "+core" if os.WCOREDUMP(status) else ""
        return signal.Signals(os.WTERMSIG(status)).name + core
    return f"exit {os.WEXITSTATUS(status)}"


def same_end(status, end):
    if isinstance(end, str):
        return os.WIFSIGNALED(status) and \
            os.WTERMSIG(status) == signal.Signals[end]
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == end


class Zoo:
    def __init__(self, options):
        self.gaps = GAPS
        self.options = options
        build = os.path.abspath(options.build)
        self.deaths = os.path.join(build, "zoo", "deaths")
        self.library = os.path.join(build, "lib", "libinquest.so")
        self.dumper = os.path.join(build, "bin", "inquest-dumper")
        self.inquest = os.path.join(build, "bin", "inquest")
        self.user = NOBODY if options.user else None
        self.has_dumper = os.access(self.dumper, os.X_OK)
        self.has_reporter = os.access(self.inquest, os.X_OK)
        self.unproved = set()
        if not os.access(self.library, os.R_OK):
            sys.exit(f"not built: {self.library}")

    def skip_reason(self, case):
        root = os.geteuid() == 0 and self.user is None
        if case.needs in ("root", "tmpfs") and not root:
            return f"needs root ({case.needs})"
        if self.options.sanitized and case.name in NOT_SANITIZED:
            return NOT_SANITIZED[case.name]
        if case.needs == "user" and root:
            return "root is above RLIMIT_NPROC: run with --user nobody"
        return None

    def environment(self, state):
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        if state:
            env.update(INQUEST_STATE_DIR=state, INQUEST_DUMPER=self.dumper)
            if not self.options.run:
                env["LD_PRELOAD"] = self.library
            if self.options.sanitized:  # or run's child inherits a limit of 0
                env["ASAN_OPTIONS"] = "disable_coredump=0"
            if self.options.tier2:
                env["INQUEST_TIER"] = "2"
        return env

    def one_run(self, case, top, state):
        cwd = os.path.join(top, "watched" if state else "bare")
        os.mkdir(cwd)
        program = os.path.join(cwd, "program")
        shutil.copy(os.path.join(self.deaths, case.name), program)
        if self.user is not None:
            os.chown(cwd, self.user, self.user)
        argv = [program]
        if state and self.options.run:
            argv = [self.inquest, "run", "--", program]
        env = self.environment(state)
        if state:
            env.update(case.env)
        return run_program(argv, env, cwd, self.user, case.core)

    def check_ends(self, case, bare, watched):
        wrong = []
        if not same_end(bare.status, case.end):
            wrong.append(f"bare run ended {status_text(bare.status)}, the "
                         f"table says {case.end}")
        # `inquest run` dies alike, but the core file is the program's alone.
        said = bare.status & ~0x80 if self.options.run and \
            os.WIFSIGNALED(bare.status) else bare.status
        if said != watched.status:
            wrong.append(f"status: bare {status_text(bare.status)} "
                         f"watched {status_text(watched.status)}")
        if bare.core != watched.core:
            wrong.append(f"core file: bare {bare.core} watched "
                         f"{watched.core}")
        for name in ("output", "errors"):
            if getattr(bare, name) != getattr(watched, name):
                wrong.append(f"{name}: bare {getattr(bare, name)[-200:]!r} "
                             f"watched {getattr(watched, name)[-200:]!r}")
        if watched.killed:
            wrong.append(f"still there after {DEADLINE_S} s: "
                         f"{len(watched.killed)}")
        if watched.seconds > bare.seconds + OVERHEAD_S:
            wrong.append(f"late: {watched.seconds:.2f} s")
        ours = list(watched.orphans)
        for status in bare.orphans:  # the program's own
            if status in ours:
                ours.remove(status)
            elif not self.options.run:  # which may be the one to reap it
                wrong.append(f"orphan {status_text(status)} missing")
        if any(status != 0 for status in ours):
            wrong.append("orphans: " + ", ".join(map(status_text, ours)))
        return wrong

    def check_files(self, case, state):
        """What may be left: a box only while nobody could recover it."""
        wrong = []
        left = files_under(state)
        boxes = [name for name in left if name.endswith(".box")]
        tmp = [name for name in left if name.startswith("queue/tmp/")]
        if tmp:
            wrong.append(f"left in queue/tmp: {tmp}")
        dies = isinstance(case.end, str) or case.reports > 0
        waits = dies or case.name == "raw_exit"  # for `inquest recover`
        read = self.has_dumper and self.has_reporter
        allowed = 2 if waits and not read else 0
        if len(boxes) > allowed:
            wrong.append(f"boxes left: {len(boxes)}")
        return wrong

    def tool(self, state, *arguments):
        env = {"PATH": "/usr/bin:/bin", "INQUEST_STATE_DIR": state,
               "LC_ALL": "C"}
        return subprocess.run([self.inquest, *arguments], env=env,
                              capture_output=True, timeout=60, check=False)

    def reports(self, state):
        self.tool(state, "recover")
        done = self.tool(state, "list", "--json")
        if done.returncode != 0:
            raise RuntimeError(f"inquest list: {done.stderr[-300:]!r}")
        found = []
        for entry in json.loads(done.stdout):
            shown = self.tool(state, "show", entry["reportId"], "--json")
            if shown.returncode != 0:
                raise RuntimeError(f"inquest show: {shown.stderr[-300:]!r}")
            found.append(json.loads(shown.stdout))
        return found

    def check_reports(self, case, state):
        if not (self.has_dumper and self.has_reporter):
            self.unproved.add(case.name)
            return []
        try:
            found = self.reports(state)
        except (RuntimeError, ValueError, KeyError,
                subprocess.TimeoutExpired) as error:
            return [f"reports not readable: {error}"]
        crashes = [r for r in found if r.get("kind") == case.kind]
        # Without a supervisor a box without a mark is no evidence.
        unseen = case.kind == "TERMINATION" and not self.options.run
        count = 0 if unseen else case.reports
        if len(crashes) != count:
            kinds = [report.get("kind") for report in found]
            return [f"reports: {kinds}, expected {count} {case.kind}"]
        others = [r.get("kind") for r in found if r.get("kind") != case.kind]
        wrong = []
        if others and case.reports == 0 and not isinstance(case.end, str):
            wrong.append(f"reports of a clean end: {others}")
        for report in crashes:
            wrong += check_report(self.expected(case), report,
                                  os.path.join(self.deaths, case.name))
        return wrong

    def expected(self, case):
        """Tier 2 sees one thread, and no memory but its stack and files."""
        if not self.options.tier2 or case.tier != "DUMPER":
            return case
        chain = case.chain
        if case.repeated:  # 32 KiB of stack: the end of an endless recursion
            chain = chain[:1] if case.period == 1 else ()
        maps = case.name != "no_free_fds"  # where they cannot be read
        if not maps:
            chain = ()
        return dataclasses.replace(
            case, chain=chain, top=case.top and len(chain) > 0,
            tier="IN_PROCESS", threads=None, repeated=False,
            modules=maps and case.files, trust=case.trust if case.files else
            None, note=None if case.repeated else case.note,
            says=case.says if "handler" in (case.says or "") else None,
            exception=None,
            cause=HEAP_TELLS.get(case.name, case.cause))

    def is_known(self, case, wrong):
        """A gap covers what a report lacks, never what a program suffers."""
        harmed = any(line.startswith(HARM) for line in wrong)
        return wrong and case.name in (
            HARMS if harmed else {**self.gaps, **HARMS})

    def run_case(self, case):
        top = tempfile.mkdtemp(prefix="zoo-")
        state = os.path.join(top, "state")
        mounted = False
        try:
            os.chmod(top, 0o755)
            os.mkdir(state, 0o700)
            if self.user is not None:
                os.chown(state, self.user, self.user)
            if case.needs == "tmpfs":
                mounted = fill_tmpfs(state)
                if not mounted:
                    return None, ["SKIP: cannot mount a tmpfs"]
            bare = self.one_run(case, top, None)
            watched = self.one_run(case, top, state)
            wrong = [HARM + line
                     for line in self.check_ends(case, bare, watched)]
            if mounted:
                os.unlink(os.path.join(state, "filler"))
            wrong += self.check_reports(case, state)
            wrong += self.check_files(case, state)
            return watched, wrong
        finally:
            if mounted:
                subprocess.run(["umount", state], check=False)
            if not (self.options.keep):
                shutil.rmtree(top, ignore_errors=True)

    def name(self, case):
        return case.name + (f"@{case.needs}" if case.needs == "tmpfs" else "")

    def run(self):
        only = self.options.only.split(",") if self.options.only else None
        failed = passed = skipped = gaps = 0
        for case in CASES:
            name = self.name(case)
            if only and case.name not in only and name not in only:
                continue
            reason = self.skip_reason(case)
            watched, wrong = (None, [f"SKIP: {reason}"]) if reason else \
                self.run_case(case)
            if wrong and wrong[0].startswith("SKIP"):
                skipped += 1
                print(f"skip  {name}: {wrong[0][6:]}", flush=True)
            elif self.is_known(case, wrong):
                gaps += 1
                print_known(name, case, wrong, self.options.verbose)
            elif wrong:
                failed += 1
                print(f"FAIL  {name}", flush=True)
                for line in wrong:
                    print(f"      {line}", flush=True)
            else:
                passed += 1
                if case.name in self.gaps and name not in self.unproved:
                    print(f"closed {name}: take it off GAPS", flush=True)
                if self.options.verbose:
                    print(f"ok    {name} {watched.seconds * 1e3:.1f} ms, all "
                          f"gone {watched.end_seconds * 1e3:.1f} ms",
                          flush=True)
        print(f"known gaps: {gaps} of {len(CASES)} cases")
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
        if self.unproved:
            print(f"reports not read in {len(self.unproved)} cases: "
                  f"dumper {self.has_dumper}, reporter {self.has_reporter}")
        return 1 if failed else 0


def print_known(name, case, wrong, verbose):
    if case.name in HARMS:
        print(f"HARM  {name}: {HARMS[case.name]}", flush=True)
    else:
        print(f"gap   {name}: {GAPS[case.name]}", flush=True)
    for line in wrong if verbose else ():
        print(f"      {line}", flush=True)


def fill_tmpfs(state):
    """A state directory that is full but for one box (288 KiB), and that has
    more room than the queue wants to be free when the filler goes."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o",
                           f"size={TMPFS_KIB}k,mode=0700", "zoo", state],
                          check=False, capture_output=True)
    if done.returncode != 0:
        return False
    with open(os.path.join(state, "filler"), "wb") as file:
        os.posix_fallocate(file.fileno(), 0, (TMPFS_KIB - 300) << 10)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--user", choices=["nobody"])
    parser.add_argument("--run", action="store_true",
                        help="under inquest run")
    parser.add_argument("--sanitized", action="store_true",
                        help="the dumper was built with AddressSanitizer")
    parser.add_argument("--tier2", action="store_true",
                        help="without the dumper at the crash")
    parser.add_argument("--only", help="names, with commas")
    parser.add_argument("--keep", action="store_true",
                        help="keep the directories of the runs")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    if options.user and os.geteuid() != 0:
        print("skipped: to run as another user needs root")
        sys.exit(77)
    if LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0:
        parser.error("prctl")
    sys.exit(Zoo(options).run())


if __name__ == "__main__":
    main()
