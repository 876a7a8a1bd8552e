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
  keep_soon();
}

void Observers::keep_soon() {
  if (keep_timer_ || settings_.statistics_file.empty() || !statistics_.take_changed()) return;
  keep_timer_ = clock_.after(kKeepDelay, [this] {
    keep_timer_.reset();
    keep();
  });
}

void Observers::keep() {
  statistics_.take_changed();
  const auto kept = save_statistics(settings_.statistics_file, statistics_.record());
  if (!kept && std::exchange(keeps_, false)) warn(kept.error().text);
  if (kept) keeps_ = true;
}

void Observers::keep_now() {
  if (!settings_.statistics_file.empty()) keep();
}

void Observers::stop_keeping() {
  keep_timer_.reset();
  settings_.statistics_file.clear();
}

void Observers::finish(std::function<void()> done) {
  if (std::exchange(log_timer_, nullptr)) (debug_file_ ? *debug_file_ : stderr_).flush();
  const bool unkept = keep_timer_ || statistics_.take_changed();
  keep_timer_.reset();
  if (unkept) keep_now();
  if (programs_.empty()) return done();
  running_programs_ = programs_.size();
  for (const auto& program : programs_) {
    program->finish(kProgramPatience, [this, done] {
      if (--running_programs_ == 0) done();
    });
  }
}

}  // namespace reduce
