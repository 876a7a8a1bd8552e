#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "hooks/statistics.hpp"

namespace reduce {

/// What was kept; nothing where there is no file yet. A file that cannot be understood is set
/// aside, as PATH.damaged, and the error says so.
Result<std::optional<Statistics::Record>> load_statistics(const std::string& path);

/// Keeps the record, whole or not at all: beside the file first, then renamed. Makes the folder.
Result<void> save_statistics(const std::string& path, const Statistics::Record& record);

/// Adds `unkept` to what is kept there, by other daemons too, in the same way: the sum. Where
/// nothing is kept that can be understood, it is `whole`, of which `unkept` is a part.
Result<Statistics::Record> add_statistics(const std::string& path, const Statistics::Record& unkept,
                                          const Statistics::Record& whole);

}  // namespace reduce
