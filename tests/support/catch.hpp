#pragma once

// Catch2 2.13 (Debian bookworm) and 3.x have one interface here.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
