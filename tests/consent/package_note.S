/*
 * A package note, as distributions put into their programs ("Package Metadata
 * for Executable Files"): owner FDO, type 0xcafe1a7e, JSON.
 */
    .section .note.package, "a", @note
    .balign 4
    .long 4, 2f - 1f, 0xcafe1a7e
    .asciz "FDO"
1:  .asciz "{\"type\":\"deb\",\"name\":\"noted-ledger\",\"version\":\"3.2-1\"}"
2:  .balign 4
    .section .note.GNU-stack, "", @progbits
