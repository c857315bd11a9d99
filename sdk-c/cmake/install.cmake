# SPDX-License-Identifier: MIT OR Apache-2.0
# Installs two components: Runtime, which programs need, and Development, which compilers need.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Every path inside the packages is relative, so that a prefix can be moved.
set(pkgconfig_dir "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH pc_prefix "${pkgconfig_dir}" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${pc_prefix}")
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr") # pkg-config knows the directories of the system by name
    set(pc_prefix /usr)
endif()
file(RELATIVE_PATH pc_libdir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH pc_includedir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file(sdk-c/signalhub.pc.in signalhub.pc @ONLY)

set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/signalhub")
configure_package_config_file(sdk-c/cmake/signalhubConfig.cmake.in signalhubConfig.cmake
    INSTALL_DESTINATION "${config_dir}" PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
if(PROJECT_VERSION_MAJOR EQUAL 0)
    set(compatibility SameMinorVersion)
else()
    set(compatibility SameMajorVersion)
endif()
write_basic_package_version_file(signalhubConfigVersion.cmake COMPATIBILITY ${compatibility})

# PROGRAMS: rpm wants a shared library to be executable.
install(PROGRAMS "${library_dir}/${real_name}"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT Runtime)
install(FILES "${library_dir}/${soname}"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT Runtime)
install(FILES "${library_dir}/libsignalhub.so" "${library_dir}/libsignalhub.a"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT Development)
install(DIRECTORY include/signalhub sdk-c/include/signalhub
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT Development
    FILES_MATCHING PATTERN *.h PATTERN *.hpp)
install(FILES "${PROJECT_BINARY_DIR}/signalhub.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT Development)
install(FILES "${PROJECT_BINARY_DIR}/signalhubConfig.cmake"
    "${PROJECT_BINARY_DIR}/signalhubConfigVersion.cmake" sdk-c/cmake/signalhubTargets.cmake
    DESTINATION "${config_dir}" COMPONENT Development)
install(FILES LICENSE-APACHE LICENSE-MIT DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT Runtime)
install(FILES CHANGELOG.md
    DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT Development)

# `cmake --install --strip` strips only targets of its own making.
install(CODE "
    if(CMAKE_INSTALL_DO_STRIP)
        get_filename_component(libdir \"${CMAKE_INSTALL_LIBDIR}\" ABSOLUTE
            BASE_DIR \"\${CMAKE_INSTALL_PREFIX}\")
        execute_process(COMMAND \"${CMAKE_STRIP}\" \"\$ENV{DESTDIR}\${libdir}/${real_name}\")
    endif()" COMPONENT Runtime)
