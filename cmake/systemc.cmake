# SystemC's library carries the C++ standard it was built with in a symbol, and refuses to link with any other.
# Find the standard that links, and pin it on the one target that all SystemC code uses.
include(CheckCXXSourceCompiles)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)

set(TRICYCLE_SYSTEMC_STANDARD "")
foreach(standard 202002L 201703L 201402L)
  set(CMAKE_REQUIRED_LIBRARIES PkgConfig::SYSTEMC)
  set(CMAKE_REQUIRED_DEFINITIONS -DSC_CPLUSPLUS=${standard})
  check_cxx_source_compiles(
    "#include <systemc>\nint sc_main(int, char**) { sc_core::sc_start(); return 0; }"
    TRICYCLE_SYSTEMC_LINKS_AS_${standard})
  if(TRICYCLE_SYSTEMC_LINKS_AS_${standard})
    set(TRICYCLE_SYSTEMC_STANDARD ${standard})
    break()
  endif()
endforeach()
unset(CMAKE_REQUIRED_LIBRARIES)
unset(CMAKE_REQUIRED_DEFINITIONS)
if(NOT TRICYCLE_SYSTEMC_STANDARD)
  message(FATAL_ERROR
    "SystemC was found (${SYSTEMC_VERSION}), but a C++20 program does not link with it as a C++20, C++17 or C++14 "
    "build of the library. Install a SystemC built with one of these (Debian: libsystemc-dev), or point "
    "PKG_CONFIG_PATH at one.")
endif()
message(STATUS "SystemC ${SYSTEMC_VERSION}, linked as a build with SC_CPLUSPLUS=${TRICYCLE_SYSTEMC_STANDARD}")

add_library(tricycle_systemc INTERFACE)
target_link_libraries(tricycle_systemc INTERFACE PkgConfig::SYSTEMC)
# The library asks for sc_main of whoever links it; a program that uses no machine need not have one.
target_link_options(tricycle_systemc INTERFACE -Wl,--as-needed)
target_compile_definitions(tricycle_systemc INTERFACE
  SC_CPLUSPLUS=${TRICYCLE_SYSTEMC_STANDARD})
