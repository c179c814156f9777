/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRU (Cho et al. 2014), gates z r h as in Keras:
 *   h = z * h' + (1 - z) * act (x_h + ...)
 * reset_after (cuDNN's form): ... = r * (h' U_h + b_h), and two rows of bias;
 * otherwise: ... = (r * h') U_h. CuDNNGRU (Keras 2) is the first of these.
 */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/rnn-training.h"

static void
blend (const NnRnn *rnn, const float *z, float *candidate, float *h)
{
  nn_activation_apply (&rnn->activation, candidate, 1, rnn->units);
  for (size_t k = 0; k < rnn->units; k++)
    h[k] = z[k] * h[k] + (1 - z[k]) * candidate[k];
}

static void
step_reset_after (const NnRnn *rnn, const float *x, float *rec, float *h)
{
  const size_t units = rnn->units;
  float *const r = rec + units, *const candidate = rec + 2 * units;

  if (rnn->is_standard) {
    nn_simd ()->gru_gates (x, rec, units, h);
    return;
  }
  for (size_t k = 0; k < 2 * units; k++)
    rec[k] += x[k];
  nn_activation_apply (&rnn->recurrent_activation, rec, 2, units);
  for (size_t k = 0; k < units; k++)
    candidate[k] = x[2 * units + k] + r[k] * candidate[k];
  blend (rnn, rec, candidate, h);
}

/* The product for the candidate needs r first, so this form computes it itself.
 */
static void
step_reset_before (const NnRnn *rnn, const float *x, float *rec, float *h)
{
  const size_t units = rnn->units;
  float *const r = rec + units, *const candidate = rec + 2 * units;

  memcpy (rec, x, 3 * units * sizeof *rec);
  nn_simd ()->vector_product (h, &rnn->packed_recurrent, rec);
  nn_activation_apply (&rnn->recurrent_activation, rec, 2, units);
  for (size_t k = 0; k < units; k++)
    r[k] *= h[k];
  nn_simd ()->vector_product (r, &rnn->packed_candidate, candidate);
  blend (rnn, rec, candidate, h);
}

static void
gru_step (const NnRnn *rnn, const float *x, float *rec, float *const *states)
{
  if (rnn->reset_after)
    step_reset_after (rnn, x, rec, states[0]);
  else
    step_reset_before (rnn, x, rec, states[0]);
}

/* Columns that a step saves: z r h, and either what r is multiplied by
 * (reset_after: the state's product) or r times the state. */
static size_t
column (const NnRnnChunk *chunk, size_t i)
{
  return i * chunk->rnn->units;
}

/* c [n][width] (+)= a [n][lda] times a packed matrix. */
static void
multiply_rows (const NnRnnChunk *chunk, const float *a, size_t lda,
    const NnPacked *b, const float *bias, bool accumulate, float *c, size_t ldc)
{
  nn_simd ()->product (&(NnProduct){ .m = chunk->n,
      .a = a,
      .lda = lda,
      .n_segments = 1,
      .segment_len = b->k,
      .b = b,
      .bias = bias,
      .accumulate = accumulate,
      .c = c,
      .ldc = ldc });
}

/* z and r of all samples, and the candidate's sum; rows: scratch. */
static void
sum_reset_after (NnRnnChunk *chunk, size_t step)
{
  const NnRnn *const rnn = chunk->rnn;
  const size_t units = rnn->units;
  const float *const bias = rnn->bias ? rnn->bias + 3 * units : NULL;

  multiply_rows (chunk, nn_rnn_used (chunk, step), units,
      &rnn->packed_recurrent, bias, false, chunk->rows, chunk->width);
  for (size_t k = 0; k < chunk->n; k++) {
    float *const z = nn_rnn_z (chunk, step) + k * chunk->width;
    const float *const rec = chunk->rows + k * chunk->width;

    nn_loops ()->add (2 * units, rec, z);
    nn_activation_apply (&rnn->recurrent_activation, z, 2, units);
    memcpy (z + column (chunk, 3), rec + column (chunk, 2), units * sizeof *z);
    nn_loops ()->multiply_add (units, z + column (chunk, 1),
        z + column (chunk, 3), z + column (chunk, 2));
  }
}

static void
sum_reset_before (NnRnnChunk *chunk, size_t step)
{
  const NnRnn *const rnn = chunk->rnn;
  const size_t units = rnn->units;
  float *const rows = nn_rnn_z (chunk, step);
  const float *const used = nn_rnn_used (chunk, step);

  multiply_rows (chunk, used, units, &rnn->packed_recurrent, NULL, true, rows,
      chunk->width);
  for (size_t k = 0; k < chunk->n; k++) {
    float *const z = rows + k * chunk->width;

    nn_activation_apply (&rnn->recurrent_activation, z, 2, units);
    nn_loops ()->multiply (
        units, z + column (chunk, 1), used + k * units, z + column (chunk, 3));
  }
  multiply_rows (chunk, rows + column (chunk, 3), chunk->width,
      &rnn->packed_candidate, NULL, true, rows + column (chunk, 2),
      chunk->width);
}

static void
gru_train_step (NnRnnChunk *chunk, size_t step)
{
  const NnRnn *const rnn = chunk->rnn;
  const size_t units = rnn->units;

  if (rnn->reset_after)
    sum_reset_after (chunk, step);
  else
    sum_reset_before (chunk, step);
  for (size_t k = 0; k < chunk->n; k++) {
    float *const z = nn_rnn_z (chunk, step) + k * chunk->width;
    float *const candidate = z + column (chunk, 2);

    nn_activation_apply (&rnn->activation, candidate, 1, units);
    nn_loops ()->blend (units, z, nn_rnn_used (chunk, step) + k * units,
        candidate, nn_rnn_state (chunk, 0, step + 1) + k * units);
  }
}

/* Transposed: of the gates z and r, then of the candidate. */
static NnPacked
packed_gates (const NnRnnChunk *chunk)
{
  const size_t units = chunk->rnn->units;

  return (NnPacked){ 2 * units, units, chunk->packed };
}

static NnPacked
packed_candidate (const NnRnnChunk *chunk)
{
  const size_t units = chunk->rnn->units;

  return (NnPacked){ units, units,
    chunk->packed + nn_packed_len (nn_simd (), 2 * units, units) };
}

static void
gru_pack_back (NnRnnChunk *chunk)
{
  const size_t units = chunk->rnn->units;
  const float *const recurrent = chunk->rnn->recurrent;

  nn_packed_at (packed_gates (chunk).data, nn_simd (), recurrent, 1, 3 * units,
      2 * units, units);
  nn_packed_at (packed_candidate (chunk).data, nn_simd (),
      recurrent + 2 * units, 1, 3 * units, units, units);
}

/* One sample, up to the candidate's sum: dz [3 * units] = gradients of the sums
 * of z and of the candidate (r comes later), dh the gradient that bypasses the
 * gates. */
static void
gru_gates_back (
    const NnRnn *rnn, const float *z, const float *h, float *dh, float *dz)
{
  const size_t units = rnn->units;
  const float *const candidate = z + 2 * units;

  nn_loops ()->blend_gradient (units, z, h, candidate, dh, dz, dz + 2 * units);
  nn_activation_gradient (&rnn->recurrent_activation, NULL, z, dz, 1, units);
  nn_activation_gradient (
      &rnn->activation, NULL, candidate, dz + 2 * units, 1, units);
}

/* r, once the gradient of its factor is known. */
static void
gru_reset_back (const NnRnn *rnn, const float *r, const float *factor,
    const float *gradient, float *dr)
{
  nn_loops ()->multiply (rnn->units, gradient, factor, dr);
  nn_activation_gradient (
      &rnn->recurrent_activation, NULL, r, dr, 1, rnn->units);
}

/* rows [n][width]: gradients, which then replace z. */
static void
back_reset_after (NnRnnChunk *chunk, size_t step)
{
  const NnRnn *const rnn = chunk->rnn;

  for (size_t k = 0; k < chunk->n; k++) {
    const float *const z = nn_rnn_z (chunk, step) + k * chunk->width;
    float *const dz = chunk->rows + k * chunk->width;
    const float *const r = z + column (chunk, 1);

    gru_reset_back (rnn, r, z + column (chunk, 3), dz + column (chunk, 2),
        dz + column (chunk, 1));
    nn_loops ()->multiply (
        rnn->units, dz + column (chunk, 2), r, dz + column (chunk, 3));
  }
}

static void
back_reset_before (NnRnnChunk *chunk, size_t step)
{
  const NnRnn *const rnn = chunk->rnn;
  const size_t units = rnn->units;
  const NnPacked candidate = packed_candidate (chunk);

  multiply_rows (chunk, chunk->rows + column (chunk, 2), chunk->width,
      &candidate, NULL, false, chunk->rows + column (chunk, 3), chunk->width);
  for (size_t k = 0; k < chunk->n; k++) {
    const float *const z = nn_rnn_z (chunk, step) + k * chunk->width;
    float *const dz = chunk->rows + k * chunk->width;
    const float *const r = z + column (chunk, 1);

    gru_reset_back (rnn, r, nn_rnn_used (chunk, step) + k * units,
        dz + column (chunk, 3), dz + column (chunk, 1));
    nn_loops ()->multiply_add (
        units, dz + column (chunk, 3), r, chunk->d_states[0] + k * units);
    /* Kept, because the gradient of the kernel needs r times the state. */
    memcpy (dz + column (chunk, 3), z + column (chunk, 3), units * sizeof *dz);
  }
}

static void
gru_step_back (NnRnnChunk *chunk, size_t step)
{
  const NnRnn *const rnn = chunk->rnn;
  const size_t units = rnn->units;
  const NnPacked gates = packed_gates (chunk);
  const NnPacked candidate = packed_candidate (chunk);

  for (size_t k = 0; k < chunk->n; k++)
    gru_gates_back (rnn, nn_rnn_z (chunk, step) + k * chunk->width,
        nn_rnn_used (chunk, step) + k * units, chunk->d_states[0] + k * units,
        chunk->rows + k * chunk->width);
  if (rnn->reset_after) {
    back_reset_after (chunk, step);
    multiply_rows (chunk, chunk->rows + column (chunk, 3), chunk->width,
        &candidate, NULL, true, chunk->d_states[0], units);
  } else {
    back_reset_before (chunk, step);
  }
  multiply_rows (chunk, chunk->rows, chunk->width, &gates, NULL, true,
      chunk->d_states[0], units);
  memcpy (nn_rnn_z (chunk, step), chunk->rows,
      chunk->n * chunk->width * sizeof (float));
}

static void
gru_recurrent_gradient (const NnRnnChunk *chunk, float *kernel, float *bias)
{
  const size_t units = chunk->rnn->units, columns = 3 * units;
  const size_t kept = column (chunk, 3);

  nn_rnn_recurrent_gradient (chunk, NULL, 0, 2 * units, kernel, columns);
  if (chunk->rnn->reset_after)
    nn_rnn_recurrent_gradient (
        chunk, NULL, kept, units, kernel + 2 * units, columns);
  else
    nn_rnn_recurrent_gradient (
        chunk, &kept, column (chunk, 2), units, kernel + 2 * units, columns);
  if (!bias || !chunk->rnn->reset_after)
    return;
  nn_rnn_bias_gradient (chunk, 0, 2 * units, bias + columns);
  nn_rnn_bias_gradient (chunk, kept, units, bias + columns + 2 * units);
}

static void
gru_read (NnRnn *rnn, const NnConfig *config)
{
  /* Files of Keras before 2.3 lack the key, which means false. */
  rnn->reset_after =
      nn_config_bool (config, "reset_after", config->keras_major >= 3);
  rnn->recurrent_by_cell = !rnn->reset_after;
}

static void
cudnn_gru_read (NnRnn *rnn, const NnConfig *config)
{
  rnn->reset_after = true;
}

const NnRnnCell nn_gru_cell = { .scope = "gru_cell",
  .n_gates = 3,
  .n_states = 1,
  .read = gru_read,
  .step = gru_step,
  .n_kept = 4,
  .train_step = gru_train_step,
  .pack_back = gru_pack_back,
  .step_back = gru_step_back,
  .recurrent_gradient = gru_recurrent_gradient };

const NnRnnCell nn_cudnn_gru_cell = { .n_gates = 3,
  .n_states = 1,
  .is_cudnn = true,
  .read = cudnn_gru_read,
  .step = gru_step };

const NnLayerClass nn_gru_classes[] = {
  NN_RNN_LAYER ("GRU", "gru_cell", &nn_rnn_layer_training),
  NN_RNN_LAYER ("UnifiedGRU", "gru_cell", &nn_rnn_layer_training),
  NN_RNN_LAYER ("CuDNNGRU", "gru_cell", NULL),
  { NULL },
};
