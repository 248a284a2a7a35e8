// The unit of the table.
#include <Eigen/Core>
