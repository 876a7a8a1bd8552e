#include "hooks/statistics.hpp"

namespace reduce {
namespace {

/// Programs that are counted one by one; those that come after them are counted together.
constexpr std::size_t kMostPrograms = 1000;
constexpr std::string_view kOtherPrograms = "(others)";
/// Of a program's name: a file's name has no more (NAME_MAX), but argv[0] may be anything.
constexpr std::size_t kLongestName = 255;

}  // namespace

Counts& Counts::operator+=(const Counts& more) {
  total += more.total;
  executed += more.executed;
  reduced += more.reduced;
  errors += more.errors;
  direct += more.direct;
  unshared += more.unshared;
  retried += more.retried;
  cancelled += more.cancelled;
  wait_timeouts += more.wait_timeouts;
  time_saved += more.time_saved;
  cpu_saved += more.cpu_saved;
  return *this;
}

Counts& Statistics::Record::program(std::string_view name) {
  name = name.substr(0, kLongestName);
  const auto found = programs.find(name);
  if (found != programs.end()) return found->second;
  const bool full = programs.size() >= kMostPrograms;
  return programs[std::string(full ? kOtherPrograms : name)];
}

void Statistics::Record::add(const Record& more) {
  totals += more.totals;
  for (const auto& [name, counts] : more.programs) program(name) += counts;
}

void Statistics::resume(Record record) {
  record_ = std::move(record);
  unkept_ = {};
  changed_ = false;
}

void Statistics::reset() {
  record_ = {};
  unkept_ = {};
  record_.since = clock_.time_of_day();
  changed_ = true;
}

template <class Change>
void Statistics::count(const CommandView& command, Change change) {
  const std::string_view name = program_name(command);
  for (Record* record : {&record_, &unkept_}) {
    change(record->totals);
    change(record->program(name));
  }
  changed_ = true;
}

void Statistics::apply(const Run& run) {
  count(run.command().view(), [](Counts& counts) { ++counts.total; });
}

void Statistics::execute(const Run& run) {
  count(run.command().view(), [&run](Counts& counts) {
    ++counts.executed;
    counts.unshared += !run.is_shared();
  });
}

void Statistics::reduce(const Run& run, const Caller&) {
  count(run.command().view(), [](Counts& counts) { ++counts.reduced; });
  // A run that has ended is shared still, and its end has been counted.
  if (run.outcome()) add_saved(run, 1);
}

void Statistics::retry(const Run& run) {
  count(run.command().view(), [](Counts& counts) { ++counts.retried; });
}

void Statistics::result(const Run& run) {
  add_saved(run, run.served() - 1);
}

void Statistics::error(const Run& run) {
  count(run.command().view(), [](Counts& counts) { ++counts.errors; });
  add_saved(run, run.served() - 1);
}

void Statistics::cancel(const Run& run) {
  count(run.command().view(), [](Counts& counts) { ++counts.cancelled; });
}

void Statistics::tire(const Run& run, const Caller&) {
  count(run.command().view(), [](Counts& counts) { ++counts.wait_timeouts; });
}

void Statistics::decline(const CommandView& command, const Place&, std::string_view) {
  count(command, [](Counts& counts) {
    ++counts.total;
    ++counts.direct;
  });
}

void Statistics::add_saved(const Run& run, std::uint32_t joined) {
  if (joined == 0) return;
  count(run.command().view(), [&run, joined](Counts& counts) {
    counts.time_saved += run.duration() * joined;
    counts.cpu_saved += run.cpu() * joined;
  });
}

}  // namespace reduce
