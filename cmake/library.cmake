# The library: one set of objects, once as libtensorflowlite_c.so and once as liblinnet.a.
file(GLOB LINNET_SOURCES CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/src/base/*.c ${CMAKE_SOURCE_DIR}/src/model/*.c ${CMAKE_SOURCE_DIR}/src/runtime/*.c
  ${CMAKE_SOURCE_DIR}/src/ops/*.c ${CMAKE_SOURCE_DIR}/src/kernels/generic/*.c ${CMAKE_SOURCE_DIR}/src/api/*.c
  ${CMAKE_SOURCE_DIR}/src/delegates/*.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  file(GLOB LINNET_X86 CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/kernels/x86/*.c)
  list(APPEND LINNET_SOURCES ${LINNET_X86})
  foreach(file ${LINNET_X86})
    if(file MATCHES "_avx2\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
    elseif(file MATCHES "_avx512vnni\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512vnni;-mfma")
    elseif(file MATCHES "_avx512vbmi\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512vbmi;-mfma")
    elseif(file MATCHES "_avx512\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mfma")
    endif()
  endforeach()
endif()

add_library(linnet_objects OBJECT ${LINNET_SOURCES})
target_include_directories(linnet_objects PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(linnet_objects PRIVATE _GNU_SOURCE TFL_COMPILE_LIBRARY)
target_link_libraries(linnet_objects PRIVATE linnet_flags Threads::Threads)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  foreach(file ${LINNET_SOURCES})
    if(file MATCHES "/src/kernels/")
      set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS "-O3")
    endif()
  endforeach()
endif()

add_library(tensorflowlite_c SHARED $<TARGET_OBJECTS:linnet_objects>)
set_target_properties(tensorflowlite_c PROPERTIES NO_SONAME OFF)
target_include_directories(tensorflowlite_c INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>)
target_link_libraries(tensorflowlite_c PRIVATE Threads::Threads m)
target_link_options(tensorflowlite_c PRIVATE
  -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/exports.map -Wl,--gc-sections)
set_target_properties(tensorflowlite_c PROPERTIES LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/exports.map)

add_library(linnet STATIC $<TARGET_OBJECTS:linnet_objects>)
target_include_directories(linnet INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>)
target_link_libraries(linnet INTERFACE Threads::Threads m)
