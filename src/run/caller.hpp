#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <string>
#include <vector>

#include "command/outcome.hpp"
#include "run/clock.hpp"
#include "run/launcher.hpp"
#include "run/spool.hpp"

namespace reduce {

class Run;

/// One `reduce-run` that waits for a run: the core's side of a session. Owned by the session; the
/// reducer keeps no reference to it after Reducer::leave().
class Caller : public boost::intrusive::list_base_hook<
                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~Caller() = default;

  /// There is output past the cursor, or the outcome. Told once: again only after
  /// Run::wait_for_more(). May call Reducer::leave() for this caller, and for no other.
  virtual void progress() = 0;
  /// The run goes on without this caller, which holds up the others: tells it why and calls
  /// Reducer::leave().
  virtual void dismiss(const std::string& reason) = 0;

  const std::shared_ptr<Run>& run() const { return run_; }
  Role role() const { return role_; }
  /// How old the run was when this caller came.
  Duration age_at_join() const { return age_at_join_; }
  /// The runs that this caller's process is in: they wait for what it waits for.
  const std::vector<RunId>& chain() const { return chain_; }
  void set_chain(std::vector<RunId> chain) { chain_ = std::move(chain); }
  Cursor& cursor() { return cursor_; }
  const Cursor& cursor() const { return cursor_; }

 private:
  friend class Run;
  std::shared_ptr<Run> run_;
  Role role_ = Role::started;
  Duration age_at_join_{};
  std::vector<RunId> chain_;
  Cursor cursor_;
  TimePoint moved_{};  ///< when it last took something
};

}  // namespace reduce
