#include "client/request.hpp"

#include <array>

#include "client/own_command.hpp"
#include "wire/frame.hpp"
#include "wire/message.hpp"

namespace reduce {

Result<void> send_request(int socket, const Call& call, const Input& input, bool explain,
                          const AwaitRoom& await_room) {
  const OwnCommand command(call, input, explain);
  auto directory = open_own_directory();
  if (!directory) return directory.error();
  std::string prefix;
  put_run_prefix(prefix, command.view());
  const std::string_view args = command.view().args.bytes();
  const std::string_view env = command.view().env.bytes();
  std::string head;
  put_frame_head(head, MessageType::run, prefix.size() + args.size() + env.size());
  const auto part = [](std::string_view bytes) {
    return iovec{const_cast<char*>(bytes.data()), bytes.size()};
  };
  std::array<iovec, 4> parts{part(head), part(prefix), part(args), part(env)};
  const int descriptors[] = {directory->get(), input.descriptor()};
  const std::size_t count = input.descriptor() >= 0 ? 2 : 1;
  return send_all(socket, parts, {descriptors, count}, await_room);
}

}  // namespace reduce
