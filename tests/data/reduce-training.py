#!/usr/bin/python3
# usage: reduce-training.py shared/golden/training tests/data/training
# The first two steps of m3, for tests where shared/ is not.
import sys
import h5py

source, target = sys.argv[1:]
with h5py.File(f"{source}/data.h5") as old, h5py.File(f"{target}/data.h5", "w") as new:
    for name in ("x", "y"):
        new.create_dataset(name, data=old[name][:16], compression="gzip", shuffle=True)
with open(f"{source}/m3.init.h5", "rb") as old, open(f"{target}/m3.init.h5", "wb") as new:
    new.write(old.read())
with h5py.File(f"{source}/steps.h5") as old, h5py.File(f"{target}/m3.steps.h5", "w") as new:
    group = new.create_group("m3")
    group["total_loss"] = old["m3/total_loss"][:2]
    for name, data in old["m3/grad0"].items():
        group.create_dataset(f"grad0/{name}", data=data[()].astype("f4"),
                             compression="gzip", shuffle=True)
