"""./dev bench symbolicate: addresses to frames beside llvm-symbolizer,
addr2line and eu-addr2line, in one run: CPU, wall, peak memory, the cost and
size of the cache, and every address on which we and llvm disagree."""

import argparse
import collections
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import symbolicate_modules as modules
import symbolicate_oracle as oracle

COUNTS = (1, 1000, 100_000, 1_000_000)
COMPARED = 10_000
BUILDING_ROUNDS = 5
REPEATED_S = 10  # what takes longer is run once
SLOW_MAX = 1000  # for tools of some hundred a second: beyond it a "-"
LISTED = 60      # disagreements printed a module; --list writes all

# Of one address, the best: some milliseconds are soon doubled by a neighbour.
FIRST_RUNS = collections.defaultdict(lambda: 10, {"inquest, cached": 100})

Cost = collections.namedtuple("Cost", "cpu wall rss_kib")


def newest_llvm():
    for version in range(40, 13, -1):
        path = shutil.which(f"llvm-symbolizer-{version}")
        if path:
            return path
    return shutil.which("llvm-symbolizer")


def cost(command, text):
    """What is printed goes to /dev/null: 1 M answers of a large C++ program
    are gigabytes, and the disk is not what is measured."""
    with tempfile.TemporaryFile() as source, \
            tempfile.NamedTemporaryFile() as peak:
        source.write(text.encode())
        source.seek(0)
        begin = time.monotonic()
        # By time(1): what is forked from here begins with our memory.
        process = subprocess.Popen(
            ["/usr/bin/time", "-q", "-o", peak.name, "-f", "%M",
             *(str(part) for part in command)],
            stdin=source, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = 0
        return Cost(usage.ru_utime + usage.ru_stime, wall, int(peak.read()))


def best_of(command, text, times, by="cpu"):
    """The run of least CPU or wall; what takes long is run once."""
    best = cost(command, text)
    for _ in range(times - 1):
        if best.wall > REPEATED_S:
            break
        best = min(best, cost(command, text),
                   key=lambda one: getattr(one, by))
    return best


def tools(build, module, cache):
    debug = modules.debug_file_of(module)
    ours = build / "bin/inquest-symbolicate"
    return {
        "inquest, cached": ([ours, "--module", module, "--cache-dir", cache],
                            COUNTS[-1]),
        "inquest, no cache": ([ours, "--module", module, "--no-cache"],
                              COUNTS[-1]),
        "llvm-symbolizer": ([newest_llvm(), "-e", module], COUNTS[-1]),
        "addr2line": (["addr2line", "-Cif", "-e", debug], SLOW_MAX),
        "eu-addr2line": (["eu-addr2line", "-Cif", "-e", module], SLOW_MAX),
    }


def building_over_llvm(ours, module, text):
    """In turns: minutes later the machine is another one."""
    pairs = [(cost([ours, "--module", module, "--no-cache", "--build-cache"],
                   ""), cost([newest_llvm(), "-e", module], text))
             for _ in range(BUILDING_ROUNDS)]
    ours_cpu, theirs = (statistics.median(one.cpu for one in side)
                        for side in zip(*pairs))
    return ours_cpu / theirs


def measure(build, module, cache):
    ours = build / "bin/inquest-symbolicate"
    addresses = modules.addresses_of(module, COUNTS[-1])
    built = best_of([ours, "--module", module, "--no-cache", "--build-cache"],
                    "", 3)
    subprocess.run([ours, "--module", module, "--cache-dir", cache,
                    "--build-cache"], check=True)
    (file,) = pathlib.Path(cache).iterdir()
    print(f"  cache built in {built.cpu:.2f} s CPU, {built.wall:.2f} s, "
          f"{built.rss_kib / 1024:.0f} MiB; it has "
          f"{file.stat().st_size / 2**20:.1f} MiB")
    print(f"  {'':18}" + "".join(f"{count:>28,}" for count in COUNTS))
    costs = {}
    for name, (command, most) in tools(build, module, cache).items():
        if not command[0] or not shutil.which(str(command[0])):
            print(f"  {name:18} is not installed")
            continue
        row = f"  {name:18}"
        for count in COUNTS:
            if count > most:
                row += f"{'-':>28}"
                continue
            text = modules.lines(addresses[:count])
            best = best_of(command, text, FIRST_RUNS[name], "wall") \
                if count == 1 else best_of(command, text, 3)
            costs[name, count] = best
            row += (f"{best.cpu * 1000:10.0f} ms {best.wall * 1000:6.0f} ms "
                    f"{best.rss_kib / 1024:4.0f} M")
        print(row, flush=True)
    building = building_over_llvm(ours, module, modules.lines(
        addresses[:1000])) if newest_llvm() else None
    return building, costs


def verdict(text, value, limit):
    print(f"  {'met   ' if value <= limit else 'MISSED'} {text}: "
          f"{value:.3g} (budget {limit:g})")
    return value <= limit


def budgets(building, costs):
    llvm = "llvm-symbolizer"
    many = COUNTS[-1]
    if (llvm, many) not in costs:
        return False
    ours, theirs = costs["inquest, cached", many], costs[llvm, many]
    return all([
        verdict("1 M from cache, CPU as a share of llvm's",
                ours.cpu / theirs.cpu, 0.1),
        verdict("peak memory as a share of llvm's",
                ours.rss_kib / theirs.rss_kib, 0.05),
        verdict("first cached answer, ms",
                costs["inquest, cached", 1].wall * 1000, 5),
        verdict("building, CPU over llvm's for 1 k", building, 1.5),
        verdict("no cache, 1 k addresses, CPU over llvm's",
                costs["inquest, no cache", 1000].cpu / costs[llvm, 1000].cpu,
                2),
        verdict("no cache, one address, wall over llvm's",
                costs["inquest, no cache", 1].wall / costs[llvm, 1].wall, 1),
    ])


def compare(build, module, cache, out):
    addresses = modules.addresses_of(module, COMPARED)
    counts = oracle.disagreements(
        module, addresses,
        oracle.ours_of(build / "bin/inquest-symbolicate", module, cache,
                       addresses),
        oracle.llvm_of(newest_llvm(), module, addresses), out, LISTED)
    print(f"  of {COMPARED} addresses {sum(counts.values())} differ from "
          f"llvm's answer")
    for (kind, word), count in sorted(counts.items()):
        print(f"    {count:5} {kind}: {word}", flush=True)
    lost = sum(count for (kind, word), count in counts.items()
               if kind in ("chain", "we say nothing")
               and not word.startswith("we are"))
    return verdict("chains where we are not shown right", lost, 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--list", type=pathlib.Path,
                        help="write all disagreements there")
    parser.add_argument("--only", help="modules whose name holds this")
    arguments = parser.parse_args()
    met = True
    out = open(arguments.list, "w") if arguments.list else None
    with tempfile.TemporaryDirectory(prefix="inquest-bench-") as name:
        kept = arguments.build.resolve() / "bench"
        for i, module in enumerate(modules.modules(kept)):
            if arguments.only and arguments.only not in str(module):
                continue
            cache = pathlib.Path(name) / f"cache-{i}"
            print(f"\n{module}\n  each: CPU, wall, peak memory")
            costs = measure(arguments.build, module, cache)
            if module.name != "templates":  # there for its inlined chains
                met &= budgets(*costs)
            met &= compare(arguments.build, module, cache, out)
    sys.exit(0 if met else 1)


main()
