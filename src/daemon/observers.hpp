#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/log.hpp"
#include "hooks/debug_log.hpp"
#include "hooks/event_feed.hpp"
#include "hooks/hook_chain.hpp"
#include "hooks/statistics.hpp"
#include "process/fed_program.hpp"

namespace reduce {

/// All that looks on at the reducer: the statistics and their file, the debug log, the feed of
/// events and the programs that it is told to. None of it can delay or change a run.
class Observers {
 public:
  struct Settings {
    std::string statistics_file;        ///< empty: they are not kept
    std::optional<std::string> debug;   ///< the file to log to; empty: stderr
    std::vector<std::string> programs;  ///< shell lines that are fed the events
  };

  /// `clock` outlives this. `key` makes digests useless elsewhere.
  Observers(boost::asio::io_context& io, Clock& clock, std::string key, Settings settings);

  /// Called once, before the first call is served.
  void start();
  Hooks& hooks() { return chain_; }
  const Statistics& statistics() const { return statistics_; }
  EventFeed& feed() { return feed_; }

  /// Statistics count from 0, and so does what is kept of them: at once.
  void reset_statistics();
  /// Something may have been counted: it is kept within a moment.
  void keep_soon();
  /// Keeps what was counted until now; what other daemons kept there counts from here on too.
  void keep_now();
  /// Keeps what was counted, and lets the programs end; `done` is called once they are gone.
  void finish(std::function<void()> done);

 private:
  void keep();
  void learn_of_others();
  void open_debug_log();
  void warn(const std::string& text);

  boost::asio::io_context& io_;
  Clock& clock_;
  const std::string key_;
  Settings settings_;
  Log stderr_{2};
  std::optional<Log> debug_file_;
  Statistics statistics_;
  EventFeed feed_;
  std::unique_ptr<DebugLog> debug_;
  HookChain chain_;
  std::vector<std::shared_ptr<FedProgram>> programs_;
  std::unique_ptr<Timer> keep_timer_;
  std::unique_ptr<Timer> log_timer_;
  bool keeps_ = true;       ///< false once keeping has failed
  bool was_reset_ = false;  ///< what is kept counts no more
  std::size_t running_programs_ = 0;
};

}  // namespace reduce
