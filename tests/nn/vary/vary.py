#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Varies one option at a time of every layer, writes each variant as a model
file, and compares what nn/ makes of it with numpy (reference.py). Then the same
again for dtypes of weights, booleans as numbers and null, containers, and
dtypes of the policy; and axes of no length, which must be refused. A layer of
nn/ that is not varied, and not in NOT_VARIED, is a failure.

    vary.py VARY_RUN [NAME...]

Prints how many variants there are and which are wrong. NAME: only these layers.
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import h5py  # noqa: F401
    import numpy as np
except ImportError as missing:
    print('1..0 # SKIP %s is not installed' % missing.name)
    sys.exit(0)

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attention  # noqa: E402, F401: adds to layers.LAYERS
import families  # noqa: E402, F401: adds to layers.LAYERS
import files  # noqa: E402
import functions  # noqa: E402, F401: adds to layers.LAYERS
import layers  # noqa: E402
import operators  # noqa: E402, F401: adds to layers.LAYERS
import recurrent  # noqa: E402, F401: adds to layers.LAYERS

NOT_VARIED = {}  # name of the layer: why

TOLERANCE = {'bfloat16': 2e-5, 'f2': 2e-5, '>f2': 2e-5}
OTHER_DTYPES = ['f8', '>f4', '>f8', 'f2', '>f2', 'bfloat16', 'i4', 'i8', '?']
POLICIES = [
    'float16', 'float64', 'bfloat16', 'mixed_float16', 'mixed_bfloat16',
    {'module': 'keras', 'class_name': 'DTypePolicy',
     'config': {'name': 'mixed_bfloat16'}, 'registered_name': None},
    {'class_name': 'Policy', 'config': {'name': 'mixed_float16'}},
]


def as_numbers(config, how):
    """Booleans of a configuration as numbers, or false ones as null."""
    return {k: how(v) if isinstance(v, bool) else v for k, v in config.items()}


def formats(base):
    """The same layer in other files: (what, variant, version, dtype, is_zip)."""
    major = base.get('only', 0)
    yield '', base, base.get('version', '3.9.2'), 'f4', False
    if not base.get('is_first'):
        return
    if major != 2:
        yield '.keras', base, '3.9.2', 'f4', True
    if major != 3 and base.get('in_keras2', True):
        yield 'Keras 2 .h5', base, '2.10.0', 'f4', False
        for version in ('2.13.1', '2.14.0', '2.15.0'):
            if base['weights'] and base.get('in_keras2_zip', True):
                yield version + '.keras', base, version, 'f4', True
    version = base.get('version', '3.9.2')
    if any(isinstance(v, bool) for v in base['config'].values()):
        for name, how in (('int', int), ('float', float),
                          ('null', lambda b: b or None)):
            yield ('booleans as ' + name,
                   dict(base, config=as_numbers(base['config'], how)),
                   version, 'f4', False)
    for policy in POLICIES if 'module' not in base else []:
        yield ('dtype ' + json.dumps(policy),
               dict(base, config=dict(base['config'], dtype=policy)),
               version, 'f4', False)


def with_weights(make, dtype):
    """The variant whose weights are what that dtype holds."""
    return make(lambda w: files.rounded(w, dtype))


def all_variants(names):
    for kind, makers in layers.LAYERS.items():
        if names and kind not in names:
            continue
        for i, make in enumerate(makers):
            base = make(lambda w: w)
            base['is_first'] = i == 0
            for what, v, version, dtype, is_zip in formats(base):
                yield kind, (base['what'] + ' ' + what).strip(), v, version, \
                    dtype, is_zip
            for dtype in OTHER_DTYPES if base['weights'] and i == 0 else []:
                v = with_weights(make, dtype)
                yield kind, 'weights ' + dtype, v, v.get(
                    'version', '3.9.2'), dtype, False


def empty_axes(names):
    """An input axis of no length: refused, and nothing else."""
    for kind, makers in layers.LAYERS.items():
        if names and kind not in names:
            continue
        base = makers[0](lambda w: w)
        for axis in range(1, base['x'][0].ndim):
            shape = list(base['x'][0].shape)
            shape[axis] = 0
            yield kind, dict(base, x=[np.zeros(shape)] + base['x'][1:]), \
                base.get('version', '3.9.2')


def forgotten(runner):
    """Layers of nn/ that nothing varies, and reasons that are out of date."""
    done = subprocess.run([runner, '--list'], capture_output=True, text=True,
                          check=True)
    table, varied = set(done.stdout.strip().split(', ')), set(layers.LAYERS)
    return (['%s is not varied' % n for n in table - varied - set(NOT_VARIED)]
            + ['NOT_VARIED has %s, which is varied, or no layer' % n
               for n in NOT_VARIED if n in varied or n not in table])


def main():
    runner, names = sys.argv[1], sys.argv[2:]
    table, lines = [], []
    with tempfile.TemporaryDirectory() as folder:
        for i, (kind, what, v, version, dtype, is_zip) in enumerate(
                all_variants(names)):
            path = '%s/%d%s' % (folder, i, '.keras' if is_zip else '.h5')
            (files.write_keras if is_zip else files.write_h5)(
                path, v, version, dtype)
            table.append((kind, what, dtype))
            lines.append('%s\t%s' % (path, path + '.io.h5' if is_zip
                                     else path))
        n_empty = 0
        for kind, v, version in empty_axes(names):
            path = '%s/empty-%d.h5' % (folder, n_empty)
            files.write_h5(path, v, version, 'f4')
            lines.append('%s\t%s' % (path, path))
            n_empty += 1
        done = subprocess.run([runner], input='\n'.join(lines) + '\n',
                              capture_output=True, text=True)
    results = done.stdout.splitlines()
    wrong = []
    for (kind, what, dtype), result in zip(table, results):
        if result.startswith('refused') or not (
                float(result) <= TOLERANCE.get(dtype, 1e-5)):
            wrong.append('%s, %s: %s' % (kind, what, result))
    taken = [r for r in results[len(table):] if not r.startswith('refused')]
    kinds = {kind for kind, _, _ in table}
    left = sorted(forgotten(runner))
    print('1..4')
    print('%sok 1 - %d variants of %d layers, %d wrong' % (
        'not ' if wrong else '', len(table), len(kinds), len(wrong)))
    print('%sok 2 - %d inputs with an empty axis, %d not refused' % (
        'not ' if taken else '', n_empty, len(taken)))
    crashed = done.returncode != 0 or len(results) != len(lines)
    print('%sok 3 - no crash' % ('not ' if crashed else ''))
    print('%sok 4 - every layer is varied, or there is a reason' % (
        'not ' if left else ''))
    for text in wrong + left:
        print('# ' + text)
    if crashed:
        print('# status %d after %d of %d: %s' % (
            done.returncode, len(results), len(lines),
            lines[len(results)] if len(results) < len(lines) else ''))
        print('# ' + str(table[len(results)] if len(results) < len(table)
                         else ''))
    return bool(wrong or taken or crashed or left)


sys.exit(main())
