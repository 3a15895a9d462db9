"""What arrived, read without our own code: the schema by its text, the bodies
by `protoc --decode_raw`. Context: tool."""

import collections
import gzip
import pathlib
import re
import subprocess

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "proto/report.proto"
Field = collections.namedtuple("Field", "message name type repeated cls")


def read_schema():
    """{message: {number: Field}} of report.proto, maps as their entries."""
    text = re.sub(r"//[^\n]*", "", SCHEMA.read_text())
    messages = {}
    for name, body in re.findall(r"^message (\w+) \{(.*?)^\}", text,
                                 re.M | re.S):
        fields = messages.setdefault(name, {})
        for label, kind, field, number, options in re.findall(
                r"(repeated )?(map<[^>]+>|[\w.]+) (\w+) = (\d+) "
                r"\[(.*?)\];", body, re.S):
            cls = re.search(r"class: (\w+)", options).group(1)
            if kind.startswith("map<"):
                entry = f"{name}.{field}"
                messages[entry] = {
                    1: Field(entry, "key", "string", False, cls),
                    2: Field(entry, "value", "string", False, cls)}
                kind, label = entry, "repeated "
            fields[int(number)] = Field(name, field, kind, bool(label), cls)
    return messages


SCHEMA_FIELDS = read_schema()


def leaves(message="Report", path=""):
    """{path: class that it leaves with} of every field that holds a value; a
    path's classes are all those on the way to it."""
    found = {}
    for field in SCHEMA_FIELDS[message].values():
        where = f"{path}.{field.name}" if path else field.name
        if field.type in SCHEMA_FIELDS:
            for below, classes in leaves(field.type, where).items():
                found[below] = classes | {field.cls}
        else:
            found[where] = {field.cls}
    return found


def decode_raw(data):
    """protoc's view of a message: a list of (number, value or list)."""
    if not data:
        return []
    text = subprocess.run(["protoc", "--decode_raw"], input=data,
                          capture_output=True, check=True).stdout.decode()
    stack = [[]]
    for line in text.splitlines():
        line = line.strip()
        if line.endswith("{"):
            below = []
            stack[-1].append((int(line[:-1]), below))
            stack.append(below)
        elif line == "}":
            stack.pop()
        else:
            number, value = line.split(": ", 1)
            stack[-1].append((int(number), value))
    return stack[0]


def flatten(raw, message="Report", path=""):
    """The (path, value) pairs of one message. A number that the schema does
    not know is a path of its own: ?9."""
    pairs = []
    for number, value in raw:
        field = SCHEMA_FIELDS[message].get(number)
        name = field.name if field else f"?{number}"
        where = f"{path}.{name}" if path else name
        if field and field.type in SCHEMA_FIELDS:
            pairs += flatten(value if isinstance(value, list) else [],
                             field.type, where)
        elif isinstance(value, list):  # text that happens to read as fields
            pairs.append((where, "text"))
        else:
            pairs.append((where, str(value)))
    return pairs


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def messages_of(requests):
    """The report of each request, as pairs; one protoc for all of them."""
    bodies = [gzip.decompress(request.body) for request in requests]
    outer = b"".join(b"\x0a" + varint(len(body)) + body for body in bodies)
    return [flatten(raw if isinstance(raw, list) else [])
            for _, raw in decode_raw(outer)]


def paths(pairs):
    return {path for path, _ in pairs}
