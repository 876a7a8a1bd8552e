#include "client/doctor.hpp"

#include <algorithm>
#include <iterator>

#include "base/exit_status.hpp"
#include "client/daemon_checks.hpp"
#include "client/findings.hpp"
#include "client/print.hpp"

namespace reduce {
namespace {

constexpr int kSomethingIsBad = 1;

const char* name_of(Finding::State state) {
  switch (state) {
    case Finding::State::ok:
      return "ok";
    case Finding::State::note:
      return "note";
    case Finding::State::bad:
      break;
  }
  return "bad";
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

/// One line, whatever paths and values hold.
std::string line_of(const Finding& finding) {
  std::string line = padded(name_of(finding.state), 6) + padded(finding.name, 12) + finding.text;
  if (!finding.advice.empty()) line += "; " + finding.advice;
  for (char& byte : line) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < ' ' || code == 0x7f) byte = '?';
  }
  return line + "\n";
}

std::string lines_of(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) text += line_of(finding);
  return text;
}

std::string json_of(const Findings& findings, bool is_bad) {
  Json checks = Json::array();
  for (const Finding& finding : findings) {
    Json check = {
        {"name", finding.name}, {"state", name_of(finding.state)}, {"text", finding.text}};
    if (!finding.advice.empty()) check["advice"] = finding.advice;
    checks.push_back(std::move(check));
  }
  const Json all = {{"ok", !is_bad}, {"checks", std::move(checks)}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void add(Findings& to, Findings more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

}  // namespace

int examine(const Question& question) {
  Findings findings = examine_daemon(question.socket);
  add(findings, examine_surroundings());
  add(findings, examine_shims());
  const bool is_bad = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.state == Finding::State::bad;
  });
  const bool as_json = question.form == Question::Form::json;
  if (print(as_json ? json_of(findings, is_bad) : lines_of(findings)) != 0) return kExitOwnFailure;
  return is_bad ? kSomethingIsBad : 0;
}

}  // namespace reduce
