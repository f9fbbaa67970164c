# `vcpkg install tabi --overlay-ports=packaging/vcpkg` in the source of tabi builds it with cargo, and installs it.

get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
find_program(CARGO cargo REQUIRED)
find_program(MAKE NAMES gmake make REQUIRED)

# The functions of the library are the same for programs that are debugged.
set(VCPKG_BUILD_TYPE release)
set(build "${CURRENT_BUILDTREES_DIR}/${TARGET_TRIPLET}-rel")
file(MAKE_DIRECTORY "${build}")
vcpkg_execute_required_process(
    COMMAND "${CARGO}" build --release --locked --package tabi-capi --target-dir "${build}"
    WORKING_DIRECTORY "${SOURCE_PATH}"
    LOGNAME "build-${TARGET_TRIPLET}-rel"
)
vcpkg_execute_required_process(
    COMMAND "${MAKE}" install "PREFIX=${CURRENT_PACKAGES_DIR}" "LIBRARY=${build}/release" "MANDIR=${build}/man"
    WORKING_DIRECTORY "${SOURCE_PATH}"
    LOGNAME "install-${TARGET_TRIPLET}-rel"
)

# Programs ask for -ltabi: only the kind of library that the triplet wants is there.
if(VCPKG_LIBRARY_LINKAGE STREQUAL "dynamic")
    file(REMOVE "${CURRENT_PACKAGES_DIR}/lib/libtabi.a" "${CURRENT_PACKAGES_DIR}/lib/pkgconfig/tabi-static.pc")
else()
    file(GLOB shared "${CURRENT_PACKAGES_DIR}/lib/libtabi.so*")
    file(REMOVE ${shared})
endif()
vcpkg_fixup_pkgconfig()

# vcpkg wants the files for CMake in another folder than the libraries.
file(MAKE_DIRECTORY "${CURRENT_PACKAGES_DIR}/share")
file(RENAME "${CURRENT_PACKAGES_DIR}/lib/cmake/tabi" "${CURRENT_PACKAGES_DIR}/share/tabi")
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib/cmake")
vcpkg_replace_string("${CURRENT_PACKAGES_DIR}/share/tabi/tabi-config.cmake"
    "\${CMAKE_CURRENT_LIST_DIR}/../.." "\${CMAKE_CURRENT_LIST_DIR}/../../lib")

file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE-MIT" "${SOURCE_PATH}/LICENSE-APACHE")
