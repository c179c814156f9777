// SPDX-License-Identifier: GPL-2.0-or-later
// One source over time, as a picture: what is known of it, and how it is drawn.
'use strict';
const LANES = { axis: 20, outline: 76, band: 30, voice: 14, label: 20, gap: 6 };
const MIN_VIEW = 2; // seconds that the whole width shows at the closest
const NO_LABEL = 255;

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const style = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const percent = (share) => `${Math.round(100 * share)} %`;

// h:mm:ss.s
function clock(seconds, decimals = 1) {
  const unit = 10 ** decimals;
  const all = Math.floor(seconds * unit + 1e-6);
  const rest = all / unit % 60;
  const minutes = Math.floor(all / unit / 60);
  const tail = rest.toFixed(decimals).padStart(decimals ? 3 + decimals : 2, '0');
  return minutes < 60 ? `${minutes}:${tail}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${tail}`;
}

function seconds(text) {
  return text.split(':').reduce((sum, part) => 60 * sum + Number(part), 0);
}

// Properties such as ariaLabel become attributes, which every browser knows.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties))
    if (key.startsWith('aria'))
      made.setAttribute(`aria-${key.slice(4).toLowerCase()}`, value);
    else
      made[key] = value;
  made.append(...children);
  return made;
}

// Black or white, whichever is read better on a colour "#rrggbb".
function ink(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(colour.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? '#000' : '#fff';
}

function swatch(colour) {
  const made = element('span', { className: 'swatch', ariaHidden: 'true' });
  made.style.background = colour;
  return made;
}

// What the page has of a source, on a canvas. Whoever extends it sets timeline (an
// element with canvas and cursor in it), time, view and filter.
class Drawing {
  read(data) {
    const times = bytes(data.times);
    const numbers = new DataView(times.buffer);

    this.length = Math.max(data.length, 0.001);
    this.labels = data.labels;
    this.colours = data.colours;
    this.windows = bytes(data.windows);
    this.probabilities = bytes(data.probabilities);
    this.voice = bytes(data.voice);
    this.starts = new Float64Array(this.windows.length);
    this.ends = new Float64Array(this.windows.length);
    for (let i = 0; i < this.windows.length; i++) {
      this.starts[i] = numbers.getUint32(8 * i, true) / 1000;
      this.ends[i] = numbers.getUint32(8 * i + 4, true) / 1000;
    }
    this.columnsPerSecond = data.columnsPerSecond;
    this.outline = new Int8Array(bytes(data.outline).buffer);
  }

  // The window that counts at a time, or -1: the last that began before, if it
  // has not ended.
  windowAt(time) {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= time)
        low = middle + 1;
      else
        high = middle;
    }
    return low > 0 && time < this.ends[low - 1] ? low - 1 : -1;
  }

  probability(window, label) {
    return this.probabilities[window * this.labels.length + label] / 255;
  }

  // The emotion at a time in words.
  describe(time) {
    const window = this.windowAt(time);
    const label = window < 0 ? NO_LABEL : this.windows[window];
    if (label === NO_LABEL)
      return `${clock(time)}: no emotion`;
    return `${clock(time)}: ${this.labels[label]} `
      + percent(this.probability(window, label));
  }

  xOf(time) {
    const [from, to] = this.view;
    return this.gutter + (time - from) / (to - from)
      * (this.width - this.gutter);
  }

  timeOf(x) {
    const [from, to] = this.view;
    return from + (x - this.gutter) / (this.width - this.gutter) * (to - from);
  }

  placeCursor() {
    this.cursor.style.transform = `translateX(${this.xOf(this.time)}px)`;
  }

  draw() {
    this.width = this.timeline.clientWidth;
    if (this.width < 50)
      return;
    this.gutter = this.width < 540 ? 84 : 136;
    const ratio = devicePixelRatio || 1;
    const hasVoice = this.voice.length === this.windows.length
      && this.windows.length > 0;
    const height = LANES.axis + LANES.outline + LANES.gap + LANES.band
      + LANES.gap + (hasVoice ? LANES.voice + LANES.gap : 0)
      + this.labels.length * LANES.label + 1;

    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = `${height}px`;
    this.pen = this.canvas.getContext('2d');
    this.pen.scale(ratio, ratio);
    this.colour = Object.fromEntries(['text', 'quiet', 'hairline', 'lane',
      'wave', 'page', 'line'].map((name) => [name, style(`--${name}`)]));
    this.pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    this.pen.textBaseline = 'middle';

    let y = this.drawAxis(0);
    y = this.drawOutline(y) + LANES.gap;
    y = this.drawBand(y) + LANES.gap;
    if (hasVoice)
      y = this.drawVoice(y) + LANES.gap;
    this.drawProbabilities(y);
    this.placeCursor();
    this.tell();
  }

  drawName(text, y, height) {
    this.pen.fillStyle = this.colour.text;
    this.pen.textAlign = 'right';
    this.pen.fillText(this.fit(text, this.gutter - 12), this.gutter - 8,
      y + height / 2);
  }

  // As much of a text as there is room for.
  fit(text, room) {
    if (this.pen.measureText(text).width <= room)
      return text;
    let part = Array.from(text);
    while (part.length > 0
        && this.pen.measureText(`${part.join('')}\u2026`).width > room)
      part.pop();
    return part.length > 0 ? `${part.join('')}\u2026` : '';
  }

  drawLane(y, height) {
    this.pen.fillStyle = this.colour.lane;
    this.pen.fillRect(this.gutter, y, this.width - this.gutter, height);
  }

  drawAxis(y) {
    const [from, to] = this.view;
    const room = (this.width - this.gutter) / 80;
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
      1800, 3600, 7200, 14400].find((s) => (to - from) / s <= room) ?? 36000;

    this.pen.textAlign = 'left';
    for (let i = Math.ceil(from / step); i * step <= to; i++) {
      const x = this.xOf(i * step);
      this.pen.fillStyle = this.colour.line;
      this.pen.fillRect(x, y + LANES.axis - 6, 1, 6);
      this.pen.fillStyle = this.colour.quiet;
      const text = clock(i * step, step < 1 ? 1 : 0);
      if (x + this.pen.measureText(text).width + 3 < this.width)
        this.pen.fillText(text, x + 3, y + LANES.axis / 2 - 1);
    }
    return y + LANES.axis;
  }

  drawOutline(y) {
    const middle = y + LANES.outline / 2;
    const columns = this.outline.length / 2;

    this.drawLane(y, LANES.outline);
    this.drawName('sound', y, LANES.outline);
    this.pen.fillStyle = this.colour.wave;
    for (let x = this.gutter; x < this.width; x++) {
      const begin = Math.floor(this.timeOf(x) * this.columnsPerSecond);
      const end = Math.max(begin + 1,
        Math.floor(this.timeOf(x + 1) * this.columnsPerSecond));
      let low = 127;
      let high = -127;
      for (let c = begin; c < Math.min(end, columns); c++) {
        low = Math.min(low, this.outline[2 * c]);
        high = Math.max(high, this.outline[2 * c + 1]);
      }
      if (high < low)
        continue;
      const scale = (LANES.outline / 2 - 2) / 127;
      this.pen.fillRect(x, middle - high * scale - 0.5, 1,
        (high - low) * scale + 1);
    }
    return y + LANES.outline;
  }

  // Calls back with each run of pixels in which one window counts.
  forWindows(callback) {
    let from = this.gutter;
    let window = this.windowAt(this.timeOf(from + 0.5));
    for (let x = this.gutter + 1; x <= this.width; x++) {
      const next = x < this.width ? this.windowAt(this.timeOf(x + 0.5)) : -2;
      if (next === window)
        continue;
      if (window >= 0)
        callback(window, from, x);
      from = x;
      window = next;
    }
  }

  isShown(window) {
    const label = this.windows[window];
    return label !== NO_LABEL
      && this.filter.shows(this.labels[label], this.probability(window, label));
  }

  drawBand(y) {
    const stretches = [];
    this.drawLane(y, LANES.band);
    this.drawName('emotion', y, LANES.band);
    this.forWindows((window, from, to) => {
      const label = this.windows[window];
      const last = stretches.at(-1);
      const shown = this.isShown(window);
      if (last && last.label === label && last.to === from
          && last.shown === shown)
        last.to = to;
      else
        stretches.push({ label, from, to, shown });
    });
    this.pen.textAlign = 'center';
    for (const { label, from, to, shown } of stretches) {
      if (label === NO_LABEL)
        continue;
      this.pen.globalAlpha = shown ? 1 : 0.2;
      this.pen.fillStyle = this.colours[label % this.colours.length];
      this.pen.fillRect(from, y, to - from, LANES.band);
      this.pen.globalAlpha = 1;
      if (to - from > 3) {
        this.pen.fillStyle = this.colour.page;
        this.pen.fillRect(to - 1, y, 1, LANES.band);
      }
      if (!shown)
        continue;
      const text = this.fit(this.labels[label], to - from - 8);
      this.pen.fillStyle = ink(this.colours[label % this.colours.length]);
      if (text.length > 2 || text === this.labels[label])
        this.pen.fillText(text, (from + to) / 2, y + LANES.band / 2);
    }
    this.pen.strokeStyle = this.colour.line;
    this.pen.strokeRect(this.gutter + 0.5, y + 0.5, this.width - this.gutter - 1,
      LANES.band - 1);
    return y + LANES.band;
  }

  drawVoice(y) {
    this.drawLane(y, LANES.voice);
    this.drawName('voice', y, LANES.voice);
    this.forWindows((window, from, to) => {
      const height = this.voice[window] / 255 * LANES.voice;
      this.pen.fillStyle = this.colour.wave;
      this.pen.fillRect(from, y + LANES.voice - height, to - from, height);
    });
    return y + LANES.voice;
  }

  // A lane for each label, filled as high as its probability.
  drawProbabilities(y) {
    this.labels.forEach((label, k) => {
      const top = y + k * LANES.label;
      this.drawLane(top, LANES.label - 2);
      this.drawName(label, top, LANES.label - 2);
    });
    this.forWindows((window, from, to) => {
      const alpha = this.isShown(window) ? 1 : 0.25;
      for (let k = 0; k < this.labels.length; k++) {
        const height = this.probability(window, k) * (LANES.label - 2);
        const bottom = y + (k + 1) * LANES.label - 2;
        this.pen.globalAlpha = alpha;
        this.pen.fillStyle = this.colours[k % this.colours.length];
        this.pen.fillRect(from, bottom - height, to - from, height);
        if (height >= 2) {
          this.pen.fillStyle = this.colour.text;
          this.pen.fillRect(from, bottom - height, to - from, 1);
        }
      }
    });
    this.pen.globalAlpha = 1;
  }
}
