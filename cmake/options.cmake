# What every target of the project compiles with.
add_library(tricycle_options INTERFACE)
target_include_directories(tricycle_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_options(tricycle_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wsuggest-override
  -ffp-contract=off)  # the same bits on every machine: a multiply and an add stay two roundings
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A function that no header declares is its file's own and belongs in an anonymous namespace, where no other file can
  # have another of its name (cmake/odr.cmake).
  target_compile_options(tricycle_options INTERFACE -Wmissing-declarations)
  # g++ 12 warns of impossible copies inside its own std::string.
  target_compile_options(tricycle_options INTERFACE $<$<NOT:$<BOOL:${CMAKE_CXX_CLANG_TIDY}>>:-Wno-restrict>)
else()
  target_compile_options(tricycle_options INTERFACE -Wmissing-prototypes -Wmissing-variable-declarations)
endif()

set(TRICYCLE_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=")
if(TRICYCLE_SANITIZE)
  target_compile_options(tricycle_options INTERFACE
    -fsanitize=${TRICYCLE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(tricycle_options INTERFACE -fsanitize=${TRICYCLE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(tricycle_options INTERFACE -Wno-maybe-uninitialized)  # false alarms inside std::regex
  else()
    target_compile_options(tricycle_options INTERFACE
      -fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/cmake/sanitize-ignore.txt)
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
