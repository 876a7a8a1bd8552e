#include "client/shims.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "base/exit_status.hpp"
#include "base/unique_fd.hpp"
#include "client/found_programs.hpp"
#include "client/print.hpp"
#include "client/say.hpp"
#include "client/shared_programs.hpp"
#include "client/shim_text.hpp"
#include "command/shim.hpp"

namespace reduce {
namespace {

/// As mkdir -p, each folder with mode 0755 by the umask. What is wrong shows when files are made.
void make_folder(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), 0755);
  ::mkdir(path.c_str(), 0755);
}

/// Whether a shim may have this path: nothing is there, or a shim. A link is somebody's own, even
/// where it leads to one.
Result<void> check_place(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return system_error(path);
  }
  const bool is_shim =
      S_ISREG(found.st_mode) && kind_of_file(AT_FDCWD, path.c_str()) == FileKind::shim;
  if (!is_shim) return make_error(path + " is there, and no shim: nothing was written");
  return {};
}

/// A shim that is written beside its place. Without publish(), nothing is left of it.
class StagedShim {
 public:
  static Result<StagedShim> write(const std::string& folder, const std::string& name,
                                  const std::string& text) {
    StagedShim shim(folder + "/" + name, folder + "/." + name + ".XXXXXX");
    UniqueFd file(::mkostemp(shim.beside_.data(), O_CLOEXEC));
    if (!file) {
      shim.beside_.clear();
      return system_error("cannot write to " + folder);
    }
    const ssize_t put = ::write(file.get(), text.data(), text.size());
    if (put != static_cast<ssize_t>(text.size()) || ::fchmod(file.get(), 0755) != 0) {
      return system_error("cannot write " + shim.path_);
    }
    return shim;
  }
  StagedShim(StagedShim&& other) noexcept
      : path_(std::move(other.path_)), beside_(std::exchange(other.beside_, {})) {}
  StagedShim& operator=(StagedShim&&) = delete;
  ~StagedShim() {
    if (!beside_.empty()) ::unlink(beside_.c_str());
  }

  Result<void> publish() {
    if (::rename(beside_.c_str(), path_.c_str()) != 0) return system_error("cannot write " + path_);
    beside_.clear();
    return {};
  }
  const std::string& path() const { return path_; }

 private:
  StagedShim(std::string path, std::string beside)
      : path_(std::move(path)), beside_(std::move(beside)) {}

  std::string path_;
  std::string beside_;
};

/// The paths of what was written, one a line.
Result<std::string> write_all(const std::string& folder,
                              const std::vector<SharedProgram>& programs) {
  for (const SharedProgram& program : programs) {
    if (auto place = check_place(folder + "/" + program.name); !place) return place.error();
  }
  make_folder(folder);
  const std::string own = own_program();
  std::vector<StagedShim> staged;
  for (const SharedProgram& program : programs) {
    auto shim = StagedShim::write(folder, program.name, shim_text(program, own));
    if (!shim) return shim.error();
    staged.push_back(std::move(*shim));
  }
  std::string written;
  for (StagedShim& shim : staged) {
    if (auto published = shim.publish(); !published) return published.error();
    written += shim.path() + "\n";
  }
  return written;
}

/// Why a caller that goes by PATH does not meet this shim; empty where it does.
std::string objection_to(const std::string& folder, const std::string& name) {
  struct stat shim {};
  if (::stat((folder + "/" + name).c_str(), &shim) != 0) return {};
  std::string before;
  for (const FoundProgram& found : found_programs(name)) {
    const bool is_own = found.device == shim.st_dev && found.inode == shim.st_ino;
    if (is_own) return before.empty() ? before : before + " comes before it in PATH";
    if (!found.is_shim && before.empty()) before = found.path;
  }
  return folder + " is not in PATH";
}

/// What puts a folder in front of PATH, for a shell.
std::string export_line(const std::string& folder) {
  const bool is_plain = folder.find_first_of("'\"\\$`!") == std::string::npos;
  return is_plain ? "export PATH=\"" + folder + ":$PATH\""
                  : "export PATH=" + posix_quoted(folder) + ":\"$PATH\"";
}

/// One line for each reason, not for each shim.
void hint(const std::string& folder, const std::vector<SharedProgram>& programs) {
  std::string last;
  for (const SharedProgram& program : programs) {
    const std::string objection = objection_to(folder, program.name);
    if (objection.empty() || objection == last) continue;
    say("the shim " + folder + "/" + program.name + " is not met yet: " + objection +
        "; see to it with: " + export_line(folder));
    last = objection;
  }
}

int refuse(const std::string& why) {
  say("--shims: " + why);
  return kExitOwnFailure;
}

}  // namespace

int write_shims(std::string folder, const std::vector<std::string>& commands) {
  std::error_code unknown;
  const auto absolute = std::filesystem::absolute(folder, unknown);
  // An empty name is a mistake, and refused as one.
  if (!folder.empty() && !unknown) folder = absolute.lexically_normal();
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  const auto programs = shared_programs(commands);
  if (!programs) return refuse(programs.error().text);
  const auto written = write_all(folder, *programs);
  if (!written) return refuse(written.error().text);
  hint(folder, *programs);
  return print(*written);
}

}  // namespace reduce
