#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same models in other clothes: files of ../shared/golden/zoo (genuine
Keras 3.9.2, synthetic) rewritten into layouts that other versions of Keras and
HDF5 write, so that the outputs stay those of the zoo. Each file's name ends in
the layout; the zoo model's io.h5 is copied beside it. Needs h5py.

    tests/data/variants/make-variants.py ../shared/golden/zoo
"""
import io, json, math, pathlib, re, shutil, sys, zipfile
import h5py
import numpy as np

zoo = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).resolve().parent
OLD = "_layer_checkpoint_dependencies"


def strings(names, fixed):
    if not names:
        return np.zeros(0)  # what NumPy makes of an empty list
    return np.array([n.encode() for n in names]) if fixed else names


def put_names(group, key, names, fixed, limit):
    """As keras.saving.hdf5_format: split where it is too long."""
    if len(names) <= limit:
        group.attrs[key] = strings(names, fixed)
        return
    for i in range(0, len(names), limit):
        group.attrs[f"{key}{i // limit}"] = strings(names[i:i + limit], fixed)


def read_legacy(path):
    """Config, and [(layer, [(weight name, array)])]."""
    with h5py.File(path) as f:
        weights = f["model_weights"]
        text = lambda s: s.decode() if isinstance(s, bytes) else s
        return json.loads(f.attrs["model_config"]), [
            (text(layer), [(text(w), weights[text(layer)][text(w)][()])
                           for w in weights[text(layer)].attrs["weight_names"]])
            for layer in weights.attrs["layer_names"]]


def write_legacy(name, config, weights, version="2.3.1", fixed=False, limit=99,
                 libver=None, **options):
    with h5py.File(here / name, "w", libver=libver) as f:
        f.attrs["keras_version"] = version
        f.attrs["model_config"] = json.dumps(config).encode()
        group = f.create_group("model_weights")
        put_names(group, "layer_names", [l for l, _ in weights], fixed, limit)
        for layer, arrays in weights:
            g = group.create_group(layer)
            put_names(g, "weight_names", [w for w, _ in arrays], fixed, limit)
            for w, value in arrays:
                extra = options if value.ndim else {}
                g.create_dataset(w, data=value, **extra)


def layers_of(config):
    return config["config"]["layers"]


def rename(weights):
    """Names that the config does not have: only the order counts."""
    return [(f"layer {i}.x", [(f"any {i}/{w.split('/')[-1]}", v)
                              for w, v in arrays])
            for i, (_, arrays) in enumerate(weights)]


def old_list(source):
    """Keras 2.0: the config is the list, the first layer has the shape."""
    config, weights = read_legacy(zoo / f"{source}.k2.h5")
    layers = layers_of(config)
    if layers[0]["class_name"] == "InputLayer":
        first = layers.pop(0)["config"]
        layers[0]["config"]["batch_input_shape"] = first["batch_input_shape"]
    config["config"] = layers
    weights = [w for w in weights if "input" not in w[0]]
    write_legacy(f"{source}.list.h5", config, rename(weights), "2.0.6", True)


def old_model(source):
    """Keras 2.2: class Model, triples without kwargs, names in parts."""
    config, weights = read_legacy(zoo / f"{source}.k2.h5")
    config["class_name"] = "Model"
    for layer in layers_of(config):
        layer["inbound_nodes"] = [[t[:3] for t in node]
                                  for node in layer["inbound_nodes"]]
    write_legacy(f"{source}.model.h5", config, weights, "2.2.4", True, 2)


def packed(source):
    """Format of HDF5 1.8 (default of HDF5 2.0), packed chunks."""
    config, weights = read_legacy(zoo / f"{source}.h5")
    write_legacy(f"{source}.packed.h5", config, weights, "3.9.2",
                 libver=("v108", "v108"), chunks=True, compression="gzip",
                 shuffle=True)


def half(source):
    """Weights in float16, big-endian: the tolerance of the test is wider."""
    config, weights = read_legacy(zoo / f"{source}.h5")
    write_legacy(f"{source}.half.h5", config, [
        (l, [(w, v.astype(">f2")) for w, v in a]) for l, a in weights], "3.9.2")


def long_names(source):
    """Names of 3000 letters, lists of names in parts."""
    config, weights = read_legacy(zoo / f"{source}.h5")
    long = lambda name: name + "_" + "x" * 3000
    for layer in layers_of(config):
        layer["config"]["name"] = long(layer["config"]["name"])
    write_legacy(f"{source}.long.h5", config, [
        (long(l), [(f"{long(l)}/{w.split('/')[-1]}", v) for w, v in a])
        for l, a in weights], "3.9.2", limit=2)


def read_zip(source):
    with zipfile.ZipFile(zoo / f"{source}.keras") as z:
        return (json.loads(z.read("config.json")),
                h5py.File(io.BytesIO(z.read("model.weights.h5"))))


def write_zip(name, config, weights, version, method=zipfile.ZIP_STORED):
    image = io.BytesIO()
    with h5py.File(image, "w") as f:
        for path, value in weights.items():
            group, _, leaf = path.rpartition("/vars/")
            f.require_group(group).require_group("vars")[leaf] = value
    with zipfile.ZipFile(here / name, "w", method) as z:
        z.writestr("metadata.json", json.dumps({"keras_version": version}))
        z.writestr("config.json", json.dumps(config))
        z.writestr("model.weights.h5", image.getvalue())


def datasets(f):
    found = {}
    f.visititems(lambda path, item: found.update({path: item[()]})
                 if isinstance(item, h5py.Dataset) else None)
    return found


def step_two(path):
    """layers/dense_1 -> _layer_checkpoint_dependencies/dense_2, at all levels,
    for classes with weights."""
    def one(match):
        stem, k = re.fullmatch(r"(.*?)(?:_(\d+))?", match[1]).groups()
        return f"{OLD}/{stem}" + (f"_{2 * int(k)}" if k else "")
    return re.sub(r"layers/([^/]+)", one, path)


def checkpoint(source):
    """Keras 2.13: each layer with weights is listed twice."""
    config, f = read_zip(source)
    write_zip(f"{source}.checkpoint.keras", config,
              {step_two(p): v for p, v in datasets(f).items()}, "3.0.0",
              zipfile.ZIP_DEFLATED)


def windows(source):
    """Keras 2.15 on Windows: whole paths are names of groups."""
    config, f = read_zip(source)
    config = read_legacy(zoo / f"{source}.k2.h5")[0]
    found = {}
    for path, value in datasets(f).items():
        group, _, leaf = path.rpartition("/vars/")
        group = re.sub(r"/(\w+_dense)$", r"/_\1", group)
        found[group.replace("/", "\\") + "/vars/" + leaf] = value
    write_zip(f"{source}.windows.keras", config, found, "2.15.0")


def flat_triples(source):
    """Keras 3.12: one tensor is a triple, not a list of one; dict outputs."""
    config, f = read_zip(source)
    inner = config["config"]
    inner["input_layers"] = inner["input_layers"][0]
    outputs = inner["output_layers"]
    inner["output_layers"] = (outputs[0] if len(outputs) == 1 else
                              {f"out{i}": o for i, o in enumerate(outputs)})
    for layer in inner["layers"]:
        layer["config"]["quantization_config"] = None
    write_zip(f"{source}.flat.keras", config, datasets(f), "3.12.0")


def op_lambda(source):
    """tf.keras 2.15: operators are layers of the class TFOpLambda."""
    config, f = read_zip(source)
    inner = config["config"]
    functions = {"Add": "__operators__.add", "Multiply": "math.multiply",
                 "Subtract": "math.subtract", "TrueDivide": "math.truediv"}
    for layer in inner["layers"]:
        def triple(t):
            return t["config"]["keras_history"] if isinstance(t, dict) else t
        nodes, name = [], layer["class_name"]
        for node in layer["inbound_nodes"]:
            args = node["args"]
            if name in functions:
                nodes.append(triple(args[0]) + [
                    {"y": triple(args[1]), "name": None}])
            elif name == "GetItem":
                spec = [s["config"] if isinstance(s, dict) else s
                        for s in args[1]]
                nodes.append(triple(args[0]) + [{"slice_spec": spec}])
            else:
                nodes.append([triple(args[0]) + [{}]])
        layer["inbound_nodes"] = nodes
        if name in functions:
            layer["class_name"] = "TFOpLambda"
            layer["config"]["function"] = functions[name]
        elif name == "GetItem":
            layer["class_name"] = "SlicingOpLambda"
            layer["config"]["function"] = "__operators__.getitem"
        elif name == "InputLayer":
            layer["config"]["batch_input_shape"] = layer["config"].pop(
                "batch_shape")
    arrays = datasets(f)
    weights = []
    for layer in inner["layers"]:
        if layer["class_name"] != "Dense":
            weights.append((layer["name"], []))
            continue
        group = f"layers/{layer['name']}/vars"
        weights.append((layer["name"], [
            (f"{layer['name']}/{n}:0", arrays[f"{group}/{i}"])
            for i, n in enumerate(("kernel", "bias"))]))
    write_legacy(f"{source}.oplambda.h5", config, weights, "2.15.0")


def tensorflow_functions():
    """tf.keras 2.4 to 2.15: functions of TensorFlow, each an output of one
    model; what NumPy makes of them."""
    x = np.random.default_rng(1).normal(0, 1, (2, 4, 3)).astype("f4")
    e = np.exp(x)
    row = [0.5, -1.0, 2.0]
    erf = np.vectorize(math.erf)
    triple = {"start": None, "stop": None, "step": None}
    cases = [
        ("nn.bias_add", {"bias": row, "data_format": "NHWC"}, x + row),
        ("__operators__.getitem", {"slice_spec": [triple, triple, {
            "start": None, "stop": None, "step": -1}]}, x[..., ::-1]),
        ("cast", {"dtype": "float32"}, x),
        ("cast", {"dtype": "int32"}, np.trunc(x)),
        ("clip_by_value", {"clip_value_min": -0.5, "clip_value_max": 0.25},
         x.clip(-0.5, 0.25)),
        ("identity", {}, x),
        ("stop_gradient", {}, x),
        ("math.reduce_std", {"axis": 1, "keepdims": False}, x.std(1)),
        ("math.reduce_variance", {"axis": [1], "keepdims": True},
         x.var(1, keepdims=True)),
        ("math.reduce_prod", {"axis": -1}, x.prod(-1)),
        ("math.reduce_logsumexp", {"axis": 1}, np.log(e.sum(1))),
        ("math.argmax", {"axis": 1, "output_type": "int64"}, x.argmax(1)),
        ("math.l2_normalize", {"axis": -1, "epsilon": 1e-12},
         x / np.sqrt((x * x).sum(-1, keepdims=True))),
        ("math.floordiv", {"y": 0.5}, np.floor_divide(x, np.float32(0.5))),
        ("math.divide_no_nan", {"y": [1.0, 0.0, 2.0]}, x * [1, 0, 0.5]),
        ("math.squared_difference", {"y": 2.0}, (x - 2) ** 2),
        ("math.greater", {"y": 0.0}, x > 0),
        ("math.log1p", {}, np.log1p(np.abs(x))),
        ("math.expm1", {}, np.expm1(x)),
        ("math.sin", {}, np.sin(x)), ("math.cos", {}, np.cos(x)),
        ("math.floor", {}, np.floor(x)), ("math.ceil", {}, np.ceil(x)),
        ("math.round", {}, np.rint(x)), ("math.sign", {}, np.sign(x)),
        ("math.erf", {}, erf(x)),
        ("math.softplus", {}, np.log1p(e)),
        ("math.log_sigmoid", {}, -np.log1p(1 / e)),
        ("nn.softmax", {"axis": 1}, e / e.sum(1, keepdims=True)),
        ("nn.softmax", {"axis": -1}, e / e.sum(-1, keepdims=True)),
        ("nn.log_softmax", {"axis": 1}, x - np.log(e.sum(1, keepdims=True))),
        ("nn.gelu", {}, x * (1 + erf(x / 2 ** 0.5)) / 2),
        ("nn.gelu", {"approximate": True}, x / 2 * (1 + np.tanh(
            (2 / np.pi) ** 0.5 * (x + 0.044715 * x ** 3)))),
        ("nn.leaky_relu", {"alpha": 0.05}, np.where(x > 0, x, x * 0.05)),
        ("nn.leaky_relu", {}, np.where(x > 0, x, x * 0.2)),
        ("nn.elu", {}, np.where(x > 0, x, np.expm1(x))),
        ("nn.selu", {}, 1.0507009873554805 * np.where(
            x > 0, x, 1.6732632423543772 * np.expm1(x))),
        ("nn.softsign", {}, x / (1 + np.abs(x))),
    ]
    layers = [{"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
               "config": {"name": "x", "dtype": "float32",
                          "batch_input_shape": [None, 4, 3]}},
              {"class_name": "TFOpLambda", "name": "abs", "config": {
                  "name": "abs", "trainable": True, "dtype": "float32",
                  "function": "math.abs"},
               "inbound_nodes": [["x", 0, 0, {"name": None}]]}]
    for i, (function, kwargs, _) in enumerate(cases):
        name = f"op{i}"
        source = "abs" if function == "math.log1p" else "x"
        layers.append({
            "class_name": "SlicingOpLambda" if "getitem" in function
            else "TFOpLambda", "name": name,
            "config": {"name": name, "trainable": True, "dtype": "float32",
                       "function": function},
            "inbound_nodes": [[source, 0, 0, {**kwargs, "name": None}]]})
    config = {"class_name": "Functional", "config": {
        "name": "model", "layers": layers, "input_layers": [["x", 0, 0]],
        "output_layers": [[f"op{i}", 0, 0] for i in range(len(cases))]}}
    write_legacy("tensorflow_functions.tf.h5", config, [], "2.9.0")
    with h5py.File(here / "tensorflow_functions.io.h5", "w") as f:
        f["input_0"] = x
        for i, (_, _, y) in enumerate(cases):
            f[f"output_{i}"] = np.asarray(y, "f4")


tensorflow_functions()


def pairs(source):
    """Architecture and weights in files of their own, of Keras 3 and 2."""
    for suffix, name in ((".json", ".json"), (".weights.h5", ".weights.h5"),
                         (".k2.json", ".legacy.json"),
                         (".legacy_weights.h5", ".legacy_weights.h5")):
        shutil.copyfile(zoo / (source + suffix), here / (source + name))


for make, source in (
        (old_list, "d045_dense_mlp"), (old_list, "d063_simplernn"),
        (old_model, "d082_concat_axes"), (old_model, "d092_nested_shared"),
        (packed, "d058_lstm_last"), (half, "d058_lstm_last"),
        (long_names, "d045_dense_mlp"),
        (checkpoint, "d093_nested_deep"), (checkpoint, "d045_dense_mlp"),
        (windows, "d084_mha_self"), (flat_triples, "d097_dag_order"),
        (flat_triples, "d096_multi_out_order"),
        (op_lambda, "d098_operators"), (pairs, "d059_lstm_stack")):
    make(source)
    shutil.copyfile(zoo / f"{source}.io.h5", here / f"{source}.io.h5")
