#pragma once

namespace reduce {

/// Descriptors that one more run may need: its directory, pipes, process and spool.
inline constexpr int kDescriptorsForRun = 12;
/// What must be left where one more connection is accepted: whoever has connected may still ask.
inline constexpr int kDescriptorsForCaller = 2 * kDescriptorsForRun;

/// Whether at least `count` more descriptors may be opened. `newest` is one that was just opened:
/// the kernel gives the lowest number that is free (open(2)), so mostly it tells all by itself.
bool has_room_for(int count, int newest);

/// The same where none was just opened.
bool has_room_for(int count);

}  // namespace reduce
