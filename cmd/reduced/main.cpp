#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "base/exit_status.hpp"
#include "base/socket_path.hpp"
#include "base/statistics_path.hpp"
#include "daemon/options.hpp"
#include "daemon/own_process.hpp"
#include "daemon/server.hpp"
#include "daemon/service_manager.hpp"

namespace {

using namespace reduce;

/// The client that started this daemon, if one did, which waits for a word about how it went.
class Starter {
 public:
  explicit Starter(int pipe) : pipe_(pipe) {}
  void tell_ready() { tell("\n"); }
  void tell(std::string_view word) {
    const ssize_t ignored = ::write(pipe_.get(), word.data(), word.size());
    static_cast<void>(ignored);
    pipe_.reset();
  }

 private:
  UniqueFd pipe_;
};

/// Says why there is no daemon: on stderr, and to the client that started it.
int fail(Starter& starter, const Error& error) {
  std::fprintf(stderr, "reduced: %s\n", error.text.c_str());
  // A client that wants a daemon has one where another serves.
  if (error.code == EADDRINUSE) {
    starter.tell_ready();
  } else {
    starter.tell(error.text);
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

int serve(DaemonOptions options, Starter& starter) {
  const char* set = std::getenv("REDUCE_SOCKET");
  if (!options.socket && set != nullptr) options.socket = set;
  auto passed = take_passed_socket();
  if (!passed) return fail(starter, passed.error());
  if (*passed) options.socket = (*passed)->path;
  const auto socket = choose_socket(options.socket, ::geteuid());
  if (!socket) return fail(starter, socket.error());
  auto signals = prepare_own_process();
  if (!signals) return fail(starter, signals.error());
  auto claim = claim_socket(*socket, std::move(*passed), options.replace);
  if (!claim) return fail(starter, claim.error());
  options.server.observers.statistics_file = statistics_path(*socket);
  Server server(std::move(options.server), std::move(*claim), std::move(*signals));
  starter.tell_ready();
  tell_service_manager("READY=1");
  server.run();
  tell_service_manager("STOPPING=1");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  auto options = reduce::parse_daemon_options(argc, argv);
  if (const int* status = std::get_if<int>(&options)) return *status;
  auto& asked = std::get<reduce::DaemonOptions>(options);
  Starter starter(asked.ready_fd);
  try {
    return serve(std::move(asked), starter);
  } catch (const boost::system::system_error& fault) {
    // What the event loop is made of may not be had.
    return fail(starter, system_error("cannot serve", fault.code().value()));
  } catch (const std::bad_alloc&) {
    return fail(starter, make_error("out of memory: this daemon and its runs end"));
  }
}
