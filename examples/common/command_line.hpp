// Flags that the programs share, and how they end: one line and exit code 2 for what was asked wrongly.
#pragma once
#include <CLI/CLI.hpp>

#include <clipt/core/ranges.hpp>
#include <clipt/data/csv_dataset.hpp>
#include <clipt/evaluate/evaluation.hpp>

#include "classes.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace command_line {

/// How a table is read; the names are open_clip's where it has them.
void add_csv_flags(CLI::App& app, clipt::csv_options& csv);

/// A check of a number, which it says the range of.
CLI::Validator in_range(const clipt::number_range& range);

/// A name, a label or a message in one line that leaves a terminal as it is.
std::string shown(std::string_view text);

/// Says on standard error what is left out or wrong, in one line behind the program's name.
void complain(std::string_view program, std::string_view why);

/// What an evaluation is made on.
struct evaluation_flags {
  std::string data;                       // table of pictures, or a folder with a folder for each label
  std::string where;                      // its rows
  std::string labels_data, labels_where;  // table and rows whose labels are ranked; default: those of the data
  std::string group_key;
  class_flags classes;
  bool captions = false;  // whether the caption column was asked for: then retrieval is evaluated, too
  bool strict = false;    // a picture that cannot be read is an error
};

/// `data` is what --val-data may be.
void add_evaluation_flags(CLI::App& app, evaluation_flags& flags, const CLI::Validator& data = CLI::ExistingFile);

/// What is said of an evaluation's data besides its figures.
struct plan_remarks {
  std::vector<clipt::left_out_path> left_out;  // of a folder
  clipt::label_prompts classes;
};

/// Refuses flags that are for labels, where there are none: `remedy` says what gives some. Errors: io_error.
void refuse_label_flags(const evaluation_flags& flags, const std::string& remedy);

/// The plan for a table or a folder; `csv` says how a table is read. Errors: io_error as of csv_dataset and classes_of.
clipt::evaluation_plan plan_of_table(const evaluation_flags& flags, clipt::csv_options csv, int threads,
                                     plan_remarks* remarks = nullptr);

/// The plan for the embedded scenes of a seed.
clipt::evaluation_plan plan_of_scenes(const evaluation_flags& flags, std::uint64_t seed, int threads);

/// The whole of a main function: reads the command line, and does the work, which gives the exit code.
///
/// What it throws is said in one line on standard error, with `--json` also as {"error": "..."} on standard output, and
/// the exit code is 2: as with grep and ls, 0 is all and 1 is a part.
int run(CLI::App& app, int argc, char** argv, const std::function<int()>& work);

}  // namespace command_line
