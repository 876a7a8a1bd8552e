#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "client/json_members.hpp"

namespace reduce {

/// What happened while somebody listened: events in; rows, runs and marks out. It takes bounded
/// memory: what there is no room for is counted in the totals alone.
class Timeline {
 public:
  /// Since the recording began. What began before begins with it.
  using Micros = std::int64_t;

  struct Limits {
    std::size_t rows = 10'000;
    std::size_t runs = 100'000;
    std::size_t marks = 300'000;
  };

  /// All runs of one identity.
  struct Row {
    std::string command;
    std::string cwd;
    std::size_t lanes = 1;  ///< as many as never overlap in one
  };

  enum class End { in_flight, ok, failed, cancelled };
  struct Run {
    std::uint64_t id = 0;
    std::size_t row = 0;
    std::size_t lane = 0;
    std::optional<Micros> begin;  ///< nothing: it waited in the queue all the time
    Micros end = 0;
    Micros seen = 0;          ///< when it was heard of first
    double earlier_age = 0;   ///< seconds that it had run for when the recording began
    double duration = 0;      ///< seconds, as the daemon says
    std::uint64_t joins = 0;  ///< that were recorded
    std::uint64_t callers = 0;
    std::uint64_t output = 0;
    End how = End::in_flight;
    std::string ending;  ///< in words, such as `exit 1`; empty while in flight
  };

  enum class Kind { queue, join, leave, retry, cancel, tire, dropped, direct };
  static constexpr std::size_t kNoRun = static_cast<std::size_t>(-1);
  struct Mark {
    Kind kind;
    std::size_t run;  ///< kNoRun for those of no run
    Micros at;
    std::uint64_t count;  ///< callers, or how many events were dropped
  };

  struct Totals {
    std::uint64_t calls = 0, executed = 0, joined = 0, errors = 0, direct = 0;
    std::uint64_t dropped = 0;   ///< events that the daemon dropped, this reader being slow
    std::uint64_t not_kept = 0;  ///< runs and marks that there was no room for
    double saved = 0;            ///< seconds: for each join, the run's
  };

  /// `begin`: the time of day, in seconds.
  explicit Timeline(double begin) : Timeline(begin, Limits()) {}
  Timeline(double begin, const Limits& limits) : begin_(begin), limits_(limits) {}

  /// One event, as a line of JSON. What is none is ignored.
  void take(std::string_view line);
  /// Nothing more comes: what is in flight goes on to the end, and runs are put into lanes.
  void finish(double end);

  double begin() const { return begin_; }
  Micros end() const { return end_; }
  const std::vector<Row>& rows() const { return rows_; }
  const std::vector<Run>& runs() const { return runs_; }
  const std::vector<Mark>& marks() const { return marks_; }
  const Totals& totals() const { return totals_; }

 private:
  struct Moment;
  Micros micros(double time) const;
  void take_event(const std::string& name, const Moment& moment);
  std::size_t row_of(const Json& json);
  std::size_t run_of(const Json& json, Micros at);
  void take_running(const Moment& moment);
  void take_join(const Moment& moment);
  void take_end(const Moment& moment, End how);
  void mark(Kind kind, std::size_t run, Micros at, std::uint64_t count = 0);
  void lay_out();

  const double begin_;
  const Limits limits_;
  Micros end_ = 0;
  std::vector<Row> rows_;
  std::vector<Run> runs_;
  std::vector<Mark> marks_;
  Totals totals_;
  std::unordered_map<std::string, std::size_t> row_by_identity_;
  std::unordered_map<std::uint64_t, std::size_t> run_by_id_;
};

}  // namespace reduce
