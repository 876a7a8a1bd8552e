#pragma once

#include <termios.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace reduce {

/// The terminal on stdin and stdout while it shows a view: keys come as they are pressed and
/// unechoed, the main screen is set aside, the cursor hidden. Keys that make signals still do.
class Terminal {
 public:
  /// Both are one.
  static bool is_there();

  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  /// It is as it was found.
  ~Terminal() { leave(); }

  void enter();
  void leave();

  struct Size {
    std::size_t rows = 24, columns = 80;
  };
  Size size() const;

  /// What to show from now on. Where the terminal is slow, it takes the place of what still waits.
  void show(std::string frame);
  /// A part of a frame waits until output() is writable.
  bool is_behind() const { return !pending_.empty(); }
  int output() const { return own_ ? own_.get() : STDOUT_FILENO; }
  /// Writes as much as the terminal takes now. False where it takes nothing any more.
  bool flush();

  /// The bytes that keys have made; nothing at the end of file. Only when stdin is readable.
  std::optional<std::string> read_keys() const;

 private:
  termios before_{};
  bool entered_ = false;
  UniqueFd own_;  ///< opened anew, so that it can be written without waiting
  std::string pending_, next_;
  bool is_cut_ = false;  ///< the beginning of pending_ is written
};

/// What is asked by keys of a view.
enum class Key { none, up, down, kill, forget, quit };

/// Makes keys of bytes, one after the other: the arrows are several bytes long.
class KeyReader {
 public:
  Key take(char byte);

 private:
  enum class State { plain, escape, sequence } state_ = State::plain;
};

}  // namespace reduce
