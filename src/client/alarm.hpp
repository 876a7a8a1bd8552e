#pragma once

#include <signal.h>
#include <unistd.h>

namespace reduce {

/// Interrupts waiting system calls after the time is up. The disposition before is restored. One at
/// a time.
class Alarm {
 public:
  explicit Alarm(unsigned seconds) {
    struct sigaction interrupt {};
    interrupt.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &interrupt, &before_);
    ::alarm(seconds);
  }
  ~Alarm() {
    ::alarm(0);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  Alarm(const Alarm&) = delete;

 private:
  struct sigaction before_ {};
};

}  // namespace reduce
