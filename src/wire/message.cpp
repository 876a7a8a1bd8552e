#include "wire/message.hpp"

#include <csignal>

#include "wire/bytes.hpp"
#include "wire/frame.hpp"

namespace reduce {
namespace {

Error malformed(const char* what) {
  return make_error(std::string("malformed message: ") + what);
}

enum class OutcomeKind : std::uint8_t { exited, signaled, timed_out, not_executed, broken };

struct OutcomeFields {
  OutcomeKind kind;
  std::int32_t number;
  std::string_view reason;
};

OutcomeFields fields_of(const Outcome& outcome) {
  if (const auto* exited = std::get_if<Exited>(&outcome)) {
    return {OutcomeKind::exited, exited->code, {}};
  }
  if (const auto* signaled = std::get_if<Signaled>(&outcome)) {
    return {OutcomeKind::signaled, signaled->signal, {}};
  }
  if (const auto* late = std::get_if<TimedOut>(&outcome)) {
    return {OutcomeKind::timed_out, late->killed, {}};
  }
  if (const auto* missed = std::get_if<NotExecuted>(&outcome)) {
    return {OutcomeKind::not_executed, missed->error, {}};
  }
  return {OutcomeKind::broken, 0, std::get<Broken>(outcome).reason};
}

Result<Outcome> outcome_of(const OutcomeFields& fields) {
  if (fields.kind != OutcomeKind::broken && !fields.reason.empty()) return malformed("outcome");
  switch (fields.kind) {
    case OutcomeKind::exited:
      if (fields.number < 0 || fields.number > 255) return malformed("exit status");
      return Outcome(Exited{fields.number});
    case OutcomeKind::signaled:
      if (fields.number < 1 || fields.number >= NSIG) return malformed("signal");
      return Outcome(Signaled{fields.number});
    case OutcomeKind::timed_out:
      if (fields.number < 0 || fields.number > 1) return malformed("time-out");
      return Outcome(TimedOut{fields.number == 1});
    case OutcomeKind::not_executed:
      return Outcome(NotExecuted{fields.number});
    case OutcomeKind::broken:
      return Outcome(Broken{std::string(fields.reason)});
  }
  return malformed("outcome");
}

void put_attached_fields(ByteWriter& writer, const Attached& attached) {
  writer.put(attached.run);
  writer.put(attached.role);
  writer.put(attached.callers);
  writer.put(static_cast<std::int64_t>(attached.age.count()));
}

Result<Attached> take_attached_fields(ByteReader& reader) {
  Attached attached;
  attached.run = reader.take<std::uint64_t>();
  attached.role = reader.take<Role>();
  attached.callers = reader.take<std::uint32_t>();
  attached.age = Duration(reader.take<std::int64_t>());
  if (reader.failed()) return malformed("attached");
  if (attached.role > Role::joined) return malformed("role");
  return attached;
}

/// Appends a frame whose body `write` makes.
template <class Write>
void put_message(std::string& into, MessageType type, Write write) {
  std::string body;
  ByteWriter writer(body);
  write(writer);
  put_frame(into, type, body);
}

}  // namespace

void put_attached(std::string& into, const Attached& attached) {
  put_message(into, MessageType::attached, [&](ByteWriter& writer) {
    put_attached_fields(writer, attached);
    writer.put_bytes(attached.note);
  });
}

Result<Attached> parse_attached(std::string_view body) {
  ByteReader reader(body);
  auto attached = take_attached_fields(reader);
  if (attached) attached->note = reader.take_rest();
  return attached;
}

void put_notice(std::string& into, const Notice& notice) {
  const std::size_t sizes = notice.lengths.size() * sizeof(std::uint32_t);
  put_frame_head(into, MessageType::notice, 4 + sizes);
  ByteWriter writer(into);
  writer.put(notice.first);
  writer.put(static_cast<std::uint8_t>(notice.new_segment));
  writer.put(static_cast<std::uint16_t>(notice.lengths.size()));
  writer.put_bytes({reinterpret_cast<const char*>(notice.lengths.data()), sizes});
}

Result<Notice> parse_notice(std::string_view body) {
  ByteReader reader(body);
  Notice notice;
  notice.first = reader.take<Stream>();
  const auto new_segment = reader.take<std::uint8_t>();
  const auto pieces = reader.take<std::uint16_t>();
  if (reader.failed() || notice.first > Stream::err || new_segment > 1 || pieces > kMaxPieces) {
    return malformed("notice");
  }
  notice.new_segment = new_segment == 1;
  notice.lengths.reserve(pieces);
  for (unsigned i = 0; i < pieces; ++i) notice.lengths.push_back(reader.take<std::uint32_t>());
  if (!reader.complete()) return malformed("notice");
  return notice;
}

void put_ending(std::string& into, const Ending& ending) {
  put_message(into, MessageType::outcome, [&](ByteWriter& writer) {
    const OutcomeFields fields = fields_of(ending.outcome);
    writer.put(fields.kind);
    writer.put(fields.number);
    put_attached_fields(writer, ending.attached);
    writer.put(static_cast<std::int64_t>(ending.duration.count()));
    writer.put_bytes(fields.reason);
  });
}

Result<Ending> parse_ending(std::string_view body) {
  ByteReader reader(body);
  OutcomeFields fields{};
  fields.kind = reader.take<OutcomeKind>();
  fields.number = reader.take<std::int32_t>();
  auto attached = take_attached_fields(reader);
  if (!attached) return attached.error();
  Ending ending;
  ending.attached = *attached;
  ending.duration = Duration(reader.take<std::int64_t>());
  if (reader.failed()) return malformed("outcome");
  fields.reason = reader.take_rest();
  auto outcome = outcome_of(fields);
  if (!outcome) return outcome.error();
  ending.outcome = std::move(*outcome);
  return ending;
}

void put_refused(std::string& into, const Refused& refused) {
  put_message(into, MessageType::refused, [&](ByteWriter& writer) {
    writer.put(refused.remedy);
    writer.put_bytes(refused.reason);
  });
}

Result<Refused> parse_refused(std::string_view body) {
  ByteReader reader(body);
  Refused refused;
  refused.remedy = reader.take<Remedy>();
  if (reader.failed() || refused.remedy > Remedy::give_up) return malformed("refused");
  refused.reason = reader.take_rest();
  return refused;
}

void put_signal(std::string& into, int signal) {
  put_message(into, MessageType::signal,
              [&](ByteWriter& writer) { writer.put(static_cast<std::int32_t>(signal)); });
}

Result<int> parse_signal(std::string_view body) {
  ByteReader reader(body);
  const auto signal = reader.take<std::int32_t>();
  if (!reader.complete() || signal < 1 || signal >= NSIG) return malformed("signal");
  return static_cast<int>(signal);
}

void put_leave(std::string& into, int signal) {
  put_message(into, MessageType::leave,
              [&](ByteWriter& writer) { writer.put(static_cast<std::int32_t>(signal)); });
}

void put_query(std::string& into, const Query& query) {
  put_message(into, MessageType::query, [&](ByteWriter& writer) {
    writer.put(query.kind);
    writer.put_bytes(query.argument);
  });
}

Result<Query> parse_query(std::string_view body) {
  ByteReader reader(body);
  Query query;
  query.kind = reader.take<QueryKind>();
  if (reader.failed() || query.kind < QueryKind::stats || query.kind > QueryKind::about) {
    return malformed("query");
  }
  query.argument = reader.take_rest();
  return query;
}

}  // namespace reduce
