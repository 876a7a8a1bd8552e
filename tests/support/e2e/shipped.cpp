#include "support/e2e/shipped.hpp"

#include <cstdlib>
#include <filesystem>

namespace e2e {
namespace {

const std::filesystem::path kSource = REDUCE_TEST_SOURCE;

std::string stem_of(const std::string& file) {
  return std::filesystem::path(file).stem();
}

std::filesystem::path in_source(const std::string& file) {
  if (file == "README.md") return kSource / file;
  if (file.ends_with(".socket")) return kSource / "scripts/systemd" / file;
  if (file.ends_with(".service")) return std::filesystem::path(REDUCE_TEST_BUILD) / file;
  if (file.ends_with(".1")) return kSource / "cmd" / stem_of(file) / file;
  if (file.ends_with(".5")) return kSource / "cmd/reduce-run" / file;
  const std::string program = file.starts_with("_") ? file.substr(1) : stem_of(file);
  return kSource / "cmd" / program / "completions" / file;
}

std::filesystem::path in_share(const std::string& file) {
  if (file == "README.md") return "doc/reduce/README.md";
  if (file.ends_with(".socket") || file.ends_with(".service")) return "../lib/systemd/user/" + file;
  if (file.ends_with(".1")) return "man/man1/" + file;
  if (file.ends_with(".5")) return "man/man5/" + file;
  if (file.ends_with(".bash")) return "bash-completion/completions/" + stem_of(file);
  if (file.ends_with(".fish")) return "fish/vendor_completions.d/" + file;
  return "zsh/vendor-completions/" + file;
}

}  // namespace

std::string shipped_path(const std::string& file) {
  const char* share = std::getenv("REDUCE_TEST_SHARE");
  return share != nullptr ? std::filesystem::path(share) / in_share(file) : in_source(file);
}

}  // namespace e2e
