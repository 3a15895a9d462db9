"""./dev bench sampler: what the sampler's thread costs in programs of 100 MiB
and 4 GiB, at 1 Hz and at 10 Hz, beside an idle host and one that streams
through its memory; one tick after the other; the memory that it adds."""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "memory"))
import cgroup  # noqa: E402

SECONDS = 20
SIZES_MIB = (100, 4096)
GROWTH_KIB_PER_S = 1024  # at 10 Hz: the limit is less than a minute away
ROOM_MIB = 45
BUDGET_PERCENT = 0.02
ROLLUP_SHARE = 20000  # memory_rollup.h


class Bench:
    def __init__(self, build):
        self.build = build
        self.program = build / "bin/bench_sampler_host"
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="inquest-bench-"))
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("INQUEST_")}
        self.environment |= {
            "LD_PRELOAD": str(build / "lib/libinquest.so"),
            "INQUEST_DUMPER": str(build / "bin/inquest-dumper"),
            "INQUEST_STATE_DIR": str(self.state),
            "INQUEST_ALARM_LIMIT": "0"}

    def start(self, size_mib, growth, host, group=None, **environment):
        move = f"echo $$ > {group.path}/cgroup.procs; " if group else ""
        process = subprocess.Popen(
            ["/bin/sh", "-c", move + 'exec "$@"', "sh",
             "env", f"LD_PRELOAD={self.environment['LD_PRELOAD']}",
             self.program, str(size_mib), str(growth), host],
            env={**self.environment, "LD_PRELOAD": "", **environment},
            stdout=subprocess.PIPE)
        process.stdout.readline()
        return process

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()
        for box in (self.state / "boxes").glob("*"):
            box.unlink()

    def samples(self, process):
        box = next((self.state / "boxes").glob(f"{process.pid}-*.box"))
        told = subprocess.check_output([self.build / "bin/box_tell", box])
        return json.loads(told)["samples"]

    def share(self, size_mib, hertz, host):
        """One line: the thread's CPU time over SECONDS, from schedstat."""
        limited = hertz == 10
        group = (cgroup.Cgroup((size_mib + ROOM_MIB) << 20)
                 if limited else None)
        process = self.start(size_mib, GROWTH_KIB_PER_S if limited else 0,
                             host, group)
        try:
            time.sleep(4)  # until the rate is what it will be
            task = sampler_task(process.pid)
            ticks, cpu_ns = self.samples(process), cpu_of(task)
            time.sleep(SECONDS)
            ticks = self.samples(process) - ticks
            cpu_ns = cpu_of(task) - cpu_ns
        finally:
            self.end(process)
            if group:
                group.remove()
        percent = cpu_ns / SECONDS / 1e7
        budget = BUDGET_PERCENT * hertz
        print(f"{size_mib:6} MiB {hertz:3} Hz  {host:10} {ticks:6} "
              f"{cpu_ns / ticks / 1000:10.1f} {percent:12.4f} %   "
              f"<= {budget:.2f} %{'' if percent <= budget else '   OVER'}",
              flush=True)
        return percent

    def private_kib(self, sampler):
        process = self.start(1, 0, "idle", INQUEST_SAMPLER=sampler)
        time.sleep(3)
        text = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        self.end(process)
        return sum(int(n) for n in re.findall(r"Private_\w+:\s+(\d+)", text))

    def memory(self):
        added = [self.private_kib("1") - self.private_kib("0")
                 for _ in range(5)]
        print(f"private memory that the thread adds: "
              f"{statistics.median(added):.0f} KiB, boxes aside")

    def ticks(self):
        done = subprocess.check_output([self.program, "tick"], text=True)
        fast, slow, judged = (int(word) / 1000 for word in done.split())
        print(f"hot, one after the other: a tick {fast:.1f} us, the slow one "
              f"every 10 s {slow:.1f} us, the alarm's rules {judged:.2f} us a "
              f"sample")


def sampler_task(pid):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text() == "inquest\n":
            return task
    raise SystemExit("no sampler in the program")


def cpu_of(task):
    return int((task / "schedstat").read_text().split()[0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    bench = Bench(parser.parse_args().build)
    reason = cgroup.unusable()
    try:
        bench.ticks()
        bench.memory()
        print(f"\n{'program':10} {'rate':>7}  {'host':10} {'ticks':>6} "
              f"{'us a tick':>10} {'of one core':>14}   budget")
        for size_mib in SIZES_MIB:
            for hertz in (1, 10):
                if hertz == 10 and reason:
                    print(f"{size_mib:6} MiB  10 Hz  left out: {reason}")
                    continue
                for host in ("idle", "streaming"):
                    bench.share(size_mib, hertz, host)
        print(f"proportional memory (smaps_rollup) comes on top, by its rule "
              f"at most {100 / ROLLUP_SHARE:.3f} %")
    finally:
        shutil.rmtree(bench.state)


main()
