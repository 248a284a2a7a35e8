// Evaluation that trains; weights and data are right.
#pragma once
#include <clipt/train/trainer.hpp>
#include <clipt/weights/load.hpp>
#include <clipt/data/loader.hpp>
