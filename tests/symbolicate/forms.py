"""The forms of debug information that the matrix test builds its program in.
Each is a function of a directory that returns (module, how much is expected:
FULL chain, FUNCTION only, further arguments of inquest-symbolicate)."""

import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE / "matrix.cpp"
C_SOURCE = HERE / "matrix.c"
FULL, FUNCTION = "full", "function"


class Missing(Exception):
    """A compiler or tool is not installed here."""


def run(*command, cwd, **environment):
    if not shutil.which(str(command[0])):
        raise Missing(f"{command[0]} is not installed")
    result = subprocess.run([str(part) for part in command], cwd=cwd,
                            stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=120,
                            env={**os.environ, **environment})
    if result.returncode != 0:
        raise RuntimeError(f"{command}: {result.stderr[-2000:]}")
    return result.stdout


def compiled(*flags, compiler="g++", source=SOURCE):
    def build(at):
        run(compiler, "-O2", *flags, source, "-o", "p", cwd=at)
        return at / "p", FULL, []
    return build


def rewritten(*flags):
    def build(at):
        run("g++", "-O2", "-g", SOURCE, "-o", "q", cwd=at)
        run("objcopy", *flags, "q", "p", cwd=at)
        return at / "p", FULL, []
    return build


def build_id_of(path):
    for line in run("readelf", "-n", path, cwd=path.parent).splitlines():
        if "Build ID:" in line:
            return line.split()[-1]
    raise RuntimeError(f"{path} has no build-id")


def separate(at, *flags):
    """p without and p.debug with debug information."""
    run("g++", "-O2", "-g", *flags, SOURCE, "-o", "p", cwd=at)
    run("objcopy", "--only-keep-debug", "p", "p.debug", cwd=at)
    run("strip", "p", cwd=at)


def debuglink(at):
    separate(at, "-Wl,--build-id=none")
    run("objcopy", "--add-gnu-debuglink=p.debug", "p", cwd=at)
    return at / "p", FULL, []


def build_id_tree(at):
    separate(at)
    name = build_id_of(at / "p")
    tree = at / "tree/.build-id" / name[:2]
    tree.mkdir(parents=True)
    (at / "p.debug").rename(tree / f"{name[2:]}.debug")
    return at / "p", FULL, ["--debug-dir", str(at / "tree")]


def mini_debug_info(at):
    run("g++", "-O2", SOURCE, "-o", "p", cwd=at)
    run("objcopy", "--strip-all", "p", "bare", cwd=at)
    run("objcopy", "--strip-debug", "p", "mini", cwd=at)
    run("xz", "mini", cwd=at)
    run("objcopy", "--add-section", ".gnu_debugdata=mini.xz", "bare", "p",
        cwd=at)
    return at / "p", FUNCTION, []


def symtab_only(at):
    run("g++", "-O2", SOURCE, "-o", "p", cwd=at)
    return at / "p", FUNCTION, []


def dynsym_only(at):
    run("g++", "-O2", "-rdynamic", SOURCE, "-o", "p", cwd=at)
    run("nm", "p", cwd=at)
    return at / "p", FUNCTION, ["strip"]


def dwz_alt(at):
    for name in ("p", "q"):
        run("g++", "-O2", "-g", f"-DNAME_{name}", SOURCE, "-o", name, cwd=at)
    run("dwz", "-m", "common.debug", "p", "q", cwd=at)
    return at / "p", FULL, []


def dwz_single(at):
    run("g++", "-O2", "-g", SOURCE, "-o", "p", cwd=at)
    run("dwz", "p", cwd=at)
    return at / "p", FULL, []


def split_zstd(at):
    run("g++", "-O2", "-g", "-gsplit-dwarf", SOURCE, "-o", "p", cwd=at)
    for path in list(at.glob("*.dwo")):
        run("objcopy", "--compress-debug-sections=zstd", path, cwd=at)
    return at / "p", FULL, []


def no_aranges(at):
    run("g++", "-O2", "-g", SOURCE, "-o", "q", cwd=at)
    run("objcopy", "--remove-section", ".debug_aranges", "q", "p", cwd=at)
    return at / "p", FULL, []


def packed(compiler, tool, *flags):
    """Split DWARF whose .dwo files are in one .dwp; none is left beside."""
    def build(at):
        run(compiler, "-O2", "-g", "-gsplit-dwarf", *flags, SOURCE, "-o", "p",
            cwd=at)
        run(tool, "-e", "p", "-o", "p.dwp", cwd=at)
        for path in at.glob("*.dwo"):
            path.unlink()
        return at / "p", FULL, []
    return build


def debuglink_zlib(at):
    separate(at)
    run("objcopy", "--compress-debug-sections=zlib", "p.debug", cwd=at)
    run("objcopy", "--add-gnu-debuglink=p.debug", "p", cwd=at)
    return at / "p", FULL, []


def debuglink_dwz_alt(at):
    """As Debian's debug packages are: dwz over the debug files."""
    for name in ("o", "p"):
        separate(at, f"-DNAME_{name}")
        if name == "o":
            (at / "p.debug").rename(at / "o.debug")
    run("dwz", "-m", "common.debug", "o.debug", "p.debug", cwd=at)
    run("objcopy", "--add-gnu-debuglink=p.debug", "p", cwd=at)
    return at / "p", FULL, []


def kernel_module(at):
    """An ET_REL file as modules are: linked by ld -r, with .init.text before
    .text, one section a function, addresses of the kernel's code model."""
    (at / "init.c").write_text(
        "__attribute__((section(\".init.text\"))) int init_module(void)\n"
        "{ return 0; }\n"
        "__attribute__((section(\".gnu.linkonce.this_module\")))\n"
        "char __this_module[896];\n"
        "int before(int x) { return x + 1; }\n")
    flags = ("-O2", "-g", "-ffreestanding", "-mcmodel=kernel", "-fno-pie",
             "-fno-asynchronous-unwind-tables", "-c")
    run("gcc", *flags, "init.c", "-o", "init.o", cwd=at)
    run("g++", *flags, SOURCE, "-o", "main.o", cwd=at)
    run("ld", "-r", "init.o", "main.o", "-o", "p.ko", cwd=at)
    return at / "p.ko", FULL, []


def kernel_module_debuglink(at):
    """As distributions ship them: stripped, the rest in a file beside."""
    kernel_module(at)
    run("objcopy", "--only-keep-debug", "p.ko", "p.ko.debug", cwd=at)
    run("strip", "--strip-debug", "p.ko", cwd=at)
    run("objcopy", "--add-gnu-debuglink=p.ko.debug", "p.ko", cwd=at)
    return at / "p.ko", FULL, []


def split_debuglink(at):
    """Skeletons in the debug file, their units in .dwo files."""
    separate(at, "-gsplit-dwarf")
    run("objcopy", "--add-gnu-debuglink=p.debug", "p", cwd=at)
    return at / "p", FULL, []


def relocatable(at):
    run("g++", "-O2", "-g", "-ffreestanding", "-c", SOURCE, "-o", "p.ko",
        cwd=at)
    return at / "p.ko", FULL, []


FORMS = {
    **{f"gcc_dwarf_{v}": compiled(f"-gdwarf-{v}") for v in (2, 3, 4, 5)},
    **{f"clang_dwarf_{v}": compiled(f"-gdwarf-{v}", compiler="clang++")
       for v in (2, 3, 4, 5)},
    "fixed_address": compiled("-g", "-no-pie"),
    "zlib": compiled("-g", "-gz"),
    "zlib_old_zdebug": rewritten("--compress-debug-sections=zlib-gnu"),
    "zstd": rewritten("--compress-debug-sections=zstd"),
    "debug_types": compiled("-g", "-gdwarf-4", "-fdebug-types-section"),
    "type_units_dwarf_5": compiled("-g", "-fdebug-types-section"),
    "split_dwarf_5": compiled("-g", "-gsplit-dwarf"),
    "split_dwarf_4": compiled("-gdwarf-4", "-gsplit-dwarf"),
    "split_dwarf_5_types": compiled("-gdwarf-5", "-gsplit-dwarf",
                                    "-fdebug-types-section"),
    "split_dwarf_5_types_zlib": compiled("-gdwarf-5", "-gsplit-dwarf", "-gz",
                                         "-fdebug-types-section"),
    "split_dwarf_zlib": compiled("-g", "-gsplit-dwarf", "-gz"),
    "split_dwarf_zstd": split_zstd,
    "split_dwarf_clang": compiled("-g", "-gsplit-dwarf", compiler="clang++"),
    "split_dwarf_4_clang": compiled("-gdwarf-4", "-gsplit-dwarf",
                                    compiler="clang++"),
    "split_dwarf_4_inlining": compiled(  # skeletons that know the inlining
        "-gdwarf-4", "-gsplit-dwarf", "-fsplit-dwarf-inlining",
        compiler="clang++"),
    "dwp_dwarf_5": packed("clang++", "llvm-dwp-14", "-gdwarf-5"),
    "dwp_dwarf_4": packed("g++", "dwp", "-gdwarf-4"),
    "lto": compiled("-g", "-flto"),
    "lto_clang": compiled("-g", "-flto", "-fuse-ld=lld", compiler="clang++"),
    "c": compiled("-g", "-x", "c", compiler="gcc", source=C_SOURCE),
    "c_clang": compiled("-g", "-x", "c", compiler="clang", source=C_SOURCE),
    "debuglink": debuglink,
    "debuglink_zlib": debuglink_zlib,
    "debuglink_dwz_alt": debuglink_dwz_alt,
    "build_id_tree": build_id_tree,
    "dwz_single": dwz_single,
    "dwz_alt": dwz_alt,
    "no_aranges": no_aranges,
    "mini_debug_info": mini_debug_info,
    "symtab_only": symtab_only,
    "dynsym_only": dynsym_only,
    "relocatable": relocatable,
    "kernel_module": kernel_module,
    "kernel_module_debuglink": kernel_module_debuglink,
    "split_debuglink": split_debuglink,
}
