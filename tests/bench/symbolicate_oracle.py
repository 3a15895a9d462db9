"""Who is right where we and llvm-symbolizer disagree: every such address, with
the word of addr2line and eu-addr2line."""

import collections
import json
import os
import re
import subprocess

import symbolicate_modules as modules

ASKED_MAX = 200  # addresses for tools of some tens a second


def plain(name):
    """A name without what readers print differently."""
    name = re.sub(r" ?\[clone [^\]]*\]|(\.(part|isra|constprop|cold)(\.\d+)?)+",
                  "", name or "??")
    name = re.sub(r"\[abi:\w+\]|\(anonymous namespace\)::|\{[^}]*\}", "", name)
    for pair in (r"<[^<>]*>", r"\([^()]*\)"):
        before = None
        while name != before:
            before, name = name, re.sub(pair, "", name)
    name = re.sub(r"\s*(const|&&?|volatile)*\s*$", "", name.split("@")[0])
    if "operator" not in name:  # a template's comes with its type before it
        name = name.split(" ")[-1]
    return name.replace(" ", "").split("::")[-1]


def chain(frames):
    return [(plain(function), os.path.basename(file or "??"), line or 0)
            for function, file, line in frames]


def ask(command, addresses):
    return subprocess.run([str(part) for part in command], text=True,
                          input=modules.lines(addresses), errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True).stdout


def ours_of(program, module, cache, addresses):
    text = ask([program, "--module", module, "--json", "--cache-dir", cache],
               addresses)
    return [chain([(f.get("function"), f.get("file"), f.get("line"))
                   for f in json.loads(line)["frames"]])
            for line in text.splitlines()]


def llvm_of(program, module, addresses):
    text = ask([program, "-e", module, "--output-style=JSON"], addresses)
    answers = []
    for line in text.splitlines():
        frames = [(f.get("FunctionName"), f.get("FileName"), f.get("Line"))
                  for f in json.loads(line).get("Symbol", [])]
        answers.append(chain([f for f in frames if any(f)]))
    return answers


def binutils_of(command, addresses):
    """addr2line's or eu-addr2line's chains: -a puts the address before."""
    answers, frames = [], None
    pending = None
    for line in ask(command, addresses).splitlines():
        if re.fullmatch(r"0x[0-9a-f]{8,}", line):
            frames, pending = [], None
            answers.append(frames)
        elif pending is None:
            pending = line.split(" inlined at ")[0]
        else:
            place = re.match(r"(.*?):(\d+)", line)
            known = place and place.group(1) not in ("", "?")
            frames.append((pending, place.group(1) if known else "??",
                           int(place.group(2)) if known else 0))
            pending = None
    return [chain(answer) for answer in answers]


def thirds_of(module, addresses):
    """[(name of the tool, chains)] of those that are installed."""
    found = []
    for command in (["addr2line", "-aCif", "-e",
                     modules.debug_file_of(module)],
                    ["eu-addr2line", "-aCif", "-e", module]):
        try:
            answers = binutils_of(command, addresses)
        except (OSError, subprocess.CalledProcessError):
            continue
        if len(answers) == len(addresses):
            found.append((command[0], answers))
    return found


def spelled(mangled, plain_name):
    """Whether a name that its reader left mangled is that of plain_name."""
    return mangled.startswith("_Z") and (
        plain_name.startswith(("operator", "~")) or
        f"{len(plain_name)}{plain_name}" in mangled)


class Aliases:
    """Names that symbols give to one and the same place."""

    def __init__(self, module):
        self.sets = {}
        for names in modules.functions_of(module).values():
            readable = {plain(name) for name in names} | names
            demangled = subprocess.run(
                ["c++filt"], input="\n".join(names), text=True,
                capture_output=True, check=True).stdout.splitlines() \
                if any(n.startswith("_Z") for n in names) else []
            readable |= {plain(name) for name in demangled}
            for name in readable:
                self.sets.setdefault(name, set()).update(readable)

    def same(self, one, other):
        return one == other or other in self.sets.get(one, ()) or \
            spelled(one, other) or spelled(other, one)


def kind_of(ours, llvm, aliases):
    if not llvm:
        return "llvm says nothing"
    if not ours:
        return "we say nothing"
    if len(ours) != len(llvm):
        return "chain"
    for field, name in ((2, "line"), (1, "file")):
        if [f[field] for f in ours] != [f[field] for f in llvm]:
            return name
    same = all(aliases.same(a[0], b[0]) for a, b in zip(ours, llvm))
    return "alias" if same else "name"


def agrees(one, other, aliases):
    return len(one) == len(other) and all(
        aliases.same(a[0], b[0]) and a[1:] == b[1:]
        for a, b in zip(one, other))


def verdict(ours, llvm, thirds, aliases):
    thirds = [(n, one) for n, one in thirds  # saying nothing is no word
              if one and (one[0][0] != "??" or one[0][1] != "??")]
    for_us = [n for n, one in thirds if agrees(one, ours, aliases)]
    for_llvm = [n for n, one in thirds if agrees(one, llvm, aliases)]
    if for_us and not for_llvm:
        return "we are right: " + ", ".join(for_us)
    if for_llvm and not for_us:
        return "llvm is right: " + ", ".join(for_llvm)
    return "not decided"


def told(frames):
    return " < ".join(f"{n} {f}:{l}" for n, f, l in frames) or "nothing"


def disagreements(module, addresses, ours, llvm, out, listed):
    """Lists them; {(kind, verdict): count}."""
    aliases = Aliases(module)
    open_ = [(a, o, l, kind_of(o, l, aliases))
             for a, o, l in zip(addresses, ours, llvm) if o != l]
    asked = [one for one in open_ if one[3] != "alias"][:ASKED_MAX]
    thirds = thirds_of(module, [one[0] for one in asked]) if asked else []
    words = {one[0]: [(name, answers[i]) for name, answers in thirds]
             for i, one in enumerate(asked)}
    counts = collections.Counter()
    for address, our, their, kind in open_:
        word = "both are right: two names or spellings of one place"
        if kind != "alias":
            word = verdict(our, their, words.get(address, []), aliases)
        counts[kind, word.split(":")[0]] += 1
        if out or (kind != "alias" and sum(counts.values()) <= listed):
            print(f"  {address:#x} {kind}; {word}\n    ours {told(our)}\n"
                  f"    llvm {told(their)}", file=out)
            for name, answer in words.get(address, []):
                print(f"    {name} {told(answer)}", file=out)
    return counts
