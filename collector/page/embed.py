"""embed.py OUT.c SOURCE_DIR: the page's files as C arrays, each under the name
that its content hash makes. index.html names the others as @NAME@; they get
their hashed addresses, and index.html alone is looked up anew each time."""

import gzip
import hashlib
import pathlib
import sys

FILES = {"page.js": "text/javascript; charset=utf-8",
         "page.css": "text/css; charset=utf-8"}
HTML = "text/html; charset=utf-8"
BYTES_A_LINE = 20


def array(name, data):
    lines = (", ".join(map(str, data[i:i + BYTES_A_LINE]))
             for i in range(0, len(data), BYTES_A_LINE))
    return (f"static const uint8_t {name}[] = {{\n    "
            + ",\n    ".join(lines) + "};\n")


class Table:
    def __init__(self):
        self.arrays = []
        self.rows = []

    def add(self, address, content_type, data, immutable):
        plain = f"plain_{len(self.rows)}"
        packed = f"gzip_{len(self.rows)}"
        digest = hashlib.sha256(data).hexdigest()[:16]
        self.arrays.append(array(plain, data))
        self.arrays.append(array(packed, gzip.compress(data, 9, mtime=0)))
        self.rows.append(
            f'    {{"{address}", "{content_type}", "\\"{digest}\\"", '
            f"{'true' if immutable else 'false'},\n"
            f"     {{{plain}, sizeof {plain}}}, "
            f"{{{packed}, sizeof {packed}}}}},\n")

    def text(self):
        return ("/* Made by collector/page/embed.py. */\n"
                '#include "collector/page/assets.h"\n\n'
                + "\n".join(self.arrays)
                + "\nconst struct page_asset page_assets[] = {\n"
                + "".join(self.rows) + "};\n"
                + f"const size_t page_asset_count = {len(self.rows)};\n")


def main():
    out, source = map(pathlib.Path, sys.argv[1:])
    index = (source / "index.html").read_text()
    table = Table()
    for name, content_type in FILES.items():
        data = (source / "dist" / name).read_bytes()
        stem, ending = name.split(".")
        digest = hashlib.sha256(data).hexdigest()[:12]
        address = f"/assets/{stem}-{digest}.{ending}"
        index = index.replace(f"@{name}@", address)
        table.add(address, content_type, data, True)
    table.add("/", HTML, index.encode(), False)
    out.write_text(table.text())


main()
