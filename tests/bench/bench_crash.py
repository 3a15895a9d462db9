"""./dev bench crash: from the fault to the reaped process, with and without
us, as the ratio of medians in one interleaved run; start-up cost; memory."""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time

ROUNDS = 40


def environment(build, state, watched):
    result = {name: value for name, value in os.environ.items()
              if not name.startswith("INQUEST_")}
    if watched:
        result["LD_PRELOAD"] = str(build / "lib/libinquest.so")
        result["INQUEST_DUMPER"] = str(build / "bin/inquest-dumper")
        result["INQUEST_STATE_DIR"] = str(state)
        result["INQUEST_RATE_LIMIT"] = "off"
    return result


def crash_us(program, threads, env):
    """The program prints CLOCK_MONOTONIC in ns just before it faults."""
    process = subprocess.Popen([program, str(threads)], env=env,
                               stdout=subprocess.PIPE)
    process.wait()
    end = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    begin = int(process.stdout.read())
    process.stdout.close()
    return (end - begin) / 1000


def start_us(env, extra=None):
    begin = time.monotonic_ns()
    subprocess.run(["/bin/true"], env={**env, **(extra or {})}, check=True)
    return (time.monotonic_ns() - begin) / 1000


def compare(title, budget, measure, bare, watched):
    values = {True: [], False: []}
    for _ in range(ROUNDS):
        values[False].append(measure(bare))
        values[True].append(measure(watched))
    without = statistics.median(values[False])
    with_us = statistics.median(values[True])
    print(f"{title:34} {without:9.0f} {with_us:9.0f} "
          f"{with_us / without:6.1f} x {with_us - without:+9.0f}   {budget}")


def private_kib(env, program):
    process = subprocess.Popen([program, "hold"], env=env,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    status = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    threads = len(list(pathlib.Path(f"/proc/{process.pid}/task").iterdir()))
    process.stdin.close()
    process.wait()
    process.stdout.close()
    kib = sum(int(n) for n in re.findall(r"Private_\w+:\s+(\d+)", status))
    return kib, threads


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build
    program = build / "bin/bench_crash_host"
    state = pathlib.Path(tempfile.mkdtemp(prefix="inquest-bench-"))
    bare = environment(build, state, False)
    ours = environment(build, state, True)
    child = {**ours, "INQUEST_SUPERVISOR_PID": "1"}
    print(f"medians of {ROUNDS} interleaved rounds, microseconds")
    print(f"{'':34} {'bare':>9} {'watched':>9} {'ratio':>8} {'added':>9}   "
          "budget")
    try:
        for threads, budget in ((1, "<= 10 x"), (32, "<= 6 x")):
            compare(f"fault to reaped, {threads} threads", budget,
                    lambda env, n=threads: crash_us(program, n, env), bare,
                    ours)
        compare("start of /bin/true, with a box", "<= +400", start_us, bare,
                ours)
        compare("start of /bin/true, a descendant", "<= +100", start_us, bare,
                child)
        kib, threads = private_kib(bare, program)
        our_kib, our_threads = private_kib(ours, program)
        print(f"private memory added: {our_kib - kib} KiB (budget 150), "
              f"threads added: {our_threads - threads} (budget 1)")
    finally:
        shutil.rmtree(state)


main()
