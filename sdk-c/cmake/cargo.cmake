# SPDX-License-Identifier: MIT OR Apache-2.0
# Declares the target signalhub_library: both libraries, with their links, in ${library_dir}.

set(cargo_home "$ENV{HOME}/.cargo")
if(DEFINED ENV{CARGO_HOME})
    set(cargo_home "$ENV{CARGO_HOME}")
endif()

if(SIGNALHUB_PREBUILT)
    foreach(file libsignalhub.so libsignalhub.a)
        if(NOT EXISTS "${SIGNALHUB_PREBUILT}/${file}")
            message(FATAL_ERROR "SIGNALHUB_PREBUILT: there is no ${SIGNALHUB_PREBUILT}/${file}")
        endif()
    endforeach()
else()
    find_program(SIGNALHUB_CARGO NAMES "$ENV{CARGO}" cargo NO_CMAKE_FIND_ROOT_PATH
        PATHS "${cargo_home}/bin" DOC "The cargo to build with")
    if(NOT SIGNALHUB_CARGO)
        message(FATAL_ERROR "signalhub is built by cargo, and there is none: install Rust from "
            "https://rustup.rs, or name a cargo by SIGNALHUB_CARGO, or a directory with "
            "libsignalhub.so and libsignalhub.a by SIGNALHUB_PREBUILT")
    endif()
    file(STRINGS Cargo.toml rust_version REGEX "^rust-version = " LIMIT_COUNT 1)
    string(REGEX MATCH "[0-9.]+" rust_version "${rust_version}")
    execute_process(COMMAND "${SIGNALHUB_CARGO}" -vV OUTPUT_VARIABLE cargo_version
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    if(cargo_version MATCHES "cargo ([0-9.]+)" AND CMAKE_MATCH_1 VERSION_LESS rust_version)
        message(FATAL_ERROR "signalhub needs Rust ${rust_version}, and ${SIGNALHUB_CARGO} is of "
            "${CMAKE_MATCH_1}: update it, or name another one by SIGNALHUB_CARGO")
    endif()
    set(triple "${SIGNALHUB_RUST_TARGET}")
    if(NOT triple)
        if(CMAKE_CROSSCOMPILING OR NOT cargo_version MATCHES "host: ([^\n]+)")
            message(FATAL_ERROR "signalhub: which triple is it to be built for? Say it by "
                "SIGNALHUB_RUST_TARGET")
        endif()
        set(triple "${CMAKE_MATCH_1}")
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
list(REMOVE_ITEM debug_flags "")
get_filename_component(real_source_dir "${PROJECT_SOURCE_DIR}" REALPATH) # cargo asks getcwd
set(release_flags ${debug_flags}
    "--remap-path-prefix=${cargo_home}=cargo"
    "--remap-path-prefix=${real_source_dir}=signalhub"
    "--remap-path-prefix=${PROJECT_BINARY_DIR}=build")

# The triple is said in any case, so that no configuration of cargo's can move what it makes.
string(TOUPPER "${triple}" name)
string(REPLACE - _ name "${name}")
set(environment "CARGO_TARGET_${name}_LINKER=${CMAKE_C_COMPILER}")
set(arguments --lib --target "${triple}" --target-dir "${PROJECT_BINARY_DIR}/cargo"
    ${SIGNALHUB_CARGO_FLAGS})
set(debug_arguments ${arguments})
set(release_arguments --release ${arguments})

file(GLOB_RECURSE sources CONFIGURE_DEPENDS src/*.rs)
file(GLOB lock CONFIGURE_DEPENDS Cargo.lock) # distributions with crates of their own remove it
list(APPEND sources ${lock} "${PROJECT_SOURCE_DIR}/Cargo.toml" "${PROJECT_SOURCE_DIR}/build.rs")

foreach(profile debug release)
    set(directory "${libraries}/${profile}")
    if(SIGNALHUB_PREBUILT)
        set(built "${SIGNALHUB_PREBUILT}")
        set(build)
        set(sources "${built}/libsignalhub.so" "${built}/libsignalhub.a")
    else()
        set(built "${PROJECT_BINARY_DIR}/cargo/${triple}/${profile}")
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
