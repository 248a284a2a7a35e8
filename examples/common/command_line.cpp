// Flags that the programs share, and how they end.
#include "command_line.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <clipt/core/error.hpp>
#include <clipt/io/json_text.hpp>
#include <clipt/io/printable.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

void command_line::add_csv_flags(CLI::App& app, clipt::csv_options& csv) {
  const std::string group = "Table";
  app.add_option("--csv-separator", csv.separator, "what separates columns (a tab)")->group(group);
  app.add_option("--csv-img-key", csv.img_key, "column of paths")->capture_default_str()->group(group);
  app.add_option("--csv-img-folder", csv.img_folder, "what relative paths begin at (the table's folder)")->group(group);
  app.add_option("--csv-caption-key", csv.caption_key, "columns of captions: name or name:0.7,keywords*4:0.3")
      ->capture_default_str()
      ->group(group);
  app.add_option("--csv-caption-separator", csv.caption_separator,
                 "what separates alternatives in a cell of captions, such as | (a cell is one caption)")
      ->group(group);
  app.add_option("--csv-where", csv.where, "rows: vendor=noto,twemoji;core!=0;id!=@file.tsv")->group(group);
  app.add_option("--csv-label-key", csv.label_key, "column of labels for zero-shot evaluation")->group(group);
  app.add_option("--pixel-limit", csv.pixel_limit, "largest picture that is read")->capture_default_str()->group(group);
}

void command_line::add_evaluation_flags(CLI::App& app, evaluation_flags& flags, const CLI::Validator& data) {
  const std::string group = "Evaluation";
  app.add_option("--val-data", flags.data, "table of pictures to evaluate on")->check(data)->group(group);
  app.add_option("--labels-data", flags.labels_data, "table of the labels to rank (that of the pictures)")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option("--labels-where", flags.labels_where, "its rows; all labels in them are ranked")->group(group);
  app.add_option("--template", flags.classes.templates,
                 "sentence for a label, {} in its place; may be given several times")
      ->allow_extra_args(false)
      ->group(group);
  app.add_option("--group-key", flags.group_key, "column: accuracy for each of its values, too")->group(group);
  app.add_flag("--strict", flags.strict, "stop at a picture that cannot be read instead of counting it")->group(group);
}

namespace {

/// The labels of the table that lists them, which need have no pictures.
std::vector<std::string> ranked_labels(const command_line::evaluation_flags& flags, clipt::csv_options csv) {
  csv.img_key = csv.caption_key = csv.label_key;
  if (!flags.labels_data.empty() || !flags.labels_where.empty()) csv.where = flags.labels_where;
  return clipt::labels_of(clipt::csv_dataset(flags.labels_data.empty() ? flags.data : flags.labels_data, csv));
}

}  // namespace

void command_line::refuse_label_flags(const evaluation_flags& flags, const std::string& remedy) {
  const class_flags& c = flags.classes;
  for (const auto& [name, given] : {std::pair("--class-names", !c.names.empty()),
                                    {"--prompts", !c.prompts.empty()},
                                    {"--templates", !c.templates_file.empty()},
                                    {"--template", !c.templates.empty()},
                                    {"--labels-data", !flags.labels_data.empty()},
                                    {"--labels-where", !flags.labels_where.empty()},
                                    {"--group-key", !flags.group_key.empty()}})
    if (given) throw clipt::io_error(fmt::format("{} is for labels, and there are none: {}", name, remedy));
}

clipt::evaluation_plan command_line::plan_of_table(const evaluation_flags& flags, clipt::csv_options csv, int threads,
                                                   plan_remarks* remarks) {
  clipt::evaluation_plan plan;
  plan_remarks told;
  const bool folder = is_folder(flags.data), labelled = folder || !csv.label_key.empty();
  csv.where = flags.where;
  if (!labelled) refuse_label_flags(flags, "give --csv-label-key");
  const clipt::any_dataset data = folder || (labelled && !flags.captions)
                                      ? open_labelled(flags.data, csv, told.left_out)  // a table without captions, too
                                      : clipt::any_dataset(clipt::csv_dataset(flags.data, csv));
  if (!folder && (flags.captions || !labelled)) plan.paired = data;
  plan.threads = threads;
  plan.bad = flags.strict ? clipt::bad_samples::fatal : clipt::bad_samples::skip;
  if (labelled) {
    plan.labelled = data;
    plan.group_key = flags.group_key;
    const bool listed = !flags.labels_data.empty() || !flags.labels_where.empty();
    told.classes = classes_of(flags.classes, listed || !folder ? ranked_labels(flags, csv) : clipt::labels_of(data),
                              folder && !listed);
    plan.labels = told.classes.labels;
    plan.prompts = told.classes.prompts;
    if (!plan.group_key.empty()) (void)data.value(0, plan.group_key);  // a column that is not there is found at once
  }
  if (remarks != nullptr) *remarks = std::move(told);
  return plan;
}

std::string command_line::shown(std::string_view text) { return clipt::detail::on_one_line(text); }

void command_line::complain(std::string_view program, std::string_view why) {
  std::fputs(fmt::format("{}: {}\n", program, shown(why)).c_str(), stderr);
}

CLI::Validator command_line::in_range(const clipt::number_range& range) {
  return CLI::Validator(
      [range](std::string& text) {
        double value = 0;
        const bool right = CLI::detail::lexical_cast(text, value) && range.has(value);
        return right ? std::string() : text + " is not in " + to_string(range);
      },
      to_string(range));
}

clipt::evaluation_plan command_line::plan_of_scenes(const evaluation_flags& flags, std::uint64_t seed, int threads) {
  clipt::evaluation_plan plan = clipt::scenes_evaluation(seed);
  const class_flags& c = flags.classes;
  if (!c.templates.empty()) plan.templates = c.templates;
  if (!c.templates_file.empty()) plan.templates = clipt::templates_from_file(c.templates_file);
  if (!flags.group_key.empty()) throw clipt::io_error("--group-key is for tables; scenes have no columns");
  if (!flags.labels_data.empty() || !flags.labels_where.empty() || !c.names.empty() || !c.prompts.empty())
    throw clipt::io_error(
        "--class-names, --prompts, --labels-data and --labels-where are for --val-data; scenes have labels of their "
        "own");
  if (!flags.data.empty()) throw clipt::io_error("--val-data is for --dataset csv; scenes are drawn by the program");
  plan.threads = threads;
  return plan;
}

namespace {

/// Also where the command line cannot be read.
bool asks_for_json(const CLI::App& app, int argc, char** argv) {
  return app.get_option_no_throw("--json") != nullptr &&
         std::find(argv + 1, argv + argc, std::string_view("--json")) != argv + argc;
}

/// Says why nothing came of it, to people and to machines.
int refuse(const CLI::App& app, bool json, const std::string& why) {
  const auto object = nlohmann::json{{"error", why}};
  std::string lines;  // the differences of a model are one a line, with two blanks before each
  for (std::size_t at = 0, end = 0; at <= why.size(); at = end + 1) {
    end = std::min(why.find("\n  ", at), why.size());
    lines += command_line::shown(std::string_view(why).substr(at, end - at)) + '\n';
  }
  std::fputs(fmt::format("{}: {}", app.get_name(), lines).c_str(), stderr);
  // By fputs, which does not throw: what cannot be written may be the reason.
  if (json) std::fputs((clipt::json_text(object) + '\n').c_str(), stdout);
  return 2;
}

/// What lies in the buffer may not fit on the disk.
void flush_output() {
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw clipt::io_error(
        fmt::format("the output cannot be written: {}", std::generic_category().message(errno == 0 ? EIO : errno)));
}

}  // namespace

int command_line::run(CLI::App& app, int argc, char** argv, const std::function<int()>& work) {
  const bool json = asks_for_json(app, argc, argv);
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is then an error like a full disk
  try {
    app.parse(argc, argv);
    const int code = work();
    flush_output();
    return code;
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return refuse(app, json, fmt::format("{}; --help lists the options", e.what()));
  } catch (const clipt::memory_error& e) {
    return refuse(app, json, e.what());
  } catch (const std::bad_alloc&) {
    return refuse(app, json, "there is not enough memory for this");
  } catch (const std::exception& e) {
    return refuse(app, json, e.what());
  }
}
