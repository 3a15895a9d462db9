"""Runs one program with one of its calls failing, by the inject program, and
checks what must hold whatever fails. Context: tool."""

import contextlib
import dataclasses
import errno
import gzip
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

BOUND_S = 20  # nothing of ours may take longer
SKIPPED = 77
SYSEXITS = range(64, 79)
FRAME_HEADER_BYTES = 24  # proto/frame.h

# What a call can say that our code must live with. "short" writes one byte.
ERRORS = {
    "accept4": ("EMFILE",),
    "clone": ("EAGAIN",),
    "clone3": ("EAGAIN",),
    "close_range": ("ENOSYS",),
    "connect": ("ECONNREFUSED", "ENETUNREACH"),
    "dup3": ("EBADF",),
    "execve": ("EACCES", "ENOENT"),
    "execveat": ("EACCES",),
    "fallocate": ("ENOSPC", "EOPNOTSUPP"),
    "fdatasync": ("EIO", "ENOSPC"),
    "fcntl": ("EMFILE", "ENOLCK"),
    "flock": ("ENOLCK",),
    "fstat": ("EIO",),
    "fstatfs": ("EIO",),
    "fsync": ("EIO", "ENOSPC"),
    "ftruncate": ("EIO",),
    "malloc": ("ENOMEM",),
    "getcwd": ("ENOENT",),
    "getdents64": ("EIO",),
    "getrandom": ("ENOSYS",),
    "inotify_add_watch": ("ENOSPC",),
    "linkat": ("EPERM",),
    "memfd_create": ("EMFILE",),
    "mkdir": ("ENOSPC",),
    "mkdirat": ("ENOSPC", "EROFS"),
    "mmap": ("ENOMEM",),
    "mprotect": ("ENOMEM",),
    "newfstatat": ("EIO",),
    "open": ("EMFILE", "EACCES"),
    "openat": ("EMFILE", "EACCES", "ENOSPC"),
    "pidfd_open": ("EMFILE",),
    "pipe2": ("EMFILE",),
    "prctl": ("EINVAL",),
    "prlimit64": ("EPERM",),
    "pread64": ("EIO",),
    "process_vm_readv": ("EPERM", "EFAULT"),
    "ptrace": ("EPERM", "ESRCH"),
    "pwrite64": ("ENOSPC", "EIO", "EDQUOT", "short"),
    "read": ("EIO",),
    "readlink": ("EACCES",),
    "readlinkat": ("EACCES",),
    "recvfrom": ("ECONNRESET",),
    "rename": ("EIO", "ENOSPC"),
    "renameat": ("EIO", "ENOSPC"),
    "renameat2": ("EIO", "ENOSPC", "EDQUOT"),
    "rt_sigaction": ("EINVAL",),
    "sched_setaffinity": ("EPERM",),
    "sendto": ("ECONNRESET", "short"),
    "sigaltstack": ("ENOMEM",),
    "signalfd4": ("EMFILE",),
    "socket": ("EMFILE",),
    "unlink": ("EIO", "EROFS"),
    "unlinkat": ("EIO", "EROFS"),
    "vfork": ("EAGAIN",),
    "wait4": ("ECHILD", "EINTR"),
    "waitid": ("ECHILD", "EINTR"),
    "write": ("ENOSPC", "EIO", "EDQUOT", "short"),
    "writev": ("EIO",),
}


# Not for ever: a byte a call is slow, and an interruption is over at last.
ONCE = ("short", "EINTR")


@dataclasses.dataclass(frozen=True)
class Injection:
    """The nth call fails, and with on all later ones. call None: every call
    counts; error None: the process is killed at it."""
    call: str | None
    error: str | None
    nth: int
    on: bool = False

    def arguments(self):
        """For inject, which has nothing to do for malloc but to watch."""
        if self.call == "malloc":
            return ["--nth", "0", "--call", "vfork"]
        out = ["--nth", str(self.nth)]
        if self.call:
            out += ["--call", self.call]
        if self.on:
            out.append("--on")
        if self.error == "short":
            return out + ["--short"]
        if self.error:
            return out + ["--errno", str(getattr(errno, self.error))]
        return out + ["--kill"]

    def preload(self, build, scene, directory):
        """For fail_nth, which counts allocations."""
        counts = directory / "malloc.counts"
        counts.write_bytes(bytes(16))
        return {"LD_PRELOAD": str(build / "lib/libfail_nth.so"),
                "FAIL_NTH_PROGRAM": scene.program,
                "FAIL_NTH_COUNT": str(counts), "FAIL_NTH": str(self.nth),
                **({"FAIL_NTH_ON": "1"} if self.on else {})}

    def __str__(self):
        if not self.error:
            return f"kill -9 at call {self.nth}"
        return (f"{self.call} {self.nth}{' and on' if self.on else ''}: "
                f"{self.error}")


@dataclasses.dataclass
class Outcome:
    status: int  # exit status, or the signal's number negative
    fired: int
    hung: bool
    left: int  # processes that stayed behind
    calls: dict  # name: how often seen
    out: str
    err: str


class Skipped(Exception):
    pass


def run(build, scene, directory, injection):
    """The scene's program in its prepared directory."""
    report = directory / "inject.report"
    command = [build / "bin/inject", "--program", scene.program,
               "--report", report, "--bound", str(BOUND_S)]
    if scene.module:
        command += ["--module", scene.module]
    if scene.without:
        command += ["--except", scene.without]
    command += [*injection.arguments(), "--"]
    if scene.mallocs and injection.call in (None, "malloc"):
        variables = injection.preload(build, scene, directory)
        if injection.call is None:
            variables["FAIL_NTH"] = "0"
        command += ["/usr/bin/env", *(f"{name}={value}" for name, value
                                      in variables.items())]
    command += scene.command(directory)
    out, err = directory / "out", directory / "err"
    with open(out, "wb") as out_file, open(err, "wb") as err_file, \
            open(scene.stdin(directory), "rb") as in_file:
        process = subprocess.Popen(
            command, stdin=in_file, stderr=err_file,
            stdout=subprocess.PIPE if scene.pipe_out else out_file,
            env=scene.environment(directory), cwd=directory)
        try:
            scene.meanwhile(directory, process)
        finally:
            process.wait(3 * BOUND_S)
            if process.stdout:
                process.stdout.close()
    if process.returncode == SKIPPED:
        raise Skipped(err.read_text(errors="replace").strip())
    fields = dict(field.split("=") for field in report.read_text().split())
    numbers = {name: int(value) for name, value in fields.items()}
    if (directory / "malloc.counts").exists():
        seen, failed = struct.unpack(
            "=QQ", (directory / "malloc.counts").read_bytes())
        numbers["malloc"] = seen
        numbers["fired"] += failed
    return Outcome(status=numbers.pop("status"), fired=numbers.pop("fired"),
                   hung=bool(numbers.pop("hung")), left=numbers.pop("left"),
                   calls={name: numbers[name] for name in numbers
                          if name != "hits"} | {None: numbers["hits"]},
                   out=out.read_text(errors="replace"),
                   err=err.read_text(errors="replace"))


def frame_problem(path):
    """Why a file is no whole report, or None: frame.h, and gzip's own
    checksum behind it."""
    data = path.read_bytes()
    if len(data) <= FRAME_HEADER_BYTES:
        return f"{path.name} has {len(data)} bytes"
    try:
        gzip.decompress(data[FRAME_HEADER_BYTES:])
    except (OSError, EOFError, ValueError) as error:
        return f"{path.name}: {error}"
    return None


@contextlib.contextmanager
def scratch(template=None):
    """A directory in memory where there is some: a sync costs nothing."""
    root = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    path = pathlib.Path(tempfile.mkdtemp(prefix="inquest-fault-", dir=root))
    try:
        if template:
            shutil.copytree(template, path, symlinks=True, dirs_exist_ok=True)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
