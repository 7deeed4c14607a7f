# The converter: linked into the command, never into the runtime library. What reads a format of its own needs a library
# for that; where one is missing the rest is built, and the command says which packages would help.
file(GLOB LINNET_CONVERT_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/convert/*.c
  ${CMAKE_SOURCE_DIR}/src/convert/passes/*.c)
add_library(linnet_convert STATIC ${LINNET_CONVERT_SOURCES})
target_include_directories(linnet_convert PRIVATE ${CMAKE_SOURCE_DIR}/src PUBLIC ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(linnet_convert PRIVATE _GNU_SOURCE)
target_link_libraries(linnet_convert PRIVATE linnet_flags PUBLIC linnet)

# TensorFlow's files need protobuf-c.
set(LINNET_CONVERT_MISSING)
find_package(PkgConfig QUIET)
find_program(PROTOC_C protoc-c)
if(PkgConfig_FOUND)
  pkg_check_modules(PROTOBUF_C QUIET IMPORTED_TARGET libprotobuf-c)
endif()
file(GLOB LINNET_TF_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/convert/import/tf_*.c)
if(PROTOC_C AND PROTOBUF_C_FOUND AND NOT CMAKE_CROSSCOMPILING)
  set(LINNET_PROTO_DIR ${CMAKE_BINARY_DIR}/proto)
  file(MAKE_DIRECTORY ${LINNET_PROTO_DIR})
  add_custom_command(OUTPUT ${LINNET_PROTO_DIR}/tensorflow.pb-c.c ${LINNET_PROTO_DIR}/tensorflow.pb-c.h
    COMMAND ${PROTOC_C} --c_out=${LINNET_PROTO_DIR} -I${CMAKE_SOURCE_DIR}/src/convert/import tensorflow.proto
    DEPENDS ${CMAKE_SOURCE_DIR}/src/convert/import/tensorflow.proto VERBATIM)
  add_custom_target(linnet_generated DEPENDS ${LINNET_PROTO_DIR}/tensorflow.pb-c.h)
  add_library(linnet_proto OBJECT ${LINNET_PROTO_DIR}/tensorflow.pb-c.c)
  target_link_libraries(linnet_proto PUBLIC PkgConfig::PROTOBUF_C)
  target_include_directories(linnet_proto SYSTEM INTERFACE ${LINNET_PROTO_DIR})
  target_sources(linnet_convert PRIVATE ${LINNET_TF_SOURCES} $<TARGET_OBJECTS:linnet_proto>)
  add_dependencies(linnet_convert linnet_proto)
  target_include_directories(linnet_convert SYSTEM PRIVATE ${LINNET_PROTO_DIR})
  target_link_libraries(linnet_convert PRIVATE PkgConfig::PROTOBUF_C)
  target_compile_definitions(linnet_convert PRIVATE LINNET_HAVE_PROTOBUF_C)
else()
  add_custom_target(linnet_generated)
  list(APPEND LINNET_CONVERT_MISSING "libprotobuf-c-dev, protobuf-c-compiler")
endif()
list(JOIN LINNET_CONVERT_MISSING ", " LINNET_CONVERT_MISSING)
target_compile_definitions(linnet_convert PRIVATE LINNET_CONVERT_MISSING="${LINNET_CONVERT_MISSING}")
