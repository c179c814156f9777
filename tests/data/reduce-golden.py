#!/usr/bin/python3
# Makes tests/data/features/*.h5 from the synthetic golden files that librosa
# 0.11.0 wrote (samples in float64): the same data sets, stored smaller.
# usage: reduce-golden.py GOLDEN/features tests/data/features
import sys
import h5py
import numpy as np

NAMES = ["impulse", "noise", "silence", "sine440", "square200", "filters"]

source, target = sys.argv[1:]
for name in NAMES:
    with h5py.File(f"{source}/{name}.h5") as old, \
         h5py.File(f"{target}/{name}.h5", "w") as new:
        for key, data in old.items():
            if key.endswith("_f32") or key == "probabilities":
                continue
            values = np.asarray(data, np.float32)
            if values.ndim == 0:
                new.create_dataset(key, data=np.float64(data))
                continue
            new.create_dataset(key, data=values, compression="gzip",
                               compression_opts=9, shuffle=True)
