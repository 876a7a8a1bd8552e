#include "daemon/observers.hpp"

#include <fcntl.h>

#include "hooks/statistics_file.hpp"

namespace reduce {
namespace {

/// What a crash may lose.
constexpr Duration kKeepDelay = std::chrono::seconds(1);
/// How long hook programs may take to end once they have all lines.
constexpr Duration kProgramPatience = std::chrono::seconds(1);

}  // namespace

Observers::Observers(boost::asio::io_context& io, Clock& clock, std::string key, Settings settings)
    : io_(io),
      clock_(clock),
      key_(std::move(key)),
      settings_(std::move(settings)),
      statistics_(clock),
      feed_(clock, key_) {
  chain_.add(statistics_);
  chain_.add(feed_);
}

void Observers::start() {
  if (!settings_.statistics_file.empty()) {
    auto kept = load_statistics(settings_.statistics_file);
    if (!kept) warn(kept.error().text);
    if (kept && *kept) statistics_.resume(std::move(**kept));
  }
  if (settings_.debug) open_debug_log();
  for (const std::string& line : settings_.programs) {
    const auto program = std::make_shared<FedProgram>(
        io_, line, [this](std::uint64_t count) { return feed_.line_on_dropped(count); },
        [this](const std::string& text) { warn(text); });
    programs_.push_back(program);
    feed_.listen([program](std::string_view event) { program->feed(event); });
    program->start();
  }
}

void Observers::open_debug_log() {
  Log* log = &stderr_;
  if (!settings_.debug->empty()) {
    UniqueFd file(::open(settings_.debug->c_str(),
                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
    if (!file) return warn(system_error("cannot log to " + *settings_.debug).text);
    log = &debug_file_.emplace(std::move(file));
  }
  debug_ = std::make_unique<DebugLog>(clock_, key_, [this, log](std::string_view line) {
    log->gather(line);
    if (log_timer_) return;
    log_timer_ = clock_.after(LineQueue::kGathering, [this, log] {
      log_timer_.reset();
      log->flush();
    });
  });
  chain_.add(*debug_);
}

void Observers::warn(const std::string& text) {
  stderr_.write("reduced: " + text + "\n");
}

void Observers::reset_statistics() {
  statistics_.reset();
  was_reset_ = true;
  keep_now();
}

void Observers::keep_soon() {
  if (keep_timer_ || settings_.statistics_file.empty() || !statistics_.has_unkept()) return;
  keep_timer_ = clock_.after(kKeepDelay, [this] {
    keep_timer_.reset();
    keep();
  });
}

/// A daemon that drains and the one that serves by now keep in one place.
void Observers::keep() {
  const std::string& path = settings_.statistics_file;
  Result<Statistics::Record> kept = statistics_.record();
  if (was_reset_) {
    if (auto saved = save_statistics(path, *kept); !saved) kept = saved.error();
  } else {
    kept = add_statistics(path, statistics_.unkept(), statistics_.record());
  }
  if (!kept && std::exchange(keeps_, false)) warn(kept.error().text);
  if (!kept) return;
  statistics_.resume(std::move(*kept));
  keeps_ = true;
  was_reset_ = false;
}

void Observers::learn_of_others() {
  auto kept = load_statistics(settings_.statistics_file);
  if (kept && *kept) statistics_.resume(std::move(**kept));
}

void Observers::keep_now() {
  if (settings_.statistics_file.empty()) return;
  keep_timer_.reset();
  if (statistics_.has_unkept()) return keep();
  learn_of_others();
}

void Observers::finish(std::function<void()> done) {
  if (std::exchange(log_timer_, nullptr)) (debug_file_ ? *debug_file_ : stderr_).flush();
  if (statistics_.has_unkept()) keep_now();
  if (programs_.empty()) return done();
  running_programs_ = programs_.size();
  for (const auto& program : programs_) {
    program->finish(kProgramPatience, [this, done] {
      if (--running_programs_ == 0) done();
    });
  }
}

}  // namespace reduce
