// SPDX-License-Identifier: GPL-2.0-or-later
// ONNX Runtime on request; the same protocol as ours.c. MODEL is an .onnx file
// for that BATCH. Usage: node peer-onnxruntime.js MODULE WINDOWS [THREADS]
'use strict';
const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [module_, windowsFile, threads = '1'] = process.argv.slice(2);
const package_ = require(path.join(module_, 'package.json'));
const {Tensor} = require(require.resolve('onnxruntime-common', {paths: [module_]}));
// The native session: it runs on this thread, without a turn of the event loop.
const {binding, initOrt} = require(path.join(module_, 'dist', 'binding.js'));
initOrt();

const bytes = fs.readFileSync(windowsFile);
const windows = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const options = {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  executionProviders: ['cpu'],
};
const networks = new Map();

function network(file, batch) {
  const key = `${file}\t${batch}`;
  if (!networks.has(key)) {
    const session = new binding.InferenceSession();
    session.loadModel(file, options);
    const shape = session.inputMetadata[0].shape;
    const size = shape.slice(1).reduce((a, b) => a * b);
    const data = new Float32Array(batch * size);
    const output = session.outputMetadata[0];
    const out = new Tensor('float32',
        new Float32Array(output.shape.reduce((a, b) => a * b)), output.shape);
    networks.set(key, {
      session, out, data, size,
      feeds: {[session.inputMetadata[0].name]:
                  new Tensor('float32', data, shape)},
      fetches: {[output.name]: out},
      fill(window) {
        for (let i = 0; i < this.data.length; i++)
          this.data[i] = windows[(window * size + i) % windows.length];
      },
      run() { this.session.run(this.feeds, this.fetches, {}); },
    });
    networks.get(key).fill(0);
  }
  return networks.get(key);
}

console.log(JSON.stringify({name: `ONNX Runtime ${package_.version}`}));
readline.createInterface({input: process.stdin}).on('line', line => {
  const [what, , file, batch, count] = line.split('\t');
  const n = network(file, Number(batch));
  if (what === 'predict') {
    const all = [], size = n.out.dims[1];
    const count = Math.floor(windows.length / n.size);
    for (let w = 0; w < count; w += Number(batch)) {
      n.fill(w);
      n.run();
      for (let i = 0; i < Number(batch); i++)
        all.push(Array.from(n.out.data.slice(i * size, (i + 1) * size)));
    }
    n.fill(0);
    console.log(JSON.stringify(all.slice(0, count)));
    return;
  }
  const times = [];
  for (let i = 0; i < Number(count); i++) {
    const t = process.hrtime.bigint();
    n.run();
    times.push(Number(process.hrtime.bigint() - t) / 1e3);
  }
  console.log(JSON.stringify(times));
});
