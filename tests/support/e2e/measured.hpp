#pragma once

#include <chrono>
#include <iostream>
#include <string>

namespace e2e {

/// One line on stdout, for those who keep the numbers. No test's verdict depends on them.
inline void tell_measured(const std::string& what) {
  std::cout << "measured: " << what << std::endl;
}

/// Time since this was made.
class StopWatch {
 public:
  std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin_);
  }
  std::string text() const { return std::to_string(elapsed().count()) + " ms"; }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace e2e
