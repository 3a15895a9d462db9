"""What of our own code the tests took: coverage.py BUILD_DIR COUNTERS_DIR

Prints, by folder, how many of the edges that clang counts (counters.c) were
taken, and the lines of those that were not where none may be left: the crash
path, the queue and consent. not-taken.txt in COUNTERS_DIR has all of them."""

import collections
import json
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("proto", "handler", "symbolicate", "reporter", "collector")
WATCHED = ("handler/crash", "proto/queue.c", "reporter/queue",
           "reporter/consent", "proto/class_filter.c")
Edge = collections.namedtuple("Edge", "file function ordinal")


def build_id(path):
    notes = subprocess.run(["readelf", "-n", path], capture_output=True,
                           text=True).stdout
    found = re.search(r"Build ID: (\w+)", notes)
    return found.group(1) if found else None


def symbolize(module, addresses):
    """[(file, function, where)] of each: the function that holds it, and the
    innermost line."""
    done = subprocess.run(
        ["llvm-symbolizer-14", "--output-style=JSON", f"--obj={module}"],
        input="".join(f"{address:#x}\n" for address in addresses),
        capture_output=True, text=True, check=True)
    found = []
    for line in done.stdout.splitlines():
        frames = json.loads(line)["Symbol"]
        outer, inner = frames[-1], frames[0]
        found.append((outer["FileName"], outer["FunctionName"],
                      (inner["FileName"], inner["Line"])))
    return found


def read(module, counters):
    """({edge: taken}, {edge: (file, line)}) of one module."""
    data = counters.read_bytes()
    count = len(data) // 9
    addresses = [int.from_bytes(data[i * 8:i * 8 + 8], "little")
                 for i in range(count)]
    taken, places, ordinals = {}, {}, collections.Counter()
    for index, (file, function, where) in enumerate(
            symbolize(module, addresses)):
        ordinals[file, function] += 1
        edge = Edge(below(file), function, ordinals[file, function])
        if edge.file.startswith(PARTS):
            taken[edge] = data[count * 8 + index] != 0
            places[edge] = (below(where[0]), where[1])
    return taken, places


def below(file):
    return file.removeprefix(f"{SOURCE}/")


def merge(build, counters):
    taken, places = {}, {}
    for module in sorted([*(build / "bin").iterdir(),
                          *(build / "lib").glob("*.so")]):
        of_module = counters / (build_id(module) or "none")
        if not of_module.is_file():
            continue
        some, where = read(module, of_module)
        places |= where
        for edge, was in some.items():
            taken[edge] = taken.get(edge, False) or was
    return taken, places


def print_folders(taken):
    total, done = collections.Counter(), collections.Counter()
    for edge, was in taken.items():
        for folder in (str(pathlib.Path(edge.file).parent), "all of it"):
            total[folder] += 1
            done[folder] += was
    print(f"{'edges':>7} {'taken':>7} {'':>6}")
    for folder in sorted(total):
        print(f"{total[folder]:7} {done[folder]:7} "
              f"{100 * done[folder] / total[folder]:5.1f}% {folder}")


def missing(taken, places):
    """{file: {line: function}} of what was not taken."""
    lines = collections.defaultdict(dict)
    for edge, was in taken.items():
        if not was:
            file, line = places[edge]
            lines[file][line] = edge.function
    return lines


def print_missing(lines, out):
    for file in sorted(lines):
        text = (SOURCE / file).read_text().splitlines() \
            if (SOURCE / file).is_file() else []
        for line in sorted(lines[file]):
            code = text[line - 1].strip() if 0 < line <= len(text) else ""
            print(f"{file}:{line}: {lines[file][line]}: {code}", file=out)


def main():
    build, counters = map(pathlib.Path, sys.argv[1:])
    taken, places = merge(build, counters)
    if not taken:
        sys.exit(f"no counters of a module of {build} in {counters}")
    print_folders(taken)
    lines = missing(taken, places)
    with open(counters / "not-taken.txt", "w") as out:
        print_missing(lines, out)
    watched = {file: of for file, of in lines.items()
               if file.startswith(WATCHED)}
    print(f"\nnot taken in {', '.join(WATCHED)}:\n")
    print_missing(watched, sys.stdout)


if __name__ == "__main__":
    main()
