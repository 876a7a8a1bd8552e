#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/exit_status.hpp"
#include "base/socket_path.hpp"
#include "base/statistics_path.hpp"
#include "daemon/options.hpp"
#include "daemon/own_process.hpp"
#include "daemon/server.hpp"
#include "daemon/service_manager.hpp"

namespace {

using namespace reduce;

/// Says why there is no daemon: on stderr, and to the client that started it.
int fail(const DaemonOptions& options, const Error& error) {
  std::fprintf(stderr, "reduced: %s\n", error.text.c_str());
  // A client that wants a daemon has one then.
  if (options.ready_fd >= 0 && error.code != EADDRINUSE) {
    const ssize_t ignored = ::write(options.ready_fd, error.text.data(), error.text.size());
    static_cast<void>(ignored);
  }
  return kExitOwnFailure;
}

Result<SocketClaim> claim_socket(const std::string& socket, std::optional<PassedSocket> passed,
                                 bool replace) {
  if (passed) return SocketClaim::adopt(socket, std::move(passed->listener));
  if (replace) {
    auto taken = SocketClaim::take_over(socket);
    if (!taken) return taken.error();
    if (*taken) return std::move(**taken);
  }
  return SocketClaim::take(socket);
}

int serve(DaemonOptions options) {
  const char* set = std::getenv("REDUCE_SOCKET");
  if (!options.socket && set != nullptr) options.socket = set;
  auto passed = take_passed_socket();
  if (!passed) return fail(options, passed.error());
  if (*passed) options.socket = (*passed)->path;
  const auto socket = choose_socket(options.socket, ::geteuid());
  if (!socket) return fail(options, socket.error());
  auto signals = prepare_own_process();
  if (!signals) return fail(options, signals.error());
  auto claim = claim_socket(*socket, std::move(*passed), options.replace);
  if (!claim) return fail(options, claim.error());
  options.server.observers.statistics_file = statistics_path(*socket);
  Server server(std::move(options.server), std::move(*claim), std::move(*signals));
  if (options.ready_fd >= 0) ::close(options.ready_fd);
  tell_service_manager("READY=1");
  server.run();
  tell_service_manager("STOPPING=1");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  auto options = reduce::parse_daemon_options(argc, argv);
  if (const int* status = std::get_if<int>(&options)) return *status;
  return serve(std::move(std::get<reduce::DaemonOptions>(options)));
}
