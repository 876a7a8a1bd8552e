# `cpack -G DEB` and `cpack -G TGZ` of a build folder: see scripts/package.
set(CPACK_PACKAGE_NAME reduce)
set(CPACK_PACKAGE_VENDOR "The reduce authors")
set(CPACK_PACKAGE_CONTACT "The reduce authors <reduce@localhost.localdomain>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "run identical commands once, for everybody who asks")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PACKAGE_DESCRIPTION
"Put reduce-run in front of an expensive command, and everybody who starts the
same command at the same time shares one process: same output, same exit
status, from the first byte. A small daemon for each user runs what is asked
for, and is started when it is needed.
.
It is no cache, no lock and no queue: results end with the run, and nobody
waits for nothing.")

string(TOLOWER "reduce-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}"
  CPACK_PACKAGE_FILE_NAME)
set(CPACK_SOURCE_GENERATOR)
# A Debian package is compressed and stripped further.
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/finish.cmake)
include(CPack)

set(doc_folder ${CMAKE_INSTALL_DATADIR}/doc/reduce)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${doc_folder})
if(REDUCE_DEBIAN)
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/copyright DESTINATION ${doc_folder})
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/CHANGELOG.md DESTINATION ${doc_folder} RENAME changelog)
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/changelog DESTINATION ${doc_folder}
    RENAME changelog.Debian)
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/lintian-overrides
    DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME reduce)
else()
  # NOTICES: of the libraries whose code is in the programs.
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${CMAKE_CURRENT_LIST_DIR}/CHANGELOG.md
    DESTINATION ${doc_folder})
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/copyright DESTINATION ${doc_folder} RENAME NOTICES)
endif()
