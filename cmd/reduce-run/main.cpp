#include <variant>

#include "client/call.hpp"
#include "client/client.hpp"
#include "client/query.hpp"

int main(int argc, char** argv) {
  const auto asked = reduce::read_command_line(argc, argv);
  if (const auto* call = std::get_if<reduce::Call>(&asked)) return reduce::carry_out(*call);
  if (const auto* question = std::get_if<reduce::Question>(&asked)) return reduce::ask(*question);
  return std::get<int>(asked);
}
