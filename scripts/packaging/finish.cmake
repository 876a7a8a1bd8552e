# Run by CPack between installing and packing: what Debian compresses, and what it strips beside.
if(CPACK_GENERATOR STREQUAL "DEB")
  file(GLOB pages ${CPACK_TEMPORARY_DIRECTORY}/usr/share/man/*/*.[1-9]
    ${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/reduce/changelog*)
  foreach(page ${pages})
    execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  file(GLOB programs ${CPACK_TEMPORARY_DIRECTORY}/usr/bin/*)
  execute_process(COMMAND strip --remove-section=.comment --remove-section=.note ${programs}
    COMMAND_ERROR_IS_FATAL ANY)
endif()
