// Labelled data for the programs that evaluate: a table or folders, and what their labels are called in words.
#pragma once
#include <CLI/CLI.hpp>

#include <clipt/data/any_dataset.hpp>
#include <clipt/data/csv_dataset.hpp>
#include <clipt/evaluate/class_names.hpp>
#include <clipt/io/picture_walk.hpp>

#include <string>
#include <vector>

namespace command_line {

/// What stands for a label: its names, and the sentences that they are put into.
struct class_flags {
  std::string names;                 // file of names for labels
  std::vector<std::string> prompts;  // file and name of a set of classes and templates
  std::vector<std::string> templates;
  std::string templates_file;
};

/// All but --template, which some programs share with those that have no files.
void add_class_flags(CLI::App& app, class_flags& flags);

/// The classes that labels of data are, with their prompts; `folders` are labels by the names of sorted folders.
/// Errors: io_error of the files, and if no label is a class.
clipt::label_prompts classes_of(const class_flags& flags, std::vector<std::string> labels, bool folders);

/// Says on standard error which labels are no class, which are classes by their order alone, and which have equal names.
void tell_of(const clipt::label_prompts& classes, std::string_view program);

/// Whether that is a folder with a folder for each label, and no table.
bool is_folder(const std::string& path);

/// A table or a folder with a folder for each label; what lies there and is no part of the data is added to `left_out`.
clipt::any_dataset open_labelled(const std::string& path, clipt::csv_options csv,
                                 std::vector<clipt::left_out_path>& left_out);

}  // namespace command_line
