#include "rows/request.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <array>

#include "channel/socket.hpp"
#include "command/command.hpp"
#include "measure/trouble.hpp"
#include "wire/frame.hpp"
#include "wire/message.hpp"

namespace bench {
namespace {

std::string packed(const Words& words) {
  std::string bytes;
  for (const std::string& word : words) bytes.append(word).push_back('\0');
  return bytes;
}

}  // namespace

Request::Request(const Words& argv, const Words& environment)
    : args_(packed(argv)),
      environment_(packed(environment)),
      directory_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!directory_) fail("the working directory");
}

void Request::send(int socket) const {
  reduce::CommandView view;
  for (unsigned resource = 0; resource < view.limits.size(); ++resource) {
    ::prlimit(0, static_cast<__rlimit_resource>(resource), nullptr, &view.limits[resource]);
  }
  view.args = reduce::PackedStrings(args_);
  view.env = reduce::PackedStrings(environment_);
  std::string prefix;
  reduce::put_run_prefix(prefix, view);
  std::string head;
  reduce::put_frame_head(head, reduce::MessageType::run,
                         prefix.size() + args_.size() + environment_.size());
  const auto part = [](const std::string& bytes) {
    return iovec{const_cast<char*>(bytes.data()), bytes.size()};
  };
  std::array<iovec, 4> parts{part(head), part(prefix), part(args_), part(environment_)};
  const int descriptor = directory_.get();
  if (auto sent = reduce::send_all(socket, parts, {&descriptor, 1}); !sent) {
    throw Broken(sent.error().text);
  }
}

}  // namespace bench
