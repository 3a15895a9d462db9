# Where the loader of each kind of program finds what `inquest run` preloads as
# lib/inquest/$LIB/libinquest.so (ld.so(8)). A 32-bit program finds a library
# with nothing in it: its loader complains on stderr of one that it cannot load.
# musl's loader knows no $LIB, and passes silently over what is not there.
set(guest_places ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/inquest)
execute_process(
    COMMAND /lib64/ld-linux-x86-64.so.2 --list-diagnostics
    OUTPUT_VARIABLE diagnostics ERROR_QUIET)
set(native lib/x86_64-linux-gnu)
if(diagnostics MATCHES "dl_dst_lib=\"([a-z0-9_/-]+)\"")
    set(native ${CMAKE_MATCH_1})
endif()
set(INQUEST_DST_LIB ${native} CACHE INTERNAL "what $LIB is in our programs")

# Also for where the other kind of distribution runs what was built here.
foreach(place ${native} lib/x86_64-linux-gnu lib64)
    file(MAKE_DIRECTORY ${guest_places}/${place})
    string(REGEX REPLACE "[^/]+" ".." up ${place})
    file(CREATE_LINK ../${up}/libinquest.so
        ${guest_places}/${place}/libinquest.so SYMBOLIC)
endforeach()

# Of Debian's two ways to have a 32-bit libc, and of other distributions.
set(empty ${guest_places}/lib32/libinquest.so)
add_custom_command(OUTPUT ${empty}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${guest_places}/lib32
    COMMAND ${CMAKE_C_COMPILER} -m32 -shared -nostdlib
        -Wl,-soname,libinquest.so -o ${empty} -x c /dev/null
    VERBATIM)
add_custom_target(guest_32_bit ALL DEPENDS ${empty})
foreach(place lib/i386-linux-gnu lib)
    if(NOT place STREQUAL native)
        file(MAKE_DIRECTORY ${guest_places}/${place})
        string(REGEX REPLACE "[^/]+" ".." up ${place})
        file(CREATE_LINK ${up}/lib32/libinquest.so
            ${guest_places}/${place}/libinquest.so SYMBOLIC)
    endif()
endforeach()
