#!/usr/bin/python3
# Makes tests/data/voice/voice.h5 from the synthetic parts of golden/voice.h5
# (probabilities by ONNX Runtime): their beginnings, which have the same answers,
# since no chunk hears what comes after it.
# usage: reduce-voice.py GOLDEN/voice.h5 tests/data/voice/voice.h5
import sys
import h5py

SAMPLES = {"synthetic_voice_1": 60000, "synthetic_voice_noise_0dB": 30000,
           "white_noise": 16000, "hum_50Hz": 16000, "plucked_notes": 32000}

source, target = sys.argv[1:]
with h5py.File(source) as old, h5py.File(target, "w") as new:
    for name, n in SAMPLES.items():
        group = new.create_group(name)
        group.create_dataset("samples", data=old[name]["samples"][:n],
                             compression="gzip", compression_opts=9,
                             shuffle=True)
        group.create_dataset("probability",
                             data=old[name]["probability"][:n // 512])
