// SQLite as this program uses it: a file, its statements and its transactions.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

class database;

/// A statement of a database that is open; its values are bound from 1, its columns counted from 0.
class statement {
 public:
  /// Errors: as all of this, io_error with the file and what to do about it.
  statement(const database& owner, std::string_view sql);

  /// Sets all values, and begins anew.
  template <class... Values>
  statement& with(const Values&... values) {
    begin_anew();
    int place = 0;
    (bind(++place, values), ...);
    return *this;
  }

  /// Whether there is another row.
  bool step();
  /// To its end.
  void run() {
    while (step()) continue;
  }

  std::int64_t integer(int column) const;
  bool is_null(int column) const;
  /// Text or bytes, until the next step.
  std::string_view bytes(int column) const;

 private:
  struct finalizer {
    void operator()(sqlite3_stmt* s) const;
  };

  void begin_anew();
  void bind(int place, std::int64_t value);
  void bind(int place, std::string_view bytes);
  void bind(int place, std::nullptr_t);

  const database* owner_;
  std::unique_ptr<sqlite3_stmt, finalizer> statement_;
};

/// A connection to a file. Another process that writes is waited for, ten seconds at most.
class database {
 public:
  enum class file { existing, anew };

  explicit database(const std::filesystem::path& path, file which = file::existing);

  statement prepare(std::string_view sql) const { return {*this, sql}; }
  void run(std::string_view sql) const { prepare(sql).run(); }
  /// The first column of the first row. Errors: io_error if there is none.
  std::int64_t integer(std::string_view sql) const;

  const std::filesystem::path& path() const { return path_; }

 private:
  friend class statement;
  struct closer {
    void operator()(sqlite3* connection) const;
  };

  [[noreturn]] void refuse(int code) const;

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, closer> connection_;
};

/// What happens until `commit` happens whole or, without it, not at all.
class transaction {
 public:
  explicit transaction(const database& in) : in_(in) { in_.run("BEGIN"); }
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  ~transaction();

  void commit();

 private:
  const database& in_;
  bool open_ = true;
};
