"""./dev bench symbolicate: addresses to frames beside llvm-symbolizer,
addr2line and eu-addr2line, in one run: CPU, wall, peak memory, the cost and
size of the cache, and every address on which we and llvm disagree."""

import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20261124
COUNTS = (1, 1000, 100_000, 1_000_000)
COMPARED = 10_000
SLOW_MAX = 1000  # addresses for tools of some hundred a second
LISTED = 40      # disagreements printed a module; --list writes all

Cost = collections.namedtuple("Cost", "cpu wall rss_kib output")


def newest_llvm():
    for version in range(40, 13, -1):
        path = shutil.which(f"llvm-symbolizer-{version}")
        if path:
            return path
    return shutil.which("llvm-symbolizer")


def cost(command, text, keep=False):
    with tempfile.TemporaryFile() as source, \
            tempfile.TemporaryFile() as target, \
            tempfile.NamedTemporaryFile() as peak:
        source.write(text.encode())
        source.seek(0)
        begin = time.monotonic()
        # By time(1): what is forked from here begins with our memory.
        process = subprocess.Popen(
            ["/usr/bin/time", "-q", "-o", peak.name, "-f", "%M",
             *(str(part) for part in command)],
            stdin=source, stdout=target, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = 0
        output = None
        if keep:
            target.seek(0)
            output = target.read().decode(errors="replace")
        return Cost(usage.ru_utime + usage.ru_stime, wall, int(peak.read()),
                    output)


def debug_file_of(module):
    notes = subprocess.run(["readelf", "-n", module], text=True,
                           capture_output=True, check=True).stdout
    match = re.search(r"Build ID: (\w+)", notes)
    if match:
        name = match.group(1)
        path = pathlib.Path(f"/usr/lib/debug/.build-id/{name[:2]}"
                            f"/{name[2:]}.debug")
        if path.exists():
            return path
    return module


def addresses_of(module, count):
    """Uniform over the bytes of functions with a size."""
    text = subprocess.run(["nm", "-S", "--defined-only",
                           debug_file_of(module)], text=True,
                          capture_output=True, check=True).stdout
    ranges = set()
    for line in text.splitlines():
        parts = line.split()
        if len(parts) == 4 and parts[2] in "tTwWi":
            ranges.add((int(parts[0], 16), int(parts[1], 16)))
    ranges = sorted(ranges)
    choose = random.Random(SEED)
    chosen = choose.choices(ranges, weights=[r[1] for r in ranges], k=count)
    return [begin + choose.randrange(size) for begin, size in chosen]


def lines(addresses):
    return "".join(f"0x{address:x}\n" for address in addresses)


def tools(build, module, cache):
    debug = debug_file_of(module)
    ours = build / "bin/inquest-symbolicate"
    return {
        "inquest, cached": ([ours, "--module", module, "--cache-dir", cache],
                            COUNTS[-1]),
        "inquest, no cache": ([ours, "--module", module, "--no-cache"],
                              COUNTS[1]),
        "llvm-symbolizer": ([newest_llvm(), "-e", module], COUNTS[-1]),
        "addr2line": (["addr2line", "-Cif", "-e", debug], SLOW_MAX),
        "eu-addr2line": (["eu-addr2line", "-Cif", "-e", module], SLOW_MAX),
    }


def measure(build, module, cache):
    ours = build / "bin/inquest-symbolicate"
    addresses = addresses_of(module, COUNTS[-1])
    built = cost([ours, "--module", module, "--cache-dir", cache,
                  "--build-cache"], "")
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
            text = lines(addresses[:count])
            best = min((cost(command, text) for _ in
                        range(5 if count == 1 else 1)),
                       key=lambda one: one.wall)
            costs[name, count] = best
            row += (f"{best.cpu * 1000:10.0f} ms {best.wall * 1000:6.0f} ms "
                    f"{best.rss_kib / 1024:4.0f} M")
        print(row, flush=True)
    return built, costs


def verdict(text, value, limit):
    print(f"  {'met   ' if value <= limit else 'MISSED'} {text}: "
          f"{value:.3g} (budget {limit:g})")
    return value <= limit


def budgets(built, costs):
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
        verdict("building, CPU over llvm's for 1 k",
                built.cpu / costs[llvm, 1000].cpu, 1.5),
        verdict("no cache, one address, wall over llvm's",
                costs["inquest, no cache", 1].wall / costs[llvm, 1].wall, 1),
    ])


# --- who is right -----------------------------------------------------------

def plain(name):
    """A name without what readers print differently."""
    name = re.sub(r" ?\[clone [^\]]*\]|\.(part|isra|constprop|cold)[.\d]*",
                  "", name or "??")
    name = re.sub(r"\[abi:\w+\]|\(anonymous namespace\)::|<.*>|\(.*", "",
                  name)
    return name.replace(" ", "").split("::")[-1]


def chain(frames):
    return [(plain(function), os.path.basename(file or "??"), line or 0)
            for function, file, line in frames]


def ours_of(build, module, cache, addresses):
    text = cost([build / "bin/inquest-symbolicate", "--module", module,
                 "--json", "--cache-dir", cache], lines(addresses),
                keep=True).output
    return [chain([(f.get("function"), f.get("file"), f.get("line"))
                   for f in json.loads(line)["frames"]])
            for line in text.splitlines()]


def llvm_of(module, addresses):
    text = cost([newest_llvm(), "-e", module, "--output-style=JSON"],
                lines(addresses), keep=True).output
    answers = []
    for line in text.splitlines():
        frames = [(f.get("FunctionName"), f.get("FileName"), f.get("Line"))
                  for f in json.loads(line).get("Symbol", [])]
        answers.append(chain([f for f in frames if any(f)]))
    return answers


def third_of(module, address):
    """addr2line's or eu-addr2line's word on one address: a set of chains."""
    found = []
    for tool in (["addr2line", "-Cif", "-e", debug_file_of(module)],
                 ["eu-addr2line", "-Cif", "-e", module]):
        if not shutil.which(tool[0]):
            continue
        text = cost(tool, lines([address]), keep=True).output.splitlines()
        found.append(chain([
            (text[i].split(" inlined at ")[0],
             re.sub(r"( \(discriminator.*|:\d+)+$", "", text[i + 1]),
             int((re.search(r":(\d+)", text[i + 1]) or [0, 0])[1]))
            for i in range(0, len(text) - 1, 2)]))
    return found


def kind_of(ours, llvm):
    if not llvm:
        return "llvm says nothing"
    if len(ours) != len(llvm):
        return "chain"
    for field, name in ((2, "line"), (1, "file"), (0, "name")):
        if [f[field] for f in ours] != [f[field] for f in llvm]:
            return name
    return "none"


def told(frames):
    return " < ".join(f"{n} {f}:{l}" for n, f, l in frames) or "nothing"


def disagreements(build, module, cache, out):
    addresses = addresses_of(module, COMPARED)
    pairs = zip(addresses, ours_of(build, module, cache, addresses),
                llvm_of(module, addresses))
    kinds = collections.Counter()
    for address, ours, llvm in pairs:
        if ours == llvm:
            continue
        kind = kind_of(ours, llvm)
        if sum(kinds.values()) < LISTED or out is not sys.stdout:
            third = third_of(module, address)
            sides = ["ours" if one == ours else "llvm's" if one == llvm
                     else "a third answer" for one in third]
            print(f"  {address:#x} {kind}; addr2line and eu-addr2line give "
                  f"{' and '.join(sides)}\n    ours {told(ours)}\n"
                  f"    llvm {told(llvm)}", file=out)
        kinds[kind] += 1
    print(f"  of {COMPARED} addresses {sum(kinds.values())} disagree with "
          f"llvm: {dict(kinds)}", flush=True)


def modules_of(directory):
    """libc, ceph-mon where installed, and a program of our own."""
    own = directory / "templates"
    subprocess.run(["g++", "-std=c++17", "-O2", "-g",
                    HERE / "bench_symbolicate.cpp", "-o", own], check=True)
    wanted = [pathlib.Path("/lib/x86_64-linux-gnu/libc.so.6"),
              pathlib.Path("/usr/bin/ceph-mon"), own]
    for path in wanted:
        if not path.exists():
            print(f"{path} is not installed: left out")
    return [path for path in wanted if path.exists()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--list", type=pathlib.Path,
                        help="write all disagreements there")
    arguments = parser.parse_args()
    met = True
    with tempfile.TemporaryDirectory(prefix="inquest-bench-") as name:
        out = open(arguments.list, "w") if arguments.list else sys.stdout
        for i, module in enumerate(modules_of(pathlib.Path(name))):
            cache = pathlib.Path(name) / f"cache-{i}"
            print(f"\n{module}\n  each: CPU, wall, peak memory")
            met &= budgets(*measure(arguments.build, module, cache))
            disagreements(arguments.build, module, cache, out)
    sys.exit(0 if met else 1)


main()
