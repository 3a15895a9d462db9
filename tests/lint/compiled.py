"""What the compilation database knows of our own C: without tests, generated
code and C++. As a program: the names of the files, one a line."""

import json
import pathlib
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("proto", "handler", "symbolicate", "reporter", "collector")
FILES_MIN = 50  # fewer: the database is not ours


def commands(build):
    """{file below SOURCE: one entry of the database that compiles it}."""
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if not path.is_relative_to(SOURCE) or path.suffix != ".c":
            continue
        name = path.relative_to(SOURCE)
        if name.parts[0] in PARTS:
            entries.setdefault(str(name), entry)
    if len(entries) < FILES_MIN:
        sys.exit(f"only {len(entries)} sources found in {build}")
    return dict(sorted(entries.items()))


if __name__ == "__main__":
    print("\n".join(commands(pathlib.Path(sys.argv[1]))))
