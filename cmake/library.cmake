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
    elseif(file MATCHES "_avxvnni\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mavxvnni")
    elseif(file MATCHES "_avx512vnni\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512vnni;-mfma")
    elseif(file MATCHES "_amx\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512vnni;-mfma;-mamx-tile;-mamx-int8")
    elseif(file MATCHES "_avx512vbmi\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512vnni;-mavx512vbmi;-mfma")
    elseif(file MATCHES "_avx512\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mfma")
    endif()
  endforeach()
  # Otherwise GCC keeps addresses in vector registers: fetching one takes a multiplication's place in each turn.
  foreach(name gemm_f32_avx512 gemm_q8_avx512vnni gemm_q8_avx512vbmi winograd_q8_avx512vnni)
    set_property(SOURCE ${CMAKE_SOURCE_DIR}/src/kernels/x86/${name}.c APPEND PROPERTY COMPILE_OPTIONS "-mtune=skylake-avx512")
  endforeach()
  set_property(SOURCE ${CMAKE_SOURCE_DIR}/src/kernels/x86/gemm_f32_avx2.c APPEND PROPERTY COMPILE_OPTIONS "-mtune=haswell")
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64|ARM64|^arm")
  if(CMAKE_SIZEOF_VOID_P EQUAL 8)
    file(GLOB LINNET_ARM CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/kernels/arm/*_neon.c
      ${CMAKE_SOURCE_DIR}/src/kernels/arm/*_neon64.c ${CMAKE_SOURCE_DIR}/src/kernels/arm/*_dotprod.c
      ${CMAKE_SOURCE_DIR}/src/kernels/arm/*_i8mm.c)
  else()
    file(GLOB LINNET_ARM CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/kernels/arm/*_neon.c
      ${CMAKE_SOURCE_DIR}/src/kernels/arm/*_neon32.c)
    set_property(SOURCE ${LINNET_ARM} APPEND PROPERTY COMPILE_OPTIONS "-march=armv7-a;-mfpu=neon-vfpv4")
  endif()
  list(APPEND LINNET_SOURCES ${LINNET_ARM})
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # Loads moved up by GCC take the registers of the accumulators.
    set_property(SOURCE ${LINNET_ARM} APPEND PROPERTY COMPILE_OPTIONS "-fno-schedule-insns")
  endif()
  foreach(file ${LINNET_ARM})
    if(file MATCHES "_dotprod\\.c$")
      set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS "-march=armv8.2-a+dotprod")
    elseif(file MATCHES "_i8mm\\.c$")
      set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS "-march=armv8.2-a+i8mm")
    endif()
  endforeach()
endif()

# Files of packed weights are good for the kernels that made them only.
file(GLOB_RECURSE LINNET_PACKERS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/kernels/*.[ch] ${CMAKE_SOURCE_DIR}/src/ops/*.[ch])
set(LINNET_PACK_LAYOUT ${CMAKE_BINARY_DIR}/generated/model/pack_layout.h)
add_custom_command(OUTPUT ${LINNET_PACK_LAYOUT}
  COMMAND ${CMAKE_COMMAND} -D SOURCES=${CMAKE_SOURCE_DIR} -D OUTPUT=${LINNET_PACK_LAYOUT}
    -P ${CMAKE_SOURCE_DIR}/cmake/pack_layout.cmake
  DEPENDS ${LINNET_PACKERS} ${CMAKE_SOURCE_DIR}/cmake/pack_layout.cmake)

# All that others include and lint needs before anything is compiled.
add_custom_target(linnet_generated DEPENDS ${LINNET_PACK_LAYOUT})

add_library(linnet_objects OBJECT ${LINNET_SOURCES} ${LINNET_PACK_LAYOUT})
add_dependencies(linnet_objects linnet_generated)
target_include_directories(linnet_objects PUBLIC ${CMAKE_SOURCE_DIR}/include
  PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(linnet_objects PRIVATE _GNU_SOURCE TFL_COMPILE_LIBRARY)
target_link_libraries(linnet_objects PRIVATE linnet_flags Threads::Threads)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  foreach(file ${LINNET_SOURCES})
    if(file MATCHES "/src/kernels/")
      set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS "-O3")
    endif()
    # Plain loops are short: one that goes past the end of a line of instructions takes two cycles a turn in place of one.
    if(file MATCHES "/src/kernels/generic/")
      set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS "-falign-loops=32")
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
