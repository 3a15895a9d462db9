"""A library with so much debug information that reading it is worth a second
thread: units of one function each, and a constant of many bytes that costs
nothing to make or to skip."""

import forms

UNITS = 64
FILLER_BYTES = 200_000

ABBREVIATIONS = """
.section .debug_abbrev
  .uleb128 1, 0x11              # DW_TAG_compile_unit, with children
  .byte 1
  .uleb128 0x11, 0x01, 0x12, 0x07, 0, 0   # low_pc addr, high_pc data8
  .uleb128 2, 0x2e              # DW_TAG_subprogram, without
  .byte 0
  .uleb128 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0, 0   # name string
  .uleb128 3, 0x34              # DW_TAG_variable, without
  .byte 0
  .uleb128 0x1c, 0x04, 0, 0     # const_value block4
  .byte 0
"""
UNIT = """
.text
code{n}:
  nop
  ret
  .size code{n}, . - code{n}
.section .debug_info
  .long unit_end{n} - unit{n}
unit{n}:
  .short 4
  .long 0
  .byte 8
  .uleb128 1
  .quad code{n}
  .quad 2
  .uleb128 2
  .asciz "function{n}"
  .quad code{n}
  .quad 2
  .uleb128 3
  .long {filler}
  .zero {filler}
  .byte 0
unit_end{n}:
"""


def build(at):
    """(module, {address: name})."""
    source = ABBREVIATIONS + "".join(
        UNIT.format(n=n, filler=FILLER_BYTES) for n in range(UNITS))
    (at / "many.s").write_text(source)
    forms.run("as", "many.s", "-o", "many.o", cwd=at)
    forms.run("ld", "-shared", "--build-id", "many.o", "-o", "many.so", cwd=at)
    names = {}
    for line in forms.run("nm", "many.so", cwd=at).splitlines():
        address, _, name = line.split()
        if name.startswith("code"):
            names[int(address, 16)] = name.replace("code", "function")
    return at / "many.so", names
