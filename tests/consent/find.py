"""Looking for planted words: in every encoding a word may hide in, and in
every file of a directory, compressed or not. Context: tool."""

import base64
import gzip
import zlib

FRAME_HEADER_BYTES = 24


def encodings(word):
    """The bytes that would give the word away, by what they are."""
    data = word.encode()
    found = {"plain": data, "hex": data.hex().encode(),
             "HEX": data.hex().upper().encode(),
             "utf-16-le": word.encode("utf-16-le"),
             "utf-16-be": word.encode("utf-16-be")}
    for shift in range(3):  # base64 looks different at each offset
        text = base64.b64encode(b"\0" * shift + data)
        inner = text[(shift * 8 + 5) // 6:]
        found[f"base64+{shift}"] = inner.rstrip(b"=")[:-1]
    return found


def views(data):
    """The bytes as they are and as anybody would unpack them."""
    yield data
    for start in (0, FRAME_HEADER_BYTES):
        try:
            yield gzip.decompress(data[start:])
        except (OSError, EOFError, zlib.error):
            pass


def words_in(data, words):
    """Those of the words that are there: "argv as hex"."""
    return [f"{word} as {name}" for view in views(data) for word in words
            for name, code in encodings(word).items()
            if code.lower() in view.lower()]


def words_below(directory, words):
    """Those in any file below a directory, or in its name."""
    found = []
    for path in sorted(directory.rglob("*")):
        found += [f"{path.name}: {word} in the name" for word in words
                  if word in path.name]
        if path.is_file():
            found += [f"{path}: {hit}"
                      for hit in words_in(path.read_bytes(), words)]
    return found
