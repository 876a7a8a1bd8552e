// A daemon that is there and does nothing holds nobody up who has had enough.

#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/raw_client.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

constexpr unsigned char kNotice = 65;

Words command(const Sandbox& box) {
  return box.puppet({"out", "x\n", "exit", "3"});
}

/// Stands in a daemon's place, with room for one connection that is not accepted.
class FakeDaemon {
 public:
  explicit FakeDaemon(const Sandbox& box)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, box.socket().c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 0) == 0);
  }
  UniqueFd accept() const {
    UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(connection);
    return connection;
  }

 private:
  UniqueFd listener_;
};

int number_of(const UniqueFd& socket, unsigned long question) {
  int number = -1;
  REQUIRE(::ioctl(socket.get(), question, &number) == 0);
  return number;
}

/// Sends notices, each once the one before was taken, until their answers do not come any more:
/// nobody reads those.
void fill_with_answers(const UniqueFd& connection, const Started& caller) {
  const std::string notice = raw_frame(kNotice, std::string_view("\0\0\0\0", 4));
  for (int before = -1, now = number_of(connection, FIONREAD); now > before;) {
    before = now;
    send_raw(connection, notice);
    REQUIRE(eventually(
        [&] { return number_of(connection, SIOCOUTQ) == 0 && is_asleep(caller.pid()); }));
    now = number_of(connection, FIONREAD);
  }
}

const Words& some_options() {
  static const Words kWays[] = {{}, {"--"}, {"--stdin=none"}};
  return kWays[GENERATE(range(0, 3))];
}

}  // namespace

TEST_CASE("A second signal ends a caller whose answers nobody reads") {
  Sandbox box;
  const FakeDaemon daemon(box);
  Started caller = box.start(with(some_options(), command(box)));
  const UniqueFd connection = daemon.accept();
  fill_with_answers(connection, caller);
  const auto has_ended = [&] {
    caller.signal(SIGINT);
    return !caller.is_running();
  };
  CHECK(eventually(has_ended));
  CHECK(caller.finish() == signaled(SIGINT));
}
