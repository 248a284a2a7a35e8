// CLIP's ModifiedResNet; here until its layers exist.
#pragma once
#include <clipt/clip/config.hpp>
namespace clipt { template <resnet_config C, dim_t Embed, class P> struct modified_resnet; }
