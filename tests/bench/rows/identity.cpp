// What the identity costs, as a part of what a whole call costs: making the request, sending it
// over a socket, reading it, building the identity, and finding it equal to another.

#include <sys/socket.h>

#include <algorithm>
#include <functional>

#include "channel/inbox.hpp"
#include "channel/socket.hpp"
#include "command/identity.hpp"
#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/trouble.hpp"
#include "report/format.hpp"
#include "rows/contest.hpp"
#include "rows/request.hpp"
#include "wire/message.hpp"

namespace bench {
namespace {

class Way {
 public:
  explicit Way(const World& world) : request_({"true"}, world.environment("socket")) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
    client_.reset(ends[0]);
    daemon_.reset(ends[1]);
    place_.cwd_path = "/home/somebody/project";
    // The one in flight.
    go();
    other_ = identity_;
  }

  /// One request on its way into the daemon's table. Returns the seconds of the identity alone.
  double go() {
    request_.send(client_.get());
    if (inbox_.receive(daemon_.get()) != reduce::Inbox::Arrival::bytes) fail("receive");
    const Moment begin = Clock::now();
    const auto message = inbox_.next();
    if (!message || !*message) throw Broken("a request does not come in one piece");
    const auto command = reduce::parse_run((*message)->body);
    if (!command) throw Broken(command.error().text);
    reduce::identify(*command, place_, identity_);
    const bool found = std::hash<std::string>()(identity_) != 0 && identity_ == other_;
    const double taken = seconds_since(begin);
    if (!found && !other_.empty()) throw Broken("equal requests have different identities");
    inbox_.take_descriptor();
    return taken;
  }

 private:
  Request request_;
  UniqueFd client_;
  UniqueFd daemon_;
  reduce::Inbox inbox_{1 << 20};
  reduce::Place place_;
  reduce::Identity identity_;
  reduce::Identity other_;
};

}  // namespace

void measure_identity(const World& world, Results& results) {
  Way way(world);
  std::vector<double> whole;
  std::vector<double> building;
  for (int n = 0; n < world.sizes().identities; ++n) {
    const Moment begin = Clock::now();
    building.push_back(way.go());
    whole.push_back(seconds_since(begin));
  }
  const Daemon daemon(world, "identity");
  std::vector<Contestant> call;
  call.push_back({"reduce-run true", world.call(daemon, {"true"})});
  warm_up(call);
  take_turns(call, world.sizes().calls);

  const double called = summarize(call[0].times).median;
  Row row;
  row.what = "building, sending and comparing the identity";
  row.peer = "whole call";
  row.unit = "us";
  row.ours = scaled(summarize(whole), 1e6);
  row.theirs = scaled(summarize(call[0].times), 1e6);
  row.judged = scaled(summarize(whole), 100 / called);
  row.judged_unit = "%";
  row.goal = 1;
  results.rows.push_back(row);
  const double built = summarize(building).median;
  results.notes.push_back("of the identity's time, reading, building and comparing take " +
                          in_microseconds(built) + " (" + in_digits(100 * built / called) +
                          " % of a call), sending the request of 6 KB with a descriptor the rest");
}

}  // namespace bench
