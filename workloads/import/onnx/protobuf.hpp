// SPDX-License-Identifier: Apache-2.0
#pragma once
// The generated header is not ours to keep free of warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <onnx/onnx_pb.h>
#pragma GCC diagnostic pop
