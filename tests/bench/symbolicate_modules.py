"""What ./dev bench symbolicate reads: libc, a large C++ program, sqlite3 built
from Debian's source, a program of templates; and addresses in them."""

import pathlib
import random
import re
import shutil
import subprocess
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20261124
INSTALLED = [pathlib.Path("/lib/x86_64-linux-gnu/libc.so.6"),
             pathlib.Path("/usr/bin/ceph-mon")]


def run(*command, cwd=None):
    return subprocess.run([str(part) for part in command], cwd=cwd, text=True,
                          capture_output=True, check=True).stdout


def source_options(directory):
    """apt-get's options for Debian's source packages: lists of our own."""
    parts = directory / "sources"
    for name in (parts, directory / "lists/partial"):
        name.mkdir(parents=True, exist_ok=True)
    for path in pathlib.Path("/etc/apt/sources.list.d").glob("*.sources"):
        (parts / path.name).write_text(re.sub(
            r"(?m)^Types:.*", "Types: deb-src", path.read_text()))
    classic = pathlib.Path("/etc/apt/sources.list")
    (parts / "classic.list").write_text(re.sub(
        r"(?m)^deb ", "deb-src ",
        classic.read_text() if classic.exists() else ""))
    return ["-qq", "-o", "Dir::Etc::sourcelist=/dev/null",
            "-o", f"Dir::Etc::sourceparts={parts}",
            "-o", f"Dir::State::Lists={directory / 'lists'}"]


def sqlite3(directory):
    """The shell with its library in one unit, as its authors recommend."""
    made = directory / "sqlite3"
    if made.exists():
        return made
    work = directory / "sqlite3-source"
    work.mkdir(parents=True, exist_ok=True)
    options = source_options(work)
    run("apt-get", *options, "update", cwd=work)
    run("apt-get", *options, "source", "--download-only", "sqlite3", cwd=work)
    (archive,) = work.glob("sqlite3_*.orig.tar.xz")
    with tarfile.open(archive) as tar:
        tar.extractall(work, filter="data")
    (tree,) = [p.parent for p in work.glob("*/configure")]
    run("./configure", "--disable-tcl", cwd=tree)
    run("make", "sqlite3.c", "shell.c", cwd=tree)
    run("gcc", "-O2", "-g", "shell.c", "sqlite3.c", "-o", made, "-lm", "-ldl",
        "-lpthread", cwd=tree)
    shutil.rmtree(work)
    return made


def templates(directory):
    made = directory / "templates"
    if made.exists():
        return made
    run("g++", "-std=c++17", "-O2", "-g", HERE / "bench_symbolicate.cpp", "-o",
        made)
    return made


def modules(directory):
    """Those that can be had; built ones are kept in directory."""
    directory.mkdir(parents=True, exist_ok=True)
    found = []
    for path in INSTALLED:
        if path.exists():
            found.append(path)
        else:
            print(f"{path} is not installed: left out")
    for build in (sqlite3, templates):
        try:
            found.append(build(directory))
        except (OSError, subprocess.CalledProcessError) as why:
            print(f"{build.__name__} is left out: {why}")
    return found


def debug_file_of(module):
    match = re.search(r"Build ID: (\w+)", run("readelf", "-n", module))
    if match:
        name = match.group(1)
        path = pathlib.Path(f"/usr/lib/debug/.build-id/{name[:2]}"
                            f"/{name[2:]}.debug")
        if path.exists():
            return path
    return module


def functions_of(module):
    """{(begin, size): names} of functions with a size."""
    found = {}
    for line in run("nm", "-S", "--defined-only",
                    debug_file_of(module)).splitlines():
        parts = line.split()
        if len(parts) == 4 and parts[2] in "tTwWi":
            place = int(parts[0], 16), int(parts[1], 16)
            found.setdefault(place, set()).add(parts[3])
    return found


def addresses_of(module, count):
    """Uniform over the bytes of functions."""
    ranges = sorted(functions_of(module))
    choose = random.Random(SEED)
    chosen = choose.choices(ranges, weights=[r[1] for r in ranges], k=count)
    return [begin + choose.randrange(size) for begin, size in chosen]


def lines(addresses):
    return "".join(f"0x{address:x}\n" for address in addresses)
