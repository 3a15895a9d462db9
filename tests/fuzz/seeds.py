"""Real bytes to start from: seeds.py BUILD DIRECTORY makes DIRECTORY/NAME/…,
one folder a fuzzer, by crashing and killing real programs."""

import gzip
import os
import pathlib
import shutil
import signal
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import job  # noqa: E402

FOUND = pathlib.Path(__file__).resolve().parent / "found"
CONFIGURATION = """# a comment
endpoint = https://collector.example/base
privacy_setting = off
feature.spellcheck = on
parallel = 4
"""


# Small enough that most mutations hit something that is read.
PROGRAM = """
namespace shape { template <typename T> struct box { T side;
static inline __attribute__((always_inline)) T inner(T x) { return x * 3; }
__attribute__((noinline)) T outer(T x) { return inner(x + side) - 7; } }; }
extern "C" int ask(int);
extern "C" int entry(int x) { shape::box<int> b{x}; return ask(b.outer(x)); }
"""
LINKED = ["-shared", "-fPIC", "-nostdlib"]
FORMS = {
    **{f"dwarf{v}": [*LINKED, f"-gdwarf-{v}"] for v in (2, 3, 4, 5)},
    "types": [*LINKED, "-gdwarf-4", "-fdebug-types-section"],
    "zlib": [*LINKED, "-g", "-gz"],
    "relocatable": ["-g", "-c"],
    "bare": [*LINKED, "-s"],
}


def elf_files(directory):
    """One small library in several forms of debug information."""
    source = directory / "program.cpp"
    source.write_text(PROGRAM)
    for name, flags in FORMS.items():
        subprocess.run(["g++", "-O2", "-fno-exceptions", *flags, source, "-o",
                        directory / name], check=True)
    source.unlink()


def mini_debug_info(directory):
    """A library whose symbols are an xz file within it."""
    at = directory / "bare"
    shutil.copy(directory / "dwarf5", directory / "mini")
    subprocess.run(["objcopy", "--strip-debug", directory / "mini"],
                   check=True)
    subprocess.run(["xz", directory / "mini"], check=True)
    subprocess.run(["objcopy", "--add-section",
                    f".gnu_debugdata={directory / 'mini.xz'}", at,
                    directory / "mini"], check=True)
    (directory / "mini.xz").unlink()


def packages(directory):
    """Split units in a package, of both versions, and zstd's compression."""
    work = directory / "build"
    work.mkdir()
    (work / "program.cpp").write_text(PROGRAM)
    for version, compiler, tool in ((4, "g++", "dwp"),
                                    (5, "clang++", "llvm-dwp-14")):
        subprocess.run([compiler, "-O2", "-fno-exceptions", "-g",
                        f"-gdwarf-{version}", "-gsplit-dwarf", *LINKED,
                        "program.cpp", "-o", "p"], cwd=work, check=True)
        subprocess.run([tool, "-e", "p", "-o",
                        (directory / f"dwarf{version}").resolve()], cwd=work,
                       check=True)
    subprocess.run(["g++", "-gdwarf-5", "-gsplit-dwarf", "-c",
                    "-fdebug-types-section", "program.cpp", "-o", "types.o"],
                   cwd=work, check=True)
    shutil.copy(work / "types.dwo", directory)
    shutil.rmtree(work)
    subprocess.run(["objcopy", "--compress-debug-sections=zstd",
                    directory / "dwarf5", directory / "zstd"], check=True)


def killed_box(build, directory):
    """The box of a program that died without a word, and no supervisor."""
    inquest = job.Inquest(build, directory)
    environment = dict(inquest.environment,
                       LD_PRELOAD=str(build / "lib/libinquest.so"))
    with subprocess.Popen([build / "bin/api_calls", "wait"], env=environment,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE
                          ) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    (box,) = (inquest.state / "boxes").glob("*.box")
    return box


def bombs(directory):
    """A few bytes that become many; one gzip in another; two in a row."""
    bomb = gzip.compress(bytes(1 << 26))
    (directory / "bomb").write_bytes(bomb)
    (directory / "bomb-in-bomb").write_bytes(gzip.compress(bomb))
    (directory / "two").write_bytes(gzip.compress(b"a") + gzip.compress(b"b"))


def settings(directory):
    """What the command itself writes, and what people write."""
    (directory / "config").write_text(CONFIGURATION)
    (directory / "policy").write_text(
        "allow = REQUIRED, DETECTION\nprivacy_setting = on\n")
    (directory / "consent").write_text(
        "epoch = 3\nREQUIRED = denied 2026-11-25T00:00:00.000Z uid:0 command "
        "1 2\nOPTIONAL = granted 2026-11-25T00:00:00.000Z uid:0 command 1 1\n")
    (directory / "backoff").write_text("attempt = 3\nnext = 1900000000\n")
    (directory / "retry-after").write_text("Wed, 25 Nov 2026 06:00:00 GMT")


def http(directory, report):
    """Requests as our own programs and browsers make them. report: a file."""
    framed = report.read_bytes()
    gzipped = framed[framed.index(b"\x1f\x8b"):]
    local = "Host: localhost\r\nX-Inquest: 1\r\n"
    posted = (f"POST /v1/reports HTTP/1.1\r\n{local}Content-Type: "
              "application/x-protobuf\r\nContent-Encoding: gzip\r\n"
              f"Idempotency-Key: {report.stem}\r\n")
    get = "".join(f"GET {address} HTTP/1.1\r\n{local}\r\n" for address in (
        "/", "/healthz", "/metrics", "/v1/session", "/v1/facets",
        f"/v1/reports/{report.stem}", f"/v1/reports/{report.stem}/explain",
        "/v1/reports?q=a%20b&app=x&since=2026-11-25T06:00:00Z&limit=10&cursor=",
        "/v1/groups?sort=count&status=open&version=1.0&signal=SIGSEGV&offset=1",
        "/v1/versions?app=x", "/v1/symbols/00ff?digest=" + "0f" * 32,
        "/v1/groups/00000000000000ff/explain?project=1"))
    half = len(gzipped) // 2
    chunks = b"".join(b"%x;of=two\r\n%s\r\n" % (len(part), part)
                      for part in (gzipped[:half], gzipped[half:])) + b"0\r\n\r\n"
    seeds = {
        "report": (f"{posted}Content-Length: {len(gzipped)}\r\n\r\n"
                   ).encode() + gzipped,
        "chunked": (f"{posted}Transfer-Encoding: chunked\r\n\r\n"
                    ).encode() + chunks,
        "asked": get.encode(),
        "deletion": (f"POST /v1/deletion-requests HTTP/1.1\r\n{local}"
                     "Expect: 100-continue\r\nContent-Length: 22\r\n\r\n"
                     '{"installationId":"a"}').encode(),
        "symbols": (f"PUT /v1/symbols/00ff?offset=0&size=3&digest={'0f' * 32} "
                    f"HTTP/1.1\r\n{local}Cookie: inquest=a; b=\"c\"\r\n"
                    "Authorization: Bearer x\r\nContent-Length: 3\r\n\r\nabc"
                    ).encode(),
    }
    for name, data in seeds.items():
        (directory / name).write_bytes(data)


def request_json(directory):
    """The first byte chooses the request: fuzz_request_json.c."""
    for number, name, body in (
            (0, "session", '{"password": "open sesame"}'),
            (1, "deletion", '{"installationId": "a1", "macAddress": '
                            '"02:00:00:00:00:01"}'),
            (2, "resolved", '{"status": "resolved", "resolvedVersion": '
                            '"1.0"}'),
            (2, "muted", '{"status": "muted", "resolvedVersion": null}')):
        (directory / name).write_bytes(bytes([number]) + body.encode())


def proc_text(directory):
    """The recorded files of tests/memory, in the order of fuzz_proc.c."""
    root = pathlib.Path(__file__).resolve().parents[1] / "memory/recorded/v2"
    group = "sys/fs/cgroup/app.slice/app.scope/memory."
    names = ["proc/self/statm", "proc/self/stat", "proc/self/status",
             "proc/vmstat", "proc/self/smaps_rollup", "proc/net/dev",
             *(group + name for name in ("current", "max", "events",
                                         "events.local", "stat", "pressure")),
             "proc/self/mountinfo"]
    parts = [(root / name).read_bytes() if (root / name).exists() else
             pathlib.Path("/", name).read_bytes() if name.startswith("proc")
             else b"" for name in names]
    (directory / "recorded").write_bytes(b"\0".join(parts))


def main():
    build, directory = map(pathlib.Path, sys.argv[1:3])
    shutil.rmtree(directory, ignore_errors=True)
    names = ("report_file", "report_json", "box", "elf", "dwarf", "dwp",
             "keyfile", "symbol_cache", "ring", "frame", "settings", "proc", "intake",
             "http", "request_json")
    for name in names:
        (directory / name).mkdir(parents=True)
    work = directory / "work"
    inquest = job.Inquest(build, work)
    inquest("run", "--", *job.PYTHON_CRASH)
    inquest("run", "--", *job.KILLED)
    for path in (inquest.state / "queue/new").iterdir():
        shutil.copy(path, directory / "report_file")
        framed = path.read_bytes()  # the gzip stream begins behind the header
        (directory / "report_file" / f"{path.stem}.message").write_bytes(
            gzip.decompress(framed[framed.index(b"\x1f\x8b"):]))
        (directory / "report_json" / path.name).write_text(
            inquest.text("show", path.stem, "--json"))
    shutil.copy(killed_box(build, work / "killed"), directory / "box/killed")
    elf_files(directory / "elf")
    elf_files(directory / "dwarf")
    mini_debug_info(directory / "dwarf")
    packages(directory / "dwp")
    subprocess.run([build / "bin/inquest-symbolicate", "--build-cache",
                    "--module", build / "bin/api_calls", "--cache-dir",
                    directory / "symbol_cache"], check=True)
    for path in FOUND.glob("*/*"):  # what a fuzzer once found
        shutil.copy(path, directory / path.parent.name)
    (directory / "keyfile/config").write_text(CONFIGURATION)
    settings(directory / "settings")
    proc_text(directory / "proc")
    for path in (directory / "report_file").iterdir():
        shutil.copy(path, directory / "intake")
        if path.suffix == ".inq":
            shutil.copy(path, directory / "frame")
    http(directory / "http", next((directory / "frame").glob("*.inq")))
    request_json(directory / "request_json")
    bombs(directory / "frame")
    shutil.copy(directory / "box/killed", directory / "ring")
    shutil.rmtree(work)
    for name in names:
        if not os.listdir(directory / name):
            sys.exit(f"no seed for {name}")


main()
