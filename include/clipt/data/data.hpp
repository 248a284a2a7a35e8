// The data sets that clipt brings: pictures with captions, from tables of files or drawn by the program.
#pragma once
#include <clipt/data/csv_dataset.hpp>     // csv_dataset
#include <clipt/data/dataset.hpp>         // dataset, labels_of
#include <clipt/data/scenes_dataset.hpp>  // scenes_dataset
