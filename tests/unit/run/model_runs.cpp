// A run from its start to its end. What is called note_… changes the model alone: the reducer is
// told afterwards, or has said so.
#include <utility>

#include "model.hpp"

namespace reduce::test {

using namespace std::chrono_literals;

/// The reducer launches a try. When it does so within a step is its own affair, whether it does is
/// not.
void World::on_launch(RunId id, const std::shared_ptr<ScriptedProcess>& process) {
  ModelRun* run = find(id);
  const bool wanted = run != nullptr && run->launch_due;
  expect(wanted, "a run was launched that should not be");
  if (!wanted) return;
  log(process ? "launch" : "launch fails", id);
  run->launch_due = false;
  if (!run->started) start(*run);
  run->process = process;
  if (!process) note_try_ended(*run, *launch_failure_);
}

/// Its first try: whoever comes now shares this run and none before it.
void World::start(ModelRun& run) {
  if (run.standing == Standing::queued) {
    for (const Standing before : {Standing::joinable, Standing::held}) {
      if (ModelRun* other = find(run.identity, before)) retire(*other);
    }
    run.standing = Standing::joinable;
  }
  run.awaited = nullptr;
  run.state = State::running;
  run.started = now_;
  ++totals_.executed;
  if (run.options.timeout) run.timeout = due(*run.options.timeout);
}

void World::write(ModelRun& run, bool at_once) {
  log(at_once ? "write" : "write unseen", run.id);
  const unsigned parts = at_once ? 1 + random(3) : 1;
  for (unsigned part = 0; part < parts; ++part) {
    const bool out = !one_in(3);
    std::string bytes(one_in(40) ? 300 + random(2000) : 1 + random(60), '\0');
    for (char& byte : bytes) byte = static_cast<char>((out ? 'a' : 'A') + random(26));
    (out ? run.out : run.err) += bytes;
    run.all += bytes;
    const Stream stream = out ? Stream::out : Stream::err;
    if (at_once) {
      run.process->write(stream, bytes, one_in(2) ? 1 << 20 : 10 + random(100));
    } else {
      expect(run.process->put(stream, bytes) == bytes.size(), "a pipe was full");
    }
  }
}

/// The process of the try at hand ends.
void World::end(ModelRun& run, const Outcome& outcome) {
  // What is left in its pipes first: callers may leave or come amid that.
  const auto process = run.process;
  process->offer(Stream::out);
  process->offer(Stream::err);
  log("process ends", run.id);
  const Duration cpu = some_time(10);
  run.cpu += cpu;
  note_try_ended(run, outcome);
  if (const auto* exited = std::get_if<Exited>(&outcome)) {
    process->end({*exited, cpu});
  } else {
    process->end({std::get<Signaled>(outcome), cpu});
  }
}

void World::note_try_ended(ModelRun& run, const Outcome& outcome) {
  if (run.timed_out) return note_end(run, TimedOut{run.killed});
  const bool again = run.tries_left > 0 && run.state == State::running && !run.interrupted &&
                     !is_success(outcome) && !std::holds_alternative<Broken>(outcome);
  if (!again) return note_end(run, outcome);
  if (run.process) past_tries_.push_back(std::exchange(run.process, nullptr));
  run.retry = due(run.options.retry_delay.value_or(0s));
}

/// From now on nobody comes to it.
void World::retire(ModelRun& run) {
  run.standing = Standing::alone;
  run.expiry.reset();
}

void World::note_stop(ModelRun& run) {
  const State state = run.state;
  retire(run);
  if (state != State::running && state != State::queued) return;
  run.state = State::stopping;
  if (run.is_live()) {
    run.signals.push_back(SIGTERM);
    run.kill = due(run.options.kill_after.value_or(5s));
  } else if (state == State::queued) {
    note_end(run, Broken{"the run was ended in the queue"});
  } else if (run.timed_out) {
    note_end(run, TimedOut{});
  } else {
    note_end(run, Signaled{SIGTERM});
  }
}

void World::note_end(ModelRun& run, const Outcome& outcome) {
  const bool held =
      run.standing == Standing::joinable && is_success(outcome) && run.ttl > Duration::zero();
  retire(run);
  if (held) {
    run.standing = Standing::held;
    run.expiry = due(run.ttl);
  }
  run.state = State::ended;
  run.outcome = outcome;
  run.awaited = nullptr;
  run.launch_due = false;
  for (auto* timer : {&run.timeout, &run.retry, &run.linger}) timer->reset();
  if (run.started) {
    run.duration = now_ - *run.started;
    totals_.errors += !is_success(outcome);
    count_saved(run, run.served - 1);
  } else {
    ++totals_.cancelled;
  }
  for (const auto& other : runs_) {
    if (other->awaited == &run) other->launch_due = true;
  }
}

void World::count_saved(const ModelRun& run, std::size_t joined) {
  totals_.time_saved += run.duration * joined;
  totals_.cpu_saved += run.cpu * joined;
}

}  // namespace reduce::test
