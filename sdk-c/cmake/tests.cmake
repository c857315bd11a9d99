# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes a test, named by its path, of every C and C++ program in tests and examples.

find_package(Threads REQUIRED)
file(GLOB programs CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}"
    tests/c/*.c tests/cpp/*.cpp examples/c/*.c examples/cpp/*.cpp)
enable_language(CXX)
set(CMAKE_C_STANDARD 99)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_EXTENSIONS OFF)

# Not everybody has libuv.
find_library(LIBUV uv)
find_path(LIBUV_INCLUDE uv.h)
if(NOT LIBUV OR NOT LIBUV_INCLUDE)
    message(STATUS "skipped: examples/cpp/event_loop.cpp, for there is no libuv")
    list(REMOVE_ITEM programs examples/cpp/event_loop.cpp)
endif()

foreach(source IN LISTS programs)
    string(REGEX REPLACE "[/.]" "-" program ${source})
    set(library signalhub::signalhub)
    if(source MATCHES "\\.cpp$")
        set(library signalhub::cpp)
    endif()
    add_executable(${program} ${source})
    target_include_directories(${program} PRIVATE tests/c)
    target_link_libraries(${program} PRIVATE ${library} Threads::Threads ${CMAKE_DL_LIBS})
    if(source STREQUAL examples/cpp/event_loop.cpp)
        target_include_directories(${program} PRIVATE "${LIBUV_INCLUDE}")
        target_link_libraries(${program} PRIVATE "${LIBUV}")
    endif()
    set(command ${program})
    if(source MATCHES "^examples/.*/(.*)\\.")
        set(command sh -c [["$1" >"$1.out" && diff "$2" "$1.out"]] --
            $<TARGET_FILE:${program}> "${PROJECT_SOURCE_DIR}/examples/${CMAKE_MATCH_1}.out")
    endif()
    add_test(NAME ${source} COMMAND ${command} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
endforeach()

add_library(plugin MODULE tests/cpp/plugins.cpp)
target_compile_definitions(plugin PRIVATE PLUGIN)
target_include_directories(plugin PRIVATE tests/c)
target_link_libraries(plugin PRIVATE signalhub::cpp Threads::Threads)
set_tests_properties(tests/cpp/plugins.cpp PROPERTIES
    ENVIRONMENT "SIGNALHUB_PLUGIN=$<TARGET_FILE:plugin>")
