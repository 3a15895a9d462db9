"""./dev bench crash: from the fault to the reaped process, bare, watched and
beside others on the same programs; start-up cost; memory.

Each figure is the median of interleaved rounds of one run; x is the ratio to
the bare crash. Growth with memory is by what the dumper says of itself, for
the kernel's own end of a large process is a hundred times longer. `core` is the kernel writing its core file; `eu-stack` and
`gdb -batch` look at the same program while it waits where it would fault.
"""

import argparse
import contextlib
import ctypes
import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

ROUNDS = 40
START_ROUNDS = 500
SCRIPT_ROUNDS = 15
SCRIPT_COMMANDS = 200
SCRIPT = (f"i=0; while [ $i -lt {SCRIPT_COMMANDS} ]; do /bin/true; "
          "i=$((i+1)); done")
PEER_ROUNDS = 3
SAMPLED_S = 0.1  # by then the sampler has touched what it uses
MEMORY_ROUNDS = 15
MADV_POPULATE_READ = 22  # linux/mman.h
PROGRAMS = (  # threads, MiB touched, rounds, budget of the ratio
    (1, 0, ROUNDS, 10), (32, 0, ROUNDS, 6), (256, 0, 15, None),
    (1024, 0, 7, None), (1, 16, 15, None), (1, 2048, 7, None))
ROOM_MIB = 1024  # that must be left beside the largest
GROWTH_MAX = 2.0  # of our time, from the smallest to the largest memory
PEER_S = 120
EXT4_BYTES = 64 << 20


def environment(build, state, watched):
    result = {name: value for name, value in os.environ.items()
              if not name.startswith("INQUEST_")}
    if watched:
        result["LD_PRELOAD"] = str(build / "lib/libinquest.so")
        result["INQUEST_DUMPER"] = str(build / "bin/inquest-dumper")
        result["INQUEST_STATE_DIR"] = str(state)
        result["INQUEST_RATE_LIMIT"] = "off"
    return result


class Shape:
    """One program: so many threads, so much memory."""

    def __init__(self, build, threads, mib, cwd):
        self.command = [build / "bin/bench_crash_host", str(threads), str(mib)]
        self.inquest = build / "bin/inquest"
        self.cwd = cwd

    def take_report(self, env):
        """us from the signal to the report's last byte, by the dumper's own
        clock; the queue is empty again afterwards."""
        shown = subprocess.run([self.inquest, "show", "last", "--json"],
                               env={**env, "LD_PRELOAD": ""}, check=True,
                               stdout=subprocess.PIPE).stdout
        for file in pathlib.Path(env["INQUEST_STATE_DIR"]).glob(
                "queue/new/*"):
            file.unlink()
        return int(json.loads(shown)["tier"]["elapsedUs"])

    def crash_us(self, env, core=False):
        """It prints CLOCK_MONOTONIC in ns just before it faults."""
        limit = resource.RLIM_INFINITY if core else 0
        process = subprocess.Popen(
            self.command, env=env, stdout=subprocess.PIPE, cwd=self.cwd,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE,
                                                  (limit, limit)))
        status = os.waitpid(process.pid, 0)[1]
        end = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        process.returncode = status
        begin = int(process.stdout.read())
        process.stdout.close()
        for file in self.cwd.glob("core*"):
            file.unlink()
        if core and not os.WCOREDUMP(status):
            return None
        return (end - begin) / 1000

    def peer_us(self, env, command):
        process = subprocess.Popen([*self.command, "wait"], env=env,
                                   stdout=subprocess.PIPE, cwd=self.cwd)
        process.stdout.readline()
        begin = time.monotonic_ns()
        try:
            done = subprocess.run(
                [*command, str(process.pid)], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                timeout=PEER_S, check=False).returncode == 0
        except subprocess.TimeoutExpired:
            done = False
        end = time.monotonic_ns()
        process.kill()
        process.wait()
        process.stdout.close()
        return (end - begin) / 1000 if done else None


PEERS = (("eu-stack", ("eu-stack", "-p")),
         ("gdb -batch", ("gdb", "-batch", "-nx", "-ex", "thread apply all bt",
                         "-p")))


def median(values):
    return statistics.median(values) if values and None not in values else None


def cell(value, bare):
    return f"{'-':>17}" if value is None else \
        f"{value:9.0f} {value / bare:5.1f} x"


def measure(shape, rounds, bare_env, our_env):
    """Medians of all ways to look at one program, by name."""
    found = {"bare": [], "inquest": [], "dumper": [], "core": []}
    for index in range(rounds):
        found["bare"].append(shape.crash_us(bare_env))
        found["inquest"].append(shape.crash_us(our_env))
        found["dumper"].append(shape.take_report(our_env))
        if index < PEER_ROUNDS:
            found["core"].append(shape.crash_us(bare_env, core=True))
    for name, command in PEERS:
        if shutil.which(command[0]):
            found[name] = [shape.peer_us(bare_env, command)
                           for _ in range(PEER_ROUNDS)]
    return {name: median(values) for name, values in found.items()}


def available_mib():
    text = pathlib.Path("/proc/meminfo").read_text()
    return int(re.search(r"MemAvailable:\s+(\d+)", text).group(1)) // 1024


def crashes(build, bare, ours, directory):
    names = ("inquest", "core", *(name for name, _ in PEERS))
    print(f"{'fault to reaped, us':24} {'bare':>8} "
          + " ".join(f"{name:>17}" for name in names) + "  budget")
    dumper = {}
    for threads, mib, rounds, budget in PROGRAMS:
        title = f"{threads} threads" + (f", {mib} MiB" if mib else "")
        if mib + ROOM_MIB > available_mib():
            print(f"{title:24} not enough memory here")
            continue
        cwd = pathlib.Path(tempfile.mkdtemp(dir=directory))
        result = measure(Shape(build, threads, mib, cwd), rounds, bare, ours)
        print(f"{title:24} {result['bare']:8.0f} "
              + " ".join(cell(result.get(name), result["bare"])
                         for name in names)
              + (f"  <= {budget} x" if budget else ""), flush=True)
        if mib:
            dumper[mib] = result["dumper"]
    if len(dumper) > 1:
        small, large = dumper[min(dumper)], dumper[max(dumper)]
        print(f"signal to report with {max(dumper)} MiB: {large:.0f} us, with "
              f"{min(dumper)} MiB {small:.0f} us: {large / small:.2f} x "
              f"(<= {GROWTH_MAX})")


def start_us(env):
    begin = time.monotonic_ns()
    pid = os.posix_spawn("/bin/true", ["true"], env)
    status = os.waitpid(pid, 0)[1]
    end = time.monotonic_ns()
    if status != 0:
        raise RuntimeError(f"/bin/true ended with wait status {status}")
    return (end - begin) / 1000


def starts(environments, bare):
    """Interleaved, so that all see the same minutes."""
    values = {title: [] for title in ("bare", *environments)}
    for _ in range(START_ROUNDS):
        values["bare"].append(start_us(bare))
        for title, (env, _) in environments.items():
            values[title].append(start_us(env))
    without = statistics.median(values.pop("bare"))
    print(f"start of /bin/true, bare {without:.0f} us")
    for title, all_us in values.items():
        budget = environments[title][1]
        print(f"  {title:34} {statistics.median(all_us) - without:+7.0f} us"
              + (f"   <= +{budget}" if budget else ""))


def command_us(env, shell):
    """Of one command of a shell that runs many: bash forks for each, dash
    vforks."""
    begin = time.monotonic_ns()
    subprocess.run([shell, "-c", SCRIPT], env=env, check=True)
    return (time.monotonic_ns() - begin) / 1000 / SCRIPT_COMMANDS


def scripts(bare, child):
    for shell in filter(shutil.which, ("dash", "bash")):
        values = [(command_us(bare, shell), command_us(child, shell))
                  for _ in range(SCRIPT_ROUNDS)]
        without, watched = (statistics.median(side) for side in zip(*values))
        print(f"/bin/true in a script of {shell}, bare {without:.0f} us, "
              f"watched {watched - without:+.0f} us")


@contextlib.contextmanager
def fresh_ext4(directory):
    """As mkfs makes one, in a file; None where it cannot be mounted."""
    image, place = directory / "image", directory / "ext4"
    place.mkdir()
    with open(image, "wb") as file:
        file.truncate(EXT4_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    mounted = subprocess.run(["mount", "-o", "loop", image, place],
                             capture_output=True).returncode == 0
    try:
        yield place if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", place], check=True)


def all_starts(build, directory, bare):
    """The state directory on what it may lie on; a bare thread is what the
    sampler's costs, whatever it does."""
    thread = {**bare, "LD_PRELOAD": str(build / "lib/libbench_thread.so")}
    memory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-bench-",
                                           dir="/dev/shm"))
    try:
        with fresh_ext4(directory) as ext4:
            child = {**environment(build, directory / "state", True),
                     "INQUEST_SUPERVISOR_PID": "1"}
            found = {
                "a library with a thread that sleeps": (thread, None),
                "a descendant": (child, 100),
                "a box in memory": (environment(build, memory / "s", True),
                                    250),
                "a box where this runs": (
                    environment(build, directory / "state", True), 400),
            }
            if ext4:
                found["a box on a fresh ext4"] = (
                    environment(build, ext4 / "s", True), 400)
            starts(found, bare)
            scripts(bare, child)
    finally:
        shutil.rmtree(memory)


def private_kib(env, program):
    process = subprocess.Popen([program, "hold"], env=env,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    time.sleep(SAMPLED_S)
    status = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    threads = len(list(pathlib.Path(f"/proc/{process.pid}/task").iterdir()))
    process.stdin.close()
    process.wait()
    process.stdout.close()
    kib = sum(int(n) for n in re.findall(r"Private_\w+:\s+(\d+)", status))
    return kib, threads


def populate_libc():
    """What of libc is mapped here is nobody's own. Alone, a program would have
    those of its pages to itself that happen to be mapped around a fault."""
    libc = ctypes.CDLL(None)
    for line in pathlib.Path("/proc/self/maps").read_text().splitlines():
        begin, end = (int(part, 16) for part in line.split()[0].split("-"))
        if line.endswith("/libc.so.6"):
            libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin),
                         MADV_POPULATE_READ)


def memory_of(env, program):
    """Medians."""
    populate_libc()
    kib, threads = zip(*(private_kib(env, program)
                         for _ in range(MEMORY_ROUNDS)))
    return round(statistics.median(kib)), max(threads)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    program = build / "bin/bench_crash_host"
    directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-bench-"))
    bare = environment(build, directory / "state", False)
    ours = environment(build, directory / "state", True)
    try:
        all_starts(build, directory, bare)
        kib, threads = memory_of(bare, program)
        our_kib, our_threads = memory_of(ours, program)
        print(f"private memory added: {our_kib - kib} KiB (<= 150), threads "
              f"added: {our_threads - threads} (<= 1)")
        crashes(build, bare, ours, directory)
    finally:
        shutil.rmtree(directory)


main()
