#include "daemon/about.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/socket_path.hpp"

namespace reduce {
namespace {

using Json = nlohmann::ordered_json;

Json own_limit(__rlimit_resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return nullptr;
  return limit.rlim_cur;
}

}  // namespace

std::string about_json(const ServerSettings& settings, std::size_t runs, std::size_t callers) {
  const Json about = {{"version", REDUCE_VERSION},
                      {"protocol", kProtocolVersion},
                      {"pid", ::getpid()},
                      {"runs", runs},
                      {"callers", callers},
                      {"limits",
                       {{"runs", settings.runs},
                        {"callers", settings.callers},
                        {"connections", settings.connections},
                        {"spool_bytes", settings.spool.run_limit},
                        {"spool_total_bytes", settings.spool.total_limit},
                        {"open_files", own_limit(RLIMIT_NOFILE)},
                        {"processes", own_limit(RLIMIT_NPROC)}}},
                      {"spool_folder", settings.spool.folder},
                      {"statistics_file", settings.observers.statistics_file}};
  return about.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace reduce
