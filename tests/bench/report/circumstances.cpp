#include <sys/utsname.h>
#include <unistd.h>

#include "measure/proc.hpp"
#include "report/report.hpp"

namespace bench {

Circumstances look_around(const std::string& mode) {
  Circumstances found;
  found.mode = mode;
  found.verdict = mode == "full";
  utsname system{};
  ::uname(&system);
  const std::string model = field_of("/proc/cpuinfo", "model name");
  const long megabytes = static_cast<long>(system_memory("MemTotal") / 1e6);
  found.machine = std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " cores" +
                  (model.empty() ? "" : " (" + model + ")") + ", " + std::to_string(megabytes) +
                  " MB, " + system.sysname + " " + system.release + " " + system.machine;
  const std::string load = read_file("/proc/loadavg");
  found.load = load.substr(0, load.find(' '));
  return found;
}

}  // namespace bench
