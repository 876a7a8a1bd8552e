# What every target of ours is compiled with: the interface library `reduce_options`.
add_library(reduce_options INTERFACE)
target_include_directories(reduce_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(reduce_options INTERFACE
  _GNU_SOURCE REDUCE_VERSION="${PROJECT_VERSION}"
  BOOST_PROCESS_USE_STD_FS BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
target_compile_options(reduce_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
  -ffunction-sections -fdata-sections
  $<$<BOOL:${REDUCE_DEVELOPER}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns of std::string's own code (its bugs 105329 and 105651).
  target_compile_options(reduce_options INTERFACE -Wno-restrict -Wno-array-bounds)
endif()
target_link_options(reduce_options INTERFACE -Wl,--gc-sections)
if(REDUCE_SANITIZE)
  # To look at an object's type it opens a pipe, and takes it for a fault where there are no descriptors:
  # tests see to that.
  target_compile_options(reduce_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(reduce_options INTERFACE -fsanitize=address,undefined)
  set(REDUCE_STATIC_CLIENT OFF)
endif()

# Boost's headers are not ours: no warnings from them.
get_target_property(boost_folder Boost::headers INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(reduce_options SYSTEM INTERFACE ${boost_folder})
