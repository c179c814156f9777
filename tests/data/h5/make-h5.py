#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes earliest.h5, v108.h5, v110.h5: the same contents in the formats of
three ages of HDF5 (h5py 3.7.0, HDF5 1.10.8). Element i of every dataset of
numbers is i / 2 - 3, cut to the type."""
import pathlib
import h5py
import numpy as np

here = pathlib.Path(__file__).resolve().parent


def numbers(shape, dtype):
    n = int(np.prod(shape))
    return (np.arange(n) / 2 - 3).astype(dtype).reshape(shape)


def write(file, has_chunks):  # not in the chunk layout of HDF5 1.10
    for name in ("<f4", ">f4", "<f8", ">f8", "<f2", "<i1", "<i2", ">i4", "<i8"):
        file.create_dataset("types/" + name, data=numbers((3, 4), name))
    file.create_dataset("types/u1", data=numbers(12, "<f4").clip(0).astype("u1"))
    file.create_dataset("types/scalar", data=np.float32(-3))
    file.create_dataset("types/empty", shape=(0,), dtype="<f4")
    file.create_dataset("types/strings", data=["a", "bc", ""],
                        dtype=h5py.string_dtype())
    file.create_dataset("types/fixed", data=np.array([b"a", b"bc", b""]))
    if has_chunks:
        data = numbers((5, 7, 3), "<f4")
        for name, options in {
                "plain": {}, "deflate": {"compression": 9},
                "shuffle": {"compression": 9, "shuffle": True},
                "fletcher": {"fletcher32": True}}.items():
            file.create_dataset("chunks/" + name, data=data, chunks=(2, 3, 2),
                                **options)
        file.create_dataset("chunks/many", data=numbers((100, 9), "<f4"),
                            chunks=(1, 9))
        file.create_dataset("chunks/unwritten", shape=(4, 4), chunks=(2, 2))
    file.create_dataset("unwritten", shape=(1000, 1000), dtype="<f4")
    # Enough for a dense group whose tree has three levels.
    many = file.create_group("many")
    for i in range(300 if has_chunks else 1500):
        many[f"layer_{i}"] = file["types"]
    few = file.create_group("few")
    few["soft"] = h5py.SoftLink("/types")
    few["external"] = h5py.ExternalLink("/etc/passwd", "/")
    few["hard"] = file["types"]
    file.attrs["text"] = "one string"
    file.attrs["bytes"] = np.bytes_("one string")
    file.attrs["list"] = ["x", "yz"]
    file.attrs["fixed"] = np.array([b"x", b"yz"])
    file.attrs["none"] = np.zeros(0)
    file.attrs["number"] = 3.5
    for i in range(20):  # enough for dense attributes
        file["few"].attrs[f"part{i}"] = [f"{i}a", f"{i}b"]


for version in ("earliest", "v108", "v110"):
    with h5py.File(here / f"{version}.h5", "w", libver=(version, version if
                   version != "earliest" else "latest")) as file:
        write(file, version != "v110")
