#pragma once

#include <string>

namespace e2e {

/// A small file system in memory of this process's own, seen by all that it starts from then on.
class SmallDisk {
 public:
  /// At a new folder. `size` as mount(8) takes it for tmpfs.
  SmallDisk(std::string folder, const std::string& size);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;

  /// It could be made here: that takes privileges.
  bool is_there() const { return mounted_; }
  const std::string& folder() const { return folder_; }
  /// Nothing fits it any more.
  void fill() const;
  /// Takes back what fill() did.
  void clear() const;

 private:
  const std::string folder_;
  bool mounted_ = false;
};

}  // namespace e2e
