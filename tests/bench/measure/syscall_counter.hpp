#pragma once

#include <map>
#include <string>

#include "measure/process.hpp"

namespace bench {

/// How often each system call was made.
using SyscallCounts = std::map<long, long>;

/// By ptrace(2): all that a program does from its start to its end. Throws Impossible where tracing
/// is not allowed.
SyscallCounts count_of_program(const Program& program);

/// By ptrace(2): what a child of this process does while `program` is run `times` times. What its
/// own children do is not in it.
SyscallCounts count_of_process(pid_t pid, const Program& program, int times);

/// The kernel's name for a system call.
std::string syscall_name(long number);

}  // namespace bench
