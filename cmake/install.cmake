# make install: libraries, command, headers under the names that clients include, pkg-config and CMake package files, man
# pages, completions. Nothing that is installed knows where it lies: the prefix may be chosen, and moved, afterwards.
include(CMakePackageConfigHelpers)

install(TARGETS tensorflowlite_c linnet EXPORT linnet-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h"
  PATTERN "linnet/convert.h" EXCLUDE)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# find_package(Linnet): Linnet::tensorflowlite_c is the shared library, Linnet::linnet the static one.
set(LINNET_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/linnet)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/linnet-config.cmake.in
  ${CMAKE_BINARY_DIR}/package/linnet-config.cmake INSTALL_DESTINATION ${LINNET_PACKAGE_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/linnet-config-version.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT linnet-targets NAMESPACE Linnet:: DESTINATION ${LINNET_PACKAGE_DIR})
install(FILES ${CMAKE_BINARY_DIR}/package/linnet-config.cmake ${CMAKE_BINARY_DIR}/package/linnet-config-version.cmake
  DESTINATION ${LINNET_PACKAGE_DIR})

# pkg-config linnet; with --static the static library's needs too.
file(RELATIVE_PATH LINNET_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" LINNET_PC_TO_PREFIX "${LINNET_PC_TO_PREFIX}")
configure_file(${CMAKE_SOURCE_DIR}/cmake/linnet.pc.in ${CMAKE_BINARY_DIR}/package/linnet.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/package/linnet.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(NOT TARGET linnet_command)
  return()
endif()
install(TARGETS linnet_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The command writes its own pages and completions, one page for each cmd_NAME.c. An emulator runs one for elsewhere.
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  return()
endif()
set(LINNET_TEXTS)
# linnet_text(file what directory): `linnet --emit what` becomes `file`, installed into `directory`.
function(linnet_text file what directory)
  set(output ${CMAKE_BINARY_DIR}/package/${file})
  add_custom_command(OUTPUT ${output} COMMAND linnet_command --emit ${what} > ${output} DEPENDS linnet_command VERBATIM)
  install(FILES ${output} DESTINATION ${directory})
  set(LINNET_TEXTS ${LINNET_TEXTS} ${output} PARENT_SCOPE)
endfunction()
linnet_text(linnet bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
linnet_text(_linnet zsh ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
linnet_text(linnet.1 man ${CMAKE_INSTALL_MANDIR}/man1)
foreach(source ${LINNET_CLI_SOURCES})
  if(source MATCHES "/cmd_([a-z]+)\\.c$")
    linnet_text(linnet-${CMAKE_MATCH_1}.1 man-${CMAKE_MATCH_1} ${CMAKE_INSTALL_MANDIR}/man1)
  endif()
endforeach()
add_custom_target(linnet_texts ALL DEPENDS ${LINNET_TEXTS})
