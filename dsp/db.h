/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Levels: power to decibels, and scaling to 0..1. In place, over n values that
 * belong together (a whole window). No errors, no allocation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* 10 log10 (max (amin, x)) - 10 log10 (max (amin, ref)), clamped to top_db
 * below the largest result: librosa.power_to_db. amin > 0; top_db > 0. ref =
 * DSP_DB_REF_MAX stands for the largest x. */
#define DSP_DB_REF_MAX 0.0f
void dsp_power_to_db (
    float *values, size_t n, float ref, float amin, float top_db);

/* (x - min) / (max - min). If all values are equal (0 / 0), they become 0 and
 * the result is false. */
bool dsp_min_max (float *values, size_t n);
