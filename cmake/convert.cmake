# The converter: linked into the command, never into the runtime library. What reads a format of its own needs a library
# for that; where one is missing the rest is built, and the command says which packages would help.
file(GLOB LINNET_CONVERT_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/convert/*.c
  ${CMAKE_SOURCE_DIR}/src/convert/passes/*.c ${CMAKE_SOURCE_DIR}/src/convert/import/*.c)
add_library(linnet_convert STATIC ${LINNET_CONVERT_SOURCES})
target_include_directories(linnet_convert PRIVATE ${CMAKE_SOURCE_DIR}/src PUBLIC ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(linnet_convert PRIVATE _GNU_SOURCE)
target_link_libraries(linnet_convert PRIVATE linnet_flags PUBLIC linnet)
