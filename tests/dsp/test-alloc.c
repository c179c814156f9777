/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What runs on a stream allocates nothing: this program's allocator counts. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "dsp/features.h"
#include "dsp/resampler.h"
#include "dsp/vocoder.h"

/* The sanitizers bring their own allocator, and other C libraries other names.
 */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)                       \
    && !defined(__SANITIZE_THREAD__)
#define HAVE_COUNT 1

void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void *__libc_realloc (void *old, size_t size);
void *__libc_memalign (size_t alignment, size_t size);

static size_t n_allocations;

#define EXPORT __attribute__ ((visibility ("default")))

EXPORT void *
malloc (size_t size)
{
  n_allocations++;
  return __libc_malloc (size);
}

EXPORT void *
calloc (size_t n, size_t size)
{
  n_allocations++;
  return __libc_calloc (n, size);
}

EXPORT void *
realloc (void *old, size_t size)
{
  n_allocations++;
  return __libc_realloc (old, size);
}

void *memalign (size_t alignment, size_t size);

EXPORT void *
memalign (size_t alignment, size_t size)
{
  n_allocations++;
  return __libc_memalign (alignment, size);
}

EXPORT void *
aligned_alloc (size_t alignment, size_t size)
{
  n_allocations++;
  return __libc_memalign (alignment, size);
}

EXPORT int
posix_memalign (void **out, size_t alignment, size_t size)
{
  n_allocations++;
  *out = __libc_memalign (alignment, size);
  return *out ? 0 : ENOMEM;
}
#else
#define HAVE_COUNT 0
static size_t n_allocations;
#endif

static float samples[3 * 48000];
static float out[3 * 48000];

/* If the counter were dead, every test below would pass. */
static void
test_counter (void)
{
  if (!HAVE_COUNT) {
    g_test_skip ("this build's allocator cannot be counted");
    return;
  }

  const size_t before = n_allocations;
  GString *string = g_string_new ("counted, through GLib's library");

  g_string_free (string, true);
  g_assert_cmpuint (n_allocations, >, before);
}

static void
test_features (void)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;

  recipe.features = (DSP_FEATURE_FLATNESS << 1) - 1;

  g_autoptr (DspFeatures) features = dsp_features_new (&recipe, NULL);
  g_autoptr (DspFrames) frames = dsp_frames_new (&recipe, NULL);
  const size_t before = n_allocations;

  dsp_features_compute (features, samples, 48000, out);
  dsp_features_compute_at (features, frames, 512, samples, 48000, out);
  dsp_features_compute_at (features, frames, 1024, samples, 47000, out);
  g_assert_cmpuint (n_allocations, ==, before);
}

static void
test_stretch (void)
{
  g_autoptr (DspVocoder) vocoder = dsp_vocoder_new (2048, 512, NULL);
  const size_t before = n_allocations;

  dsp_vocoder_stretch (vocoder, samples, 48000, 0.9, out);
  g_assert_cmpuint (n_allocations, ==, before);
}

/* libsoxr's buffers grow until they have met their fullest state, some seconds
 * into the stream at the latest; then never again. */
static void
test_resampler (gconstpointer rate)
{
  g_autoptr (DspResampler) resampler =
      dsp_resampler_new (GPOINTER_TO_SIZE (rate), 16000, NULL);
  size_t used;
  size_t before = 0;

  for (size_t second = 0; second < 30; second++) {
    if (second == 10)
      before = n_allocations;
    for (size_t t = 0; t < 144000; t += used)
      dsp_resampler_push (resampler, samples + t, 144000 - t, &used, out,
          1 + (t * 7 + second) % 3000);
  }
  g_assert_cmpuint (n_allocations, ==, before);
}

int
main (int argc, char **argv)
{
  static const size_t rates[] = { 8000, 16000, 22050, 44100, 48000, 192000 };

  g_test_init (&argc, &argv, NULL);
  for (size_t t = 0; t < G_N_ELEMENTS (samples); t++)
    samples[t] = (float) (t % 101) / 101 - 0.5f;
  g_test_add_func ("/alloc/counter", test_counter);
  g_test_add_func ("/alloc/features", test_features);
  g_test_add_func ("/alloc/stretch", test_stretch);
  for (size_t i = 0; i < G_N_ELEMENTS (rates); i++) {
    g_autofree char *path = g_strdup_printf ("/alloc/resampler/%zu", rates[i]);

    g_test_add_data_func (path, GSIZE_TO_POINTER (rates[i]), test_resampler);
  }
  return g_test_run ();
}
