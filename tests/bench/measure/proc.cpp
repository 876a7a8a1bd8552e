#include "measure/proc.hpp"

#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "measure/trouble.hpp"

namespace bench {
namespace {

std::string proc(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

double kilobytes(const std::string& text) {
  return std::strtod(text.c_str(), nullptr) * 1024;
}

}  // namespace

double cpu_of(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  errno = ::clock_getcpuclockid(pid, &clock);
  if (errno != 0 || ::clock_gettime(clock, &time) != 0) fail("clock_getcpuclockid");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double cpu_of_children(pid_t pid) {
  const std::string stat = read_file(proc(pid, "stat"));
  // proc(5): the name, field 2, is in brackets and may hold anything. cutime and cstime are 16, 17.
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 16; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double memory_of(pid_t pid, const std::string& what) {
  return kilobytes(field_of(proc(pid, "status"), what));
}

void forget_peak(pid_t pid) {
  // proc(5): 5 resets the peak resident set size.
  std::ofstream(proc(pid, "clear_refs")) << "5";
}

double system_memory(const std::string& what) {
  return kilobytes(field_of("/proc/meminfo", what));
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string field_of(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    const auto colon = line.find(':');
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    const auto end = line.find_last_not_of(" \t", colon - 1);
    if (colon == std::string::npos || end + 1 != name.size()) continue;
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

}  // namespace bench
