// SPDX-License-Identifier: GPL-2.0-or-later
// What passes the voice gate by ONNX Runtime, for the table of
// nn/models/voice.md: windows of 3 s with at least 0.3 s of speech, by the
// probability from which a chunk is speech. Names of recordings at stdin.
// Usage: node peer-voice.js MODULE silero_vad_v6.onnx [PROBABILITIES] < FILES
// MODULE: onnxruntime-node (./compare --install); the network:
// nn/models/make-voice. PROBABILITIES: a file for {"f": name, "p": [...]} lines.
'use strict';
const {execFileSync} = require('child_process');
const fs = require('fs');
const path = require('path');

const RATE = 16000, CHUNK = 512, CONTEXT = 64, WINDOW = 3 * RATE;
const THRESHOLDS = [0.3, 0.4, 0.5], MIN_VOICE = 0.3;

const [module_, model, log] = process.argv.slice(2);
const {InferenceSession, Tensor} = require(path.resolve(module_));

function decode(file) {
  const bytes = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-ac', '1',
    '-ar', `${RATE}`, '-f', 'f32le', '-'], {maxBuffer: 1 << 30});
  const n = bytes.length >> 2;
  return new Float32Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 4 * n));
}

async function listen(session, samples) {
  const sr = new Tensor('int64', BigInt64Array.of(BigInt(RATE)), []);
  const input = new Float32Array(CONTEXT + CHUNK), probabilities = [];
  let state = new Tensor('float32', new Float32Array(256), [2, 1, 128]);
  for (let i = 0; i + CHUNK <= samples.length; i += CHUNK) {
    input.copyWithin(0, CHUNK);
    input.set(samples.subarray(i, i + CHUNK), CONTEXT);
    const answer = await session.run({
      input: new Tensor('float32', input.slice(), [1, input.length]), state, sr});
    probabilities.push(answer.output.data[0]);
    state = answer.stateN;
  }
  return probabilities;
}

// Whole windows, and a rest of at least half of one.
function windows(n) {
  const found = [];
  for (let s = 0; s + WINDOW / 2 <= n || s === 0; s += WINDOW)
    found.push([s, Math.min(s + WINDOW, n)]);
  return found;
}

function speech(probabilities, [start, end], threshold) {
  return probabilities.reduce((sum, p, i) => sum + (p < threshold ? 0
    : Math.max(0, Math.min((i + 1) * CHUNK, end) - Math.max(i * CHUNK, start))),
  0) / RATE;
}

(async () => {
  const session = await InferenceSession.create(
      model, {intraOpNumThreads: 1, interOpNumThreads: 1});
  const files = fs.readFileSync(0, 'utf8').split('\n').filter(name => name);
  const passed = THRESHOLDS.map(() => 0);
  let n = 0;
  for (const file of files) {
    const samples = decode(file), p = await listen(session, samples);
    if (log)
      fs.appendFileSync(log, JSON.stringify({f: file, n: samples.length, p}) + '\n');
    for (const window of windows(samples.length)) {
      n++;
      THRESHOLDS.forEach((threshold, i) => {
        passed[i] += speech(p, window, threshold) >= MIN_VOICE;
      });
    }
  }
  console.log(`${files.length} files, ${n} windows; pass: ` + THRESHOLDS.map(
      (t, i) => `${(100 * passed[i] / n).toFixed(2)} % at ${t}`).join(', '));
})();
