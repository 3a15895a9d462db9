# musl's headers and C library, and beside them only the headers named here:
# glibc's must not be found.
set(headers ${CMAKE_BINARY_DIR}/musl-include)
file(MAKE_DIRECTORY ${headers})
find_path(ASM_INCLUDE asm/unistd.h
    PATH_SUFFIXES ${CMAKE_C_LIBRARY_ARCHITECTURE} REQUIRED)
find_path(UNWIND_INCLUDE libunwind-x86_64.h
    PATH_SUFFIXES ${CMAKE_C_LIBRARY_ARCHITECTURE} REQUIRED)
foreach(header
        /usr/include/linux /usr/include/asm-generic ${ASM_INCLUDE}/asm
        ${PROTOBUF_INCLUDE}/protobuf-c /usr/include/zlib.h /usr/include/zconf.h
        ${UNWIND_INCLUDE}/libunwind.h ${UNWIND_INCLUDE}/libunwind-common.h
        ${UNWIND_INCLUDE}/libunwind-dynamic.h
        ${UNWIND_INCLUDE}/libunwind-x86_64.h)
    get_filename_component(name ${header} NAME)
    file(CREATE_LINK ${header} ${headers}/${name} SYMBOLIC)
endforeach()

# The libraries of proto hold objects for glibc: their sources, once more.
foreach(library proto_base proto_box proto_generated proto)
    get_target_property(sources ${library} SOURCES)
    get_target_property(directory ${library} SOURCE_DIR)
    foreach(source IN LISTS sources)
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${directory})
        target_sources(inquest-dumper PRIVATE ${source})
        if(source MATCHES ^${CMAKE_BINARY_DIR})
            set_source_files_properties(${source} PROPERTIES GENERATED ON)
        endif()
    endforeach()
endforeach()
add_dependencies(inquest-dumper proto) # which generates some

target_compile_options(inquest-dumper PRIVATE
    -specs=${MUSL_SPECS} -fno-stack-protector -fcf-protection=none)
target_include_directories(inquest-dumper SYSTEM PRIVATE
    ${CMAKE_BINARY_DIR}/generated ${headers})
# Two segments instead of four: exec maps each (15 us of a dump).
target_link_options(inquest-dumper PRIVATE
    -specs=${MUSL_SPECS} -static -no-pie -Wl,-z,noseparate-code)
foreach(archive libprotobuf-c.a libz.a)
    find_library(ARCHIVE_${archive} ${archive} REQUIRED)
    target_link_libraries(inquest-dumper PRIVATE ${ARCHIVE_${archive}})
endforeach()
