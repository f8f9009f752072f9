# The ROS 2 wheels export include folders of the machine that built them. CMake refuses an imported
# target with a folder that does not exist, so those entries are dropped. Does nothing on apt ROS 2.

function(drop_missing_includes folder)
  get_property(targets DIRECTORY "${folder}" PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(includes "${target}" INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT includes)
      continue()
    endif()
    set(present "")
    foreach(include IN LISTS includes)
      if(include MATCHES "^\\$<" OR EXISTS "${include}")
        list(APPEND present "${include}")
      endif()
    endforeach()
    set_target_properties("${target}" PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${present}")
  endforeach()
endfunction()
