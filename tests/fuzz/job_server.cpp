// A variable that may name a job server.
#include "command/job_server.hpp"

#include <vector>

#include "target.hpp"

using namespace reduce;

namespace {

using Words = std::vector<std::string_view>;

Words words_of(std::string_view text) {
  Words words;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find(' '), text.size());
    if (size > 0) words.push_back(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return words;
}

/// The value of a job server's word; empty for any other word.
std::string_view job_server_in(std::string_view word) {
  for (const std::string_view prefix : {"--jobserver-auth=", "--jobserver-fds="}) {
    if (word.starts_with(prefix)) return word.substr(prefix.size());
  }
  return {};
}

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool names_descriptors(std::string_view word) {
  const std::string_view value = job_server_in(word);
  const std::size_t comma = value.find(',');
  return comma != std::string_view::npos && is_number(value.substr(0, comma)) &&
         is_number(value.substr(comma + 1));
}

/// A job server's own word, or one whose value is neither that nor a path.
bool may_go(std::string_view word) {
  const std::string_view value = job_server_in(word);
  return !value.empty() && value.find_first_not_of("0123456789,-") == std::string_view::npos;
}

/// The words that stay, in order; of those that need not be there any may be gone.
void check_words(const Words& before, const Words& after) {
  std::size_t at = 0;
  for (const std::string_view word : before) {
    if (at < after.size() && after[at] == word) {
      EXPECT(!names_descriptors(word));
      ++at;
    } else {
      EXPECT(may_go(word));
    }
  }
  EXPECT(at == after.size());
}

}  // namespace

FUZZ_TARGET(job_server) {
  const auto changed = without_job_server(input);
  const bool is_named = input.starts_with("MAKEFLAGS=") || input.starts_with("CARGO_MAKEFLAGS=");
  EXPECT(is_named || !changed);
  if (!is_named) return;
  const std::size_t value = input.find('=') + 1;
  const std::string_view now = changed ? std::string_view(*changed) : input;
  EXPECT(now.substr(0, value) == input.substr(0, value));
  EXPECT(!changed || now.size() < input.size());
  EXPECT(!without_job_server(now));
  check_words(words_of(input.substr(value)), words_of(now.substr(value)));
}
