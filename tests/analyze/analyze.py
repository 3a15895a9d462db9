"""Static analysis of all that is ours: analyze.py gcc|cppcheck BUILD_DIR

A finding is compared with known.txt, which says of each false alarm why it is
one. One that is not there fails the test, and so does a line there that finds
nothing any more."""

import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lint"))
import compiled  # noqa: E402

FINDING = re.compile(r"^(?P<file>[^\s:]+):\d+:\d+: (?:error|warning|style|"
                     r"performance|portability): .* \[(?:-W)?"
                     r"(?P<check>[\w-]+)\]$", re.M)


def gcc(build):
    """What gcc -fanalyzer says of every file, compiled as it is compiled."""
    def one(entry):
        command = shlex.split(entry["command"])
        command[command.index("-o") + 1] = "/dev/null"
        done = subprocess.run(
            [*command, "-fanalyzer", "-Wno-error",
             "-fdiagnostics-plain-output", "-fdiagnostics-path-format=none"],
            cwd=entry["directory"], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{entry['file']}: {done.stderr}")
        return done.stderr

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return "".join(pool.map(one, compiled.commands(build).values()))


def cppcheck(build):
    """What cppcheck says of the same files."""
    names = "\n".join(compiled.commands(build))
    done = subprocess.run(
        ["cppcheck", "--file-list=-", "--quiet", f"-j{os.cpu_count()}",
         "--enable=warning,performance,portability", "--std=c11", "-I.",
         "-D_GNU_SOURCE", "-D__x86_64__",
         "--template={file}:{line}:{column}: {severity}: {message} [{id}]"],
        cwd=compiled.SOURCE, input=names, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return done.stderr


def known(tool):
    """{(file, check)} of known.txt."""
    lines = [line.split() for line in (HERE / "known.txt").read_text()
             .splitlines() if line and not line.startswith("#")]
    return {(file, check) for name, check, file, *_ in lines if name == tool}


def findings(output):
    found = {}
    for match in FINDING.finditer(output):
        name = match["file"].removeprefix(f"{compiled.SOURCE}/")
        found.setdefault((name, match["check"]), match[0])
    return found


def main():
    tool, build = sys.argv[1:]
    output = {"gcc": gcc, "cppcheck": cppcheck}[tool](pathlib.Path(build))
    found = findings(output)
    expected = known(tool)
    news = found.keys() - expected
    gone = expected - found.keys()
    for key in sorted(news):
        print(found[key])
    for file, check in sorted(gone):
        print(f"known.txt: {tool} does not find {check} in {file} any more")
    print(f"{tool}: {len(compiled.commands(pathlib.Path(build)))} files, "
          f"{len(news)} findings, {len(expected)} known")
    sys.exit(bool(news or gone))


if __name__ == "__main__":
    main()
