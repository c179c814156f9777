# SPDX-License-Identifier: GPL-2.0-or-later
"""Kinds of attention, with one option after the other at another value."""
import numpy as np

import reference as ref
from layers import N, add, numbers


for scale in (False, True):
    q, s = numbers(N, 3, 4), numbers(N, 5, 4)
    add('Attention', 'scale %s' % scale, dict(
        use_scale=scale, score_mode='dot', dropout=0.0),
        [('scale', np.array(0.7))] if scale else [], [q, s],
        lambda w, q=q, s=s: ref.softmax(
            (w[0] if w else 1) * np.einsum('ntd,nsd->nts', q, s)) @ s,
        takes_list=True)
    add('AdditiveAttention', 'scale %s' % scale, dict(
        use_scale=scale, dropout=0.0),
        [('scale', numbers(4))] if scale else [], [q, s],
        lambda w, q=q, s=s: ref.softmax(
            ((w[0] if w else 1) * np.tanh(q[:, :, None] + s[:, None])).sum(
                -1)) @ s, takes_list=True)


def multi_head(what='', heads=2, key_dim=3, value_dim=None, use_bias=True,
               out=4, causal=False, scores=False):
    q, s = numbers(N, 3, 4), numbers(N, 5, 4)
    vd = value_dim or key_dim
    ws = []
    for scope, size in (('query', key_dim), ('key', key_dim), ('value', vd),
                        ('output', vd)):
        is_out = scope == 'output'
        kernel = (heads, size, out) if is_out else (4, heads, size)
        ws.append((scope + '_dense', 'kernel', numbers(*kernel)))
        if use_bias:
            ws.append((scope + '_dense', 'bias', numbers(*(
                (out,) if is_out else (heads, size)))))

    def compute(w):
        k, bias = (w[0::2], w[1::2]) if use_bias else (w, [0] * 4)
        Q, K, V = [np.einsum('ntc,chd->nthd', t, kernel) + b
                   for t, kernel, b in zip((q, s, s), k, bias)]
        logits = np.einsum('nthd,nshd->nhts', Q, K) / np.sqrt(key_dim)
        p = ref.softmax(np.where(np.tri(3, 5), logits, -1e9) if causal
                        else logits)
        y = np.einsum('nhts,nshd->nthd', p, V)
        y = np.einsum('nthd,hdf->ntf', y, k[3]) + bias[3]
        return (y, p) if scores else y
    keywords = dict(use_causal_mask=causal, return_attention_scores=scores)
    add('MultiHeadAttention', what, dict(
        num_heads=heads, key_dim=key_dim, value_dim=value_dim, dropout=0.0,
        use_bias=use_bias, output_shape=None if out == 4 else out,
        attention_axes=None), ws, [q, s], compute, by_value=True,
        in_keras2_zip=False, keywords={k: v for k, v in keywords.items() if v})


multi_head()
for options in (dict(heads=1), dict(key_dim=1), dict(value_dim=5),
                dict(use_bias=False), dict(out=7), dict(out=1),
                dict(causal=True), dict(scores=True)):
    multi_head(str(options), **options)


# ---- GroupedQueryAttention ----

def grouped(what='', heads=4, shared=2, dim=3, use_bias=True, t=3, s=5,
            features=4, kind='GroupedQueryAttention'):
    q, k = numbers(N, t, features), numbers(N, s, features)
    ws = []
    for scope, h in (('query', heads), ('key', shared), ('value', shared)):
        ws.append((scope + '_dense', 'kernel', numbers(features, h, dim)))
        ws += [(scope + '_dense', 'bias', numbers(h, dim))] if use_bias else []
    ws.append(('output_dense', 'kernel', numbers(heads, dim, features)))
    ws += [('output_dense', 'bias', numbers(features))] if use_bias else []

    def compute(w):
        kernels, b = (w[0::2], w[1::2]) if use_bias else (w, [0] * 4)
        Q, K, V = [np.einsum('ntc,chd->nthd', x, kernel) + add
                   for x, kernel, add in zip((q, k, k), kernels, b)]
        y = np.zeros_like(Q)
        for h in range(heads):
            g = h // (heads // shared)
            p = ref.softmax(Q[:, :, h] @ K[:, :, g].swapaxes(1, 2)
                            / np.sqrt(dim))
            y[:, :, h] = p @ V[:, :, g]
        return np.einsum('nthd,hdf->ntf', y, kernels[3]) + b[3]
    add(kind, what, dict(
        head_dim=dim, num_query_heads=heads, num_key_value_heads=shared,
        dropout=0.0, use_bias=use_bias), ws, [q, k], compute, only=3,
        class_of_python='GroupedQueryAttention')


for options in ({}, dict(shared=1), dict(shared=4), dict(heads=6),
                dict(heads=1, shared=1), dict(dim=1), dict(dim=17),
                dict(use_bias=False), dict(t=1), dict(s=1),
                dict(features=1), dict(t=9, s=2)):
    grouped(str(options), **options)
grouped(kind='GroupQueryAttention')


# ---- Attention: its call's arguments, and the sum of tanh as its score ----

def attention(what='', scale=False, mode='dot', causal=False, scores=False,
              own_key=False, additive=False):
    q, v = numbers(N, 3, 4), numbers(N, 5, 4)
    k = numbers(N, 5, 4) if own_key else v
    ws = [('scale', numbers(4) if additive else np.array(0.7))] if scale else []
    ws += [('concat_score_weight', np.array(-0.6))] if mode == 'concat' else []

    def compute(w):
        factor = w[0] if scale else 1
        pairs = q[:, :, None] + k[:, None]
        s = ((factor * np.tanh(pairs)).sum(-1) if additive
             else w[-1] * np.tanh(factor * pairs).sum(-1) if mode == 'concat'
             else factor * np.einsum('ntd,nsd->nts', q, k))
        s = np.where(np.tri(3, 5), s, -1e9) if causal else s
        p = ref.softmax(s)
        return (p @ v, p) if scores else p @ v
    keywords = dict(use_causal_mask=causal, return_attention_scores=scores)
    add('AdditiveAttention' if additive else 'Attention', what, dict(
        use_scale=scale, dropout=0.0, **({} if additive else
                                         dict(score_mode=mode))), ws,
        [q, v, k] if own_key else [q, v], compute, takes_list=True, only=3,
        keywords={k: v for k, v in keywords.items() if v})


for base in ({}, dict(mode='concat'), dict(additive=True)):
    for options in ({}, dict(scale=True), dict(causal=True), dict(scores=True),
                    dict(own_key=True), dict(causal=True, scores=True)):
        attention(str(dict(base, **options)), **dict(base, **options))
