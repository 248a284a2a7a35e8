// The few calls of SQLite's C interface, and its errors as sentences.
#include "database.hpp"

#include <sqlite3.h>

#include <fmt/format.h>

#include <clipt/core/error.hpp>

#include <cerrno>
#include <system_error>

namespace {

/// What SQLite has met, and the system's reason where it has one.
std::string reason_of(sqlite3* connection, int code, int last) {
  const std::string what = connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection);
  const int primary = code & 0xff;
  const int noted = connection == nullptr ? 0 : sqlite3_system_errno(connection), system = noted != 0 ? noted : last;
  if (system == 0 || (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN)) return what;
  return fmt::format("{}: {}", what, std::generic_category().message(system));
}

std::string remedy_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
      return "the file is damaged; put a copy in its place, or give a new folder and add the pictures to it";
    case SQLITE_NOTADB: return "no index of clip_search, or a damaged one";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another process is using it; wait for it";
    case SQLITE_READONLY: return "it cannot be written";
    case SQLITE_FULL: return "No space left on device";
    default: return "cannot be read or written";
  }
}

}  // namespace

void statement::finalizer::operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }

statement::statement(const database& owner, std::string_view sql) : owner_(&owner) {
  sqlite3_stmt* prepared = nullptr;
  const int code =
      sqlite3_prepare_v2(owner.connection_.get(), sql.data(), static_cast<int>(sql.size()), &prepared, nullptr);
  statement_.reset(prepared);
  if (code != SQLITE_OK) owner.refuse(code);
}

void statement::begin_anew() { sqlite3_reset(statement_.get()); }  // gives the error of the last step again

void statement::bind(int place, std::int64_t value) {
  if (const int code = sqlite3_bind_int64(statement_.get(), place, value); code != SQLITE_OK) owner_->refuse(code);
}

void statement::bind(int place, std::string_view bytes) {
  const char* const data = bytes.empty() ? "" : bytes.data();  // no pointer would be no value
  const int code = sqlite3_bind_blob64(statement_.get(), place, data, bytes.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) owner_->refuse(code);
}

void statement::bind(int place, std::nullptr_t) {
  if (const int code = sqlite3_bind_null(statement_.get(), place); code != SQLITE_OK) owner_->refuse(code);
}

bool statement::step() {
  errno = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) owner_->refuse(code);
  return false;
}

std::int64_t statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

std::string_view statement::bytes(int column) const {
  const auto* const data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void database::closer::operator()(sqlite3* connection) const { sqlite3_close(connection); }

database::database(const std::filesystem::path& path, file which) : path_(path) {
  sqlite3* connection = nullptr;
  // To write also where it is only read: what a kill has left half written is taken back by the next that comes.
  const int flags = SQLITE_OPEN_READWRITE | (which == file::anew ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  connection_.reset(connection);
  if (code != SQLITE_OK) refuse(code);
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, 10'000);
}

std::int64_t database::integer(std::string_view sql) const {
  statement s = prepare(sql);
  if (!s.step()) refuse(SQLITE_CORRUPT);
  return s.integer(0);
}

void database::refuse(int code) const {
  const int last = errno;
  throw clipt::io_error(
      fmt::format("{}: {} ({})", path_.string(), remedy_of(code), reason_of(connection_.get(), code, last)));
}

transaction::~transaction() {
  try {
    if (open_) in_.run("ROLLBACK");
  } catch (const clipt::io_error&) {  // the error that brought us here may have ended it
  }
}

void transaction::commit() {
  in_.run("COMMIT");
  open_ = false;
}
