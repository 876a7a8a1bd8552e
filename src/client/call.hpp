#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/settings.hpp"
#include "command/command.hpp"

namespace reduce {

/// What a user asked of `reduce-run` with a command: the command's words and all that was set.
struct Call {
  char** words = nullptr;              ///< ended by a null pointer, at least one before it
  std::vector<std::string> own_words;  ///< where `words` are not those of the command line
  std::vector<char*> own_pointers;
  Settings settings;
  std::optional<std::string> socket;  ///< of --socket or REDUCE_SOCKET; else the standard one
  bool off = false;                   ///< REDUCE_OFF: as if reduce-run were not there
};

/// A command of reduce-run's own: a question to the daemon itself, or to this program.
struct Question {
  enum class Kind {
    stats,
    list,
    stop,
    kill,
    forget,
    explain,
    events,
    top,
    trace,
    timeline,
    doctor,
    shell_init,
    shims
  } kind = Kind::stats;
  enum class Form { table, json, prometheus } form = Form::table;
  bool detail = false;  ///< of stats: by program too
  std::optional<std::string> socket;
  /// Of kill and forget: the run's id; of stats: `reset` or nothing; of trace and timeline: the
  /// file to write; of shell_init: the shell; of shims: the folder.
  std::string argument;
  std::optional<Duration> duration;   ///< of trace and timeline: without, until interrupted
  Call call;                          ///< of explain
  std::vector<std::string> commands;  ///< of shell_init and shims: command lines
};

/// Reads a command line, and what the environment and the config file say of reduce: the first wins
/// over the second, that over the third. The status to exit with where help or version were asked
/// or something is wrong: that has been said already then.
std::variant<Call, Question, int> read_command_line(int argc, char** argv);

}  // namespace reduce
