# siglists/NAME.txt -> a C string siglist_NAME: cmake -DINPUT= -DOUTPUT= -P
get_filename_component(name ${INPUT} NAME_WE)
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT}
    "extern const char siglist_${name}[];\n"
    "const char siglist_${name}[] = {${bytes}0};\n")
