#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace reduce {

/// A file of PATH that is executed by a name, or would be if it came first.
struct FoundProgram {
  std::string path;
  bool is_shim = false;
  dev_t device = 0;
  ino_t inode = 0;

  bool is_same_file(const FoundProgram& other) const {
    return device == other.device && inode == other.inode;
  }
};

/// All of that name in this process's PATH, in order; each file once.
std::vector<FoundProgram> found_programs(std::string_view name);

/// The path of this program's file that is likely to last: as it is found in PATH, else as the
/// kernel tells it. Empty where neither is known.
std::string own_program();

}  // namespace reduce
