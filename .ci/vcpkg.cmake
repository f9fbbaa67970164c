# Runs the port of vcpkg without vcpkg: cmake -DLINKAGE=static|dynamic -DWORK=DIRECTORY -P .ci/vcpkg.cmake
#
# This is what vcpkg's own scripts do for those of its functions that packaging/vcpkg/portfile.cmake calls. The package is
# in WORK/packages.
cmake_minimum_required(VERSION 3.21)

set(TARGET_TRIPLET of-this-system)
set(VCPKG_LIBRARY_LINKAGE "${LINKAGE}")
set(CURRENT_BUILDTREES_DIR "${WORK}/build")
set(CURRENT_PACKAGES_DIR "${WORK}/packages")
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}")
file(MAKE_DIRECTORY "${CURRENT_BUILDTREES_DIR}" "${CURRENT_PACKAGES_DIR}")

set(port "${CMAKE_CURRENT_LIST_DIR}/../packaging/vcpkg")
file(READ "${port}/vcpkg.json" manifest)
string(JSON PORT GET "${manifest}" name)
string(JSON VERSION GET "${manifest}" version)

function(vcpkg_execute_required_process)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "WORKING_DIRECTORY;LOGNAME" "COMMAND")
    if(DEFINED arg_UNPARSED_ARGUMENTS OR NOT arg_COMMAND OR NOT arg_WORKING_DIRECTORY OR NOT arg_LOGNAME)
        message(FATAL_ERROR "vcpkg_execute_required_process got: ${ARGV}")
    endif()
    execute_process(
        COMMAND ${arg_COMMAND}
        WORKING_DIRECTORY "${arg_WORKING_DIRECTORY}"
        OUTPUT_FILE "${CURRENT_BUILDTREES_DIR}/${arg_LOGNAME}-out.log"
        COMMAND_ERROR_IS_FATAL ANY
    )
endfunction()

function(vcpkg_fixup_pkgconfig)
    file(GLOB files "${CURRENT_PACKAGES_DIR}/lib/pkgconfig/*.pc")
    foreach(file IN LISTS files)
        file(READ "${file}" text)
        string(REGEX REPLACE "(^|\n)prefix=[^\n]*" "\\1prefix=\${pcfiledir}/../.." text "${text}")
        file(WRITE "${file}" "${text}")
    endforeach()
endfunction()

function(vcpkg_replace_string file from to)
    file(READ "${file}" text)
    string(REPLACE "${from}" "${to}" replaced "${text}")
    if(replaced STREQUAL text)
        message(FATAL_ERROR "${file} has no ${from}")
    endif()
    file(WRITE "${file}" "${replaced}")
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "COMMENT" "FILE_LIST")
    foreach(file IN LISTS arg_FILE_LIST)
        file(READ "${file}" licence)
        file(APPEND "${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright" "${licence}\n")
    endforeach()
endfunction()

include("${port}/portfile.cmake")
