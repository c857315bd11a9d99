# SPDX-License-Identifier: MIT OR Apache-2.0
# Declares the target signalhub_library: both libraries, with their links, in ${library_dir}.

if(SIGNALHUB_PREBUILT)
    foreach(file libsignalhub.so libsignalhub.a)
        if(NOT EXISTS "${SIGNALHUB_PREBUILT}/${file}")
            message(FATAL_ERROR "SIGNALHUB_PREBUILT: there is no ${SIGNALHUB_PREBUILT}/${file}")
        endif()
    endforeach()
else()
    find_program(SIGNALHUB_CARGO NAMES "$ENV{CARGO}" cargo NO_CMAKE_FIND_ROOT_PATH
        HINTS "$ENV{CARGO_HOME}/bin" PATHS "$ENV{HOME}/.cargo/bin" DOC "The cargo to build with")
    if(NOT SIGNALHUB_CARGO)
        message(FATAL_ERROR "signalhub is built by cargo, and there is none: install Rust from "
            "https://rustup.rs, or name a cargo by SIGNALHUB_CARGO, or a directory with "
            "libsignalhub.so and libsignalhub.a by SIGNALHUB_PREBUILT")
    endif()
endif()

# The flags of the environment, as it is now, and those that keep the paths of this machine out of a
# release. rustc takes the last one that fits.
string(ASCII 31 separator)
if(DEFINED ENV{CARGO_ENCODED_RUSTFLAGS})
    string(REPLACE "${separator}" ";" debug_flags "$ENV{CARGO_ENCODED_RUSTFLAGS}")
else()
    string(REGEX REPLACE "[ \t]+" ";" debug_flags "$ENV{RUSTFLAGS}")
endif()
set(cargo_home "$ENV{HOME}/.cargo")
if(DEFINED ENV{CARGO_HOME})
    set(cargo_home "$ENV{CARGO_HOME}")
endif()
get_filename_component(real_source_dir "${PROJECT_SOURCE_DIR}" REALPATH) # cargo asks getcwd
set(release_flags ${debug_flags}
    "--remap-path-prefix=${cargo_home}=cargo"
    "--remap-path-prefix=${real_source_dir}=signalhub"
    "--remap-path-prefix=${PROJECT_BINARY_DIR}=build")

set(environment --unset=CARGO_BUILD_TARGET) # it would move what cargo makes
set(arguments --locked --lib --target-dir "${PROJECT_BINARY_DIR}/cargo" ${SIGNALHUB_CARGO_FLAGS})
if(SIGNALHUB_RUST_TARGET)
    list(APPEND arguments --target ${SIGNALHUB_RUST_TARGET})
    string(TOUPPER ${SIGNALHUB_RUST_TARGET} name)
    string(REPLACE - _ name ${name})
    list(APPEND environment "CARGO_TARGET_${name}_LINKER=${CMAKE_C_COMPILER}")
endif()
set(debug_arguments ${arguments})
set(release_arguments --release ${arguments})

file(GLOB_RECURSE sources CONFIGURE_DEPENDS src/*.rs)
list(APPEND sources "${PROJECT_SOURCE_DIR}/Cargo.toml" "${PROJECT_SOURCE_DIR}/Cargo.lock"
    "${PROJECT_SOURCE_DIR}/build.rs")

foreach(profile debug release)
    set(directory "${libraries}/${profile}")
    if(SIGNALHUB_PREBUILT)
        set(built "${SIGNALHUB_PREBUILT}")
        set(build)
        set(sources "${built}/libsignalhub.so" "${built}/libsignalhub.a")
    else()
        set(built "${PROJECT_BINARY_DIR}/cargo/${SIGNALHUB_RUST_TARGET}/${profile}")
        list(JOIN ${profile}_flags "${separator}" flags) # so encoded, a path can have spaces
        set(build
            COMMAND "${CMAKE_COMMAND}" -E env ${environment} "CARGO_ENCODED_RUSTFLAGS=${flags}"
            "${SIGNALHUB_CARGO}" build ${${profile}_arguments})
    endif()
    add_custom_command(
        OUTPUT "${directory}/${real_name}" "${directory}/libsignalhub.a"
        BYPRODUCTS "${directory}/${soname}" "${directory}/libsignalhub.so"
        ${build}
        COMMAND "${CMAKE_COMMAND}" -E make_directory "${directory}"
        COMMAND "${CMAKE_COMMAND}" -E copy "${built}/libsignalhub.so" "${directory}/${real_name}"
        COMMAND "${CMAKE_COMMAND}" -E copy "${built}/libsignalhub.a" "${directory}/libsignalhub.a"
        COMMAND "${CMAKE_COMMAND}" -E create_symlink ${real_name} "${directory}/${soname}"
        COMMAND "${CMAKE_COMMAND}" -E create_symlink ${soname} "${directory}/libsignalhub.so"
        DEPENDS ${sources}
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
        COMMENT "signalhub, ${profile}"
        USES_TERMINAL
        VERBATIM)
endforeach()

set(all)
if(SIGNALHUB_INSTALL)
    set(all ALL)
endif()
add_custom_target(signalhub_library ${all}
    DEPENDS "${library_dir}/${real_name}" "${library_dir}/libsignalhub.a")
