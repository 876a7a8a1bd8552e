#include "client/life_watch.hpp"

#include "support/catch.hpp"

using reduce::LifeWatch;
using namespace std::chrono_literals;

TEST_CASE("A daemon hangs that has read nothing at any look") {
  LifeWatch watch;
  const LifeWatch::Moment begin{};
  CHECK_FALSE(watch.due());
  watch.begin(begin, 3, 5s);
  CHECK(watch.due() == begin + 5s);
  CHECK_FALSE(watch.look(begin + 5s, true));
  CHECK(watch.due() == begin + 10s);
  CHECK_FALSE(watch.look(begin + 10s, true));
  CHECK(watch.look(begin + 15s, true));
  CHECK_FALSE(watch.due());
}

TEST_CASE("One look counts once, however late it is") {
  LifeWatch watch;
  const LifeWatch::Moment begin{};
  watch.begin(begin, 2, 5s);
  CHECK_FALSE(watch.look(begin + 1h, true));
  CHECK(watch.due() == begin + 1h + 5s);
}

TEST_CASE("A daemon that has read once is not looked at any more, until that begins anew") {
  LifeWatch watch;
  const LifeWatch::Moment begin{};
  watch.begin(begin, 2, 5s);
  CHECK_FALSE(watch.look(begin + 5s, true));
  CHECK_FALSE(watch.look(begin + 10s, false));
  CHECK_FALSE(watch.due());
  watch.begin(begin + 20s, 1, 1s);
  CHECK(watch.due() == begin + 21s);
  CHECK(watch.look(begin + 21s, true));
}
