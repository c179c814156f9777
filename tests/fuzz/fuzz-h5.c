/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a model file: HDF5, or what libFuzzer makes of it. */
#include <stdint.h>
#include "fuzz-load.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  fuzz_load (data, len);
  return 0;
}
