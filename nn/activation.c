/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/activation.h"

#include <math.h>
#include <string.h>

struct _NnActivationClass {
  const char *name;
  int keras_major; /* 0: the same in all versions */
  void (*apply) (float *x, size_t n, size_t len, const float *args);
  float args[3];
};

static void
relu (float *x, size_t n, size_t len, const float *args)
{
  for (size_t i = 0; i < n * len; i++)
    x[i] = x[i] > 0 ? x[i] : 0;
}

static void
sigmoid (float *x, size_t n, size_t len, const float *args)
{
  for (size_t i = 0; i < n * len; i++)
    x[i] = 1 / (1 + expf (-x[i]));
}

static void
tanh_ (float *x, size_t n, size_t len, const float *args)
{
  for (size_t i = 0; i < n * len; i++)
    x[i] = tanhf (x[i]);
}

/* args: slope, offset. */
static void
hard_sigmoid (float *x, size_t n, size_t len, const float *args)
{
  for (size_t i = 0; i < n * len; i++)
    x[i] = fminf (fmaxf (args[0] * x[i] + args[1], 0), 1);
}

static void
softmax (float *x, size_t n, size_t len, const float *args)
{
  for (size_t r = 0; r < n; r++, x += len) {
    float max = x[0], sum = 0;

    for (size_t i = 1; i < len; i++)
      max = fmaxf (max, x[i]);
    for (size_t i = 0; i < len; i++)
      sum += x[i] = expf (x[i] - max);
    for (size_t i = 0; i < len; i++)
      x[i] /= sum;
  }
}

static const NnActivationClass table[] = {
  { "linear", 0, NULL },
  { "relu", 0, relu },
  { "sigmoid", 0, sigmoid },
  { "tanh", 0, tanh_ },
  { "softmax", 0, softmax },
  { "hard_sigmoid", 2, hard_sigmoid, { 0.2f, 0.5f } },
  { "hard_sigmoid", 3, hard_sigmoid, { 1 / 6.f, 0.5f } },
};

bool
nn_activation_find (const char *name, int keras_major, NnActivation *activation)
{
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_str_equal (table[i].name, name)
        && (table[i].keras_major == 0 || table[i].keras_major == keras_major)) {
      activation->klass = &table[i];
      memcpy (activation->args, table[i].args, sizeof activation->args);
      return true;
    }
  return false;
}

NnActivation
nn_activation_read (
    const NnConfig *config, const char *key, const char *fallback)
{
  const char *const name = nn_config_string (config, key, fallback);
  NnActivation activation = { 0 };
  g_autoptr (GString) known = NULL;

  if (nn_activation_find (name, config->keras_major, &activation))
    return activation;
  known = g_string_new (NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (i == 0 || !g_str_equal (table[i].name, table[i - 1].name))
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", table[i].name);
  nn_config_fail (config, NN_ERROR_UNSUPPORTED,
      "the activation “%s” is not supported; supported are: %s", name,
      known->str);
  return activation;
}

void
nn_activation_apply (
    const NnActivation *activation, float *x, size_t n, size_t len)
{
  if (activation->klass && activation->klass->apply)
    activation->klass->apply (x, n, len, activation->args);
}

bool
nn_activation_is_relu (const NnActivation *activation)
{
  return activation->klass && activation->klass->apply == relu;
}

bool
nn_activation_is (const NnActivation *activation, const char *name)
{
  return activation->klass && g_str_equal (activation->klass->name, name);
}
