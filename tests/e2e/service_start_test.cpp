// A daemon is started through the user's service manager, where one answers and knows the unit. The
// manager here is a script in systemctl's place, for a user of the test's own, so these tests need
// root.

#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// A user that nobody is, another one in each process.
const uid_t kUser = 2'000'000'000u + static_cast<uid_t>(::getpid());

/// That user's runtime folder with a service manager in it.
class Manager {
 public:
  explicit Manager(const Sandbox& box) : box_(box) {
    for (const char* folder : {"", "/systemd"}) {
      std::filesystem::create_directories(folder_ + folder);
      REQUIRE(::chown((folder_ + folder).c_str(), kUser, kUser) == 0);
      ::chmod((folder_ + folder).c_str(), 0700);
    }
    std::filesystem::copy_file(Sandbox::program("reduce-run"), box.path("reduce-run"));
    std::filesystem::copy_file(Sandbox::program("reduced"), box.path("reduced"));
    REQUIRE(::chown(box.folder().c_str(), kUser, kUser) == 0);
  }
  ~Manager() {
    run({"--stop"});
    eventually([&] { return !std::filesystem::exists(folder_ + "/reduce/v1.sock"); });
    std::filesystem::remove_all(folder_);
    static_cast<void>(::chown(box_.folder().c_str(), 0, 0));
  }
  Manager(const Manager&) = delete;

  void answers() const { std::ofstream(folder_ + "/systemd/private") << ""; }
  /// What it does when it is called.
  void knows(const std::string& script) const {
    box_.write(
        "systemctl",
        "#!/bin/sh\necho \"$* $XDG_RUNTIME_DIR\" >> " + box_.path("asked") + "\n" + script + "\n",
        0755);
    ::chmod(box_.path("systemctl").c_str(), 0755);
  }
  std::string asked() const { return box_.exists("asked") ? box_.read("asked") : ""; }
  std::string socket() const { return folder_ + "/reduce/v1.sock"; }

  Result run(const Words& words) const { return start(words).finish(); }
  Started start(const Words& words) const {
    Spawn spawn = box_.direct(with({box_.path("reduce-run")}, words));
    spawn.unset("REDUCE_SOCKET").set("PATH", box_.folder() + ":/usr/bin:/bin");
    spawn.cwd = std::string("/");
    spawn.before_exec = [] {
      if (::setgroups(0, nullptr) != 0 || ::setgid(kUser) != 0 || ::setuid(kUser) != 0) ::_exit(97);
    };
    return Started(std::move(spawn));
  }

 private:
  const Sandbox& box_;
  const std::string folder_ = "/run/user/" + std::to_string(kUser);
};

/// As the manager does it: the daemon is no child of whoever asked.
std::string start_it(const Sandbox& box, const Manager& manager) {
  return "mkdir -p " + std::filesystem::path(manager.socket()).parent_path().string() + "\n" +
         "chmod 700 " + std::filesystem::path(manager.socket()).parent_path().string() + "\n" +
         "setsid " + box.path("reduced") + " --socket " + manager.socket() +
         " >/dev/null 2>&1 &\n" + "while [ ! -S " + manager.socket() + " ]; do sleep 0.01; done";
}

bool may_run() {
  return ::geteuid() == 0 && ::access("/run", W_OK) == 0;
}

}  // namespace

TEST_CASE("A daemon is started by the service manager that knows its unit") {
  if (!may_run()) return;
  Sandbox box;
  const Manager manager(box);
  manager.answers();
  manager.knows(start_it(box, manager));
  CHECK(manager.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(manager.run({"--require-daemon", "echo", "again"}) == exited(0, "again\n"));
  CHECK(manager.asked() ==
        "--user --quiet start reduced.service /run/user/" + std::to_string(kUser) + "\n");
}

TEST_CASE("A daemon is started as ever where the service manager does not know its unit") {
  if (!may_run()) return;
  Sandbox box;
  const Manager manager(box);
  manager.answers();
  manager.knows("exit 5");
  CHECK(manager.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(std::ranges::count(manager.asked(), '\n') == 1);
}

TEST_CASE("A service manager that does not answer is not asked") {
  if (!may_run()) return;
  Sandbox box;
  const Manager manager(box);
  manager.knows("exit 0");
  CHECK(manager.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(manager.asked().empty());
}

TEST_CASE("A service manager that never comes to an end is given up") {
  if (!may_run()) return;
  Sandbox box;
  const Manager manager(box);
  manager.answers();
  manager.knows("exec sleep 1000");
  CHECK(manager.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(std::ranges::count(manager.asked(), '\n') == 1);
}

TEST_CASE("A signal ends a caller while the service manager starts a daemon, and that ends too") {
  if (!may_run()) return;
  Sandbox box;
  const Manager manager(box);
  manager.answers();
  manager.knows("exec sleep 1000");
  Started caller = manager.start({"echo", "hi"});
  box.await_file("asked");
  caller.signal(SIGINT);
  CHECK(caller.finish() == signaled(SIGINT));
  CHECK_FALSE(std::filesystem::exists(manager.socket()));
}

TEST_CASE("A daemon for another socket than the standard one is not the service manager's") {
  if (!may_run()) return;
  Sandbox box;
  const Manager manager(box);
  manager.answers();
  manager.knows("exit 0");
  const std::string socket = box.path("other.sock");
  CHECK(manager.run({"--require-daemon", "--socket", socket, "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(manager.asked().empty());
  CHECK(manager.run({"--socket", socket, "--stop"}).code == 0);
}

TEST_CASE(
    "The doctor tells who would start a daemon: the service manager only where it knows the unit") {
  if (!may_run()) return;
  Sandbox box;
  const Manager manager(box);
  const auto told = [&] { return manager.run({"--doctor"}).out; };
  manager.knows("exit 0");
  CHECK(told().find("starts " + box.path("reduced") + ", beside") != std::string::npos);
  manager.answers();
  CHECK(told().find("has the user's service manager start reduced.service") != std::string::npos);
  manager.knows("exit 1");
  CHECK(told().find("starts " + box.path("reduced") + ", beside") != std::string::npos);
  CHECK(manager.asked().find(" start ") == std::string::npos);
}
