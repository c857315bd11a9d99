# SPDX-License-Identifier: MIT OR Apache-2.0
# Declares the targets, the same for a build and for an installed package.

# A library that is not there has an empty path. GLOBAL may follow.
function(signalhub_targets shared soname static c_headers cpp_headers)
    if(shared)
        add_library(signalhub::shared SHARED IMPORTED ${ARGN})
        set_target_properties(signalhub::shared PROPERTIES
            IMPORTED_LOCATION "${shared}"
            IMPORTED_SONAME "${soname}"
            INTERFACE_INCLUDE_DIRECTORIES "${c_headers}")
    endif()
    if(static)
        add_library(signalhub::static STATIC IMPORTED ${ARGN})
        set_target_properties(signalhub::static PROPERTIES
            IMPORTED_LOCATION "${static}"
            INTERFACE_INCLUDE_DIRECTORIES "${c_headers}"
            # What `rustc --print native-static-libs` says, but for gcc_s, which compilers add, and
            # which -static cannot have. As flags: a bare name may be a target of the project.
            INTERFACE_LINK_LIBRARIES "-lutil;-lrt;-lpthread;-lm;-ldl;-lc")
    endif()

    set(default signalhub::shared)
    if(NOT shared OR (static AND DEFINED BUILD_SHARED_LIBS AND NOT BUILD_SHARED_LIBS))
        set(default signalhub::static)
    endif()
    add_library(signalhub::signalhub INTERFACE IMPORTED ${ARGN})
    set_target_properties(signalhub::signalhub PROPERTIES INTERFACE_LINK_LIBRARIES ${default})

    add_library(signalhub::cpp INTERFACE IMPORTED ${ARGN})
    set_target_properties(signalhub::cpp PROPERTIES
        INTERFACE_COMPILE_FEATURES cxx_std_17
        INTERFACE_INCLUDE_DIRECTORIES "${cpp_headers}"
        INTERFACE_LINK_LIBRARIES signalhub::signalhub)
endfunction()
