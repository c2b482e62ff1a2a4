# One name, one thing. Two types of one name in two files, or a variable or function declared in two ways, compile and
# link, and the program then does one of two things in both places. The link-time optimizer of g++ sees both: with
# TRICYCLE_CHECK_LINKS the target `odr` merges the objects of the whole project, without generating code for any, and
# fails where two contradict each other. tests/odr holds objects that do, so that this cannot stop working unnoticed.
# The preset odr compiles with -g1: without line numbers g++ 12's optimizer dies when it writes some merged objects.
option(TRICYCLE_CHECK_LINKS "a target odr that fails where two files define one name in two ways" OFF)
if(TRICYCLE_CHECK_LINKS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    message(FATAL_ERROR "TRICYCLE_CHECK_LINKS needs g++: ${CMAKE_CXX_COMPILER_ID} has no such check")
  endif()
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()

# check_links(NAME TARGETS ...): a target that merges the objects of others.
function(check_links name)
  set(objects "")
  foreach(target IN LISTS ARGN)
    list(APPEND objects $<TARGET_OBJECTS:${target}>)
  endforeach()
  # Every program has a main.
  add_custom_command(OUTPUT ${name}.o
    COMMAND ${CMAKE_CXX_COMPILER} -O0 -flto -r -flinker-output=rel -Wl,-z,muldefs
            -Werror=odr -Werror=lto-type-mismatch -o ${name}.o ${objects}
    DEPENDS ${objects} COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(${name} DEPENDS ${name}.o)
endfunction()

# all_targets(RESULT): the libraries and programs of this folder and those within.
function(all_targets result)
  set(folders ${CMAKE_CURRENT_SOURCE_DIR})
  set(found "")
  while(folders)
    list(POP_FRONT folders folder)
    get_property(within DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    list(APPEND folders ${within})
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
      get_target_property(type ${target} TYPE)
      if(type MATCHES "^(STATIC|OBJECT)_LIBRARY|EXECUTABLE$")
        list(APPEND found ${target})
      endif()
    endforeach()
  endwhile()
  set(${result} ${found} PARENT_SCOPE)
endfunction()
