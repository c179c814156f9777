/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small tables of numbers: DCT, delta, chroma bank. */
#include <math.h>
#include <stdbool.h>

#include "dsp/chroma.h"
#include "dsp/dct.h"
#include "dsp/delta.h"
#include "dsp/error.h"
#include "tests/dsp/golden.h"

/* The matrix, by what it does to unit vectors. */
static void
test_dct (void)
{
  g_autoptr (NnH5) file = golden_open ("filters");
  g_autofree double *want = golden_doubles (file, "dct13x128", NULL);
  g_autoptr (DspDct) dct = dsp_dct_new (128, 13, 0, NULL);
  float got[13][128];

  for (size_t i = 0; i < 128; i++) {
    float unit[128] = { 0 };

    unit[i] = 1;
    dsp_dct_apply (dct, unit, &got[0][i], 128);
  }
  golden_compare ("dct", &got[0][0], want, 13 * 128, 1e-7);
}

static void
test_dct_config (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (dsp_dct_new (12, 13, 0, &error));
  g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_null (dsp_dct_new (12, 0, 0, &error));
  g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
}

static const struct {
  const char *name;
  size_t width, order;
  bool ok;
} deltas[] = {
  { "3-1", 3, 1, true },
  { "3-2", 3, 2, true },
  { "9-1", 9, 1, true },
  { "9-2", 9, 2, true },
  { "9-3", 9, 3, true },
  { "11-5", 11, 5, true },
  { "41-4", 41, 4, true },
  { "even", 8, 1, false },
  { "one", 1, 1, false },
  { "zero", 0, 1, false },
  { "order-0", 9, 0, false },
  { "order-too-high", 9, 9, false },
};

/* The fit is exact for a polynomial of that order, at the edges too: its
 * derivative of that order is order! times the first coefficient. */
static void
test_delta (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const size_t n = 50;
  g_autoptr (GError) error = NULL;
  g_autoptr (DspDelta) delta =
      dsp_delta_new (deltas[i].width, deltas[i].order, &error);
  float in[50], out[50];
  double want = 1;

  g_assert_true ((delta != NULL) == deltas[i].ok);
  if (!delta) {
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
    return;
  }
  for (size_t f = 0; f < n; f++)
    in[f] =
        (float) (pow (((double) f - 20) / 25, (double) deltas[i].order) + 0.5);
  for (size_t o = 1; o <= deltas[i].order; o++)
    want *= (double) o / 25;
  dsp_delta_apply (delta, in, n, out);
  for (size_t f = 0; f < n; f++)
    g_assert_cmpfloat_with_epsilon (out[f], want, 2e-6);
}

/* The weights themselves, where the order is below what the data has: the sums
 * of librosa's documentation for width 9. */
static void
test_delta_noise (void)
{
  static const double second[] = { 28, 7, -8, -17, -20, -17, -8, 7, 28 };
  g_autoptr (DspDelta) one = dsp_delta_new (9, 1, NULL);
  g_autoptr (DspDelta) two = dsp_delta_new (9, 2, NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  float in[20], slope[20], bend[20];

  for (size_t f = 0; f < 20; f++)
    in[f] = (float) g_rand_double (rand);
  dsp_delta_apply (one, in, 20, slope);
  dsp_delta_apply (two, in, 20, bend);
  for (size_t f = 0; f < 20; f++) {
    const size_t centre = CLAMP (f, 4, 15);
    double want_slope = 0, want_bend = 0;

    for (size_t j = 0; j < 9; j++) {
      want_slope += ((double) j - 4) / 60 * in[centre + j - 4];
      want_bend += second[j] / 462 * in[centre + j - 4];
    }
    g_assert_cmpfloat_with_epsilon (slope[f], want_slope, 1e-6);
    g_assert_cmpfloat_with_epsilon (bend[f], want_bend, 1e-6);
  }
}

static void
test_chroma (void)
{
  g_autoptr (NnH5) file = golden_open ("filters");
  g_autofree double *want = golden_doubles (file, "chroma_tuning0_f64", NULL);
  g_autoptr (DspChroma) chroma = dsp_chroma_new (16000, 2048, 12, NULL);
  g_autofree float *got = g_new (float, 12 * 1025);

  /* There and back: set_tuning builds the bank that new builds. */
  dsp_chroma_set_tuning (chroma, 0.25);
  g_assert_cmpfloat (
      fabs (dsp_chroma_weight (chroma, 9, 56) - want[9 * 1025 + 56]), >, 1e-3);
  dsp_chroma_set_tuning (chroma, 0);
  for (size_t k = 0; k < 12 * 1025; k++)
    got[k] = dsp_chroma_weight (chroma, k / 1025, k % 1025);
  golden_compare ("chroma bank", got, want, 12 * 1025, 1e-7);
}

static void
test_chroma_config (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (dsp_chroma_new (16000, 2047, 12, &error));
  g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_null (dsp_chroma_new (16000, 2048, 0, &error));
  g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filters/dct/matrix", test_dct);
  g_test_add_func ("/filters/dct/config", test_dct_config);
  for (size_t i = 0; i < G_N_ELEMENTS (deltas); i++) {
    g_autofree char *path =
        g_strdup_printf ("/filters/delta/%s", deltas[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_delta);
  }
  g_test_add_func ("/filters/delta/noise", test_delta_noise);
  g_test_add_func ("/filters/chroma/bank", test_chroma);
  g_test_add_func ("/filters/chroma/config", test_chroma_config);
  return g_test_run ();
}
