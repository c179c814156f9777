// SPDX-License-Identifier: GPL-2.0-or-later
// What people do with the page: play, seek, zoom and filter. Without scripts it
// is its tables and players. Behind drawing.js in the same script.
// What is chosen for all sources: emotions by name, and the least confidence.
class Filter {
  constructor(data) {
    this.hidden = new Set();
    this.least = 0;
    this.changed = [];
    this.form = element('form', { className: 'filter' });
    const names = element('fieldset', {},
      element('legend', { textContent: 'Show' }));
    data.labels.forEach((label, i) => {
      const box = element('input', { type: 'checkbox', checked: true,
        name: 'emotion', value: label });
      box.addEventListener('change', () => {
        this.hidden[box.checked ? 'delete' : 'add'](label);
        this.tell();
      });
      names.append(element('label', {}, box, swatch(data.colours[i]),
        element('bdi', { textContent: label })));
    });
    const range = element('input', { type: 'range', name: 'confidence', min: 0,
      max: 100, step: 5, value: 0 });
    const shown = element('output', { textContent: '0 %' });
    range.addEventListener('input', () => {
      this.least = range.value / 100;
      shown.textContent = percent(this.least);
      this.tell();
    });
    this.form.append(names, element('label', {},
      'Confidence from', range, shown));
    this.form.addEventListener('submit', (event) => event.preventDefault());
  }

  tell() {
    for (const changed of this.changed)
      changed();
  }

  shows(label, confidence) {
    return !this.hidden.has(label) && Math.round(100 * confidence) / 100
      >= this.least;
  }
}

class Source extends Drawing {
  constructor(section, filter) {
    super();
    this.section = section;
    this.filter = filter;
    this.name = section.querySelector('h2').textContent;
    this.audio = section.querySelector('audio');
    this.read(JSON.parse(
      section.querySelector('script[type="application/json"]').textContent));
    this.time = 0;
    this.hover = null;
    this.view = [0, this.length];
    this.build();
    this.readTable();
    this.listen();
    filter.changed.push(() => this.applyFilter());
    this.applyFilter();
  }

  build() {
    const button = (text, title, action) => {
      const made = element('button', { type: 'button', textContent: text,
        title, ariaLabel: title });
      made.addEventListener('click', action);
      return made;
    };

    this.now = element('div', { className: 'now' });
    this.canvas = element('canvas', { ariaHidden: 'true' });
    this.cursor = element('div', { className: 'cursor' });
    this.timeline = element('div', { className: 'timeline', tabIndex: 0,
      ariaLabel: `Time in ${this.name}`, ariaValueMin: 0,
      ariaValueMax: this.length.toFixed(1) }, this.canvas, this.cursor);
    this.timeline.setAttribute('role', 'slider');
    const bar = element('div', { className: 'bar' }, this.now,
      button('\u2212', 'Show more time', () => this.zoom(2)),
      button('+', 'Show less time', () => this.zoom(0.5)),
      button('All', 'Show all of it', () => this.show(0, this.length)));
    const keys = element('p', { className: 'keys', innerHTML:
      'Click to go there. With the keyboard on the timeline: <kbd>Space</kbd> '
      + 'plays and stops, <kbd>\u2190</kbd> <kbd>\u2192</kbd> move by a second, '
      + '<kbd>Home</kbd> and <kbd>End</kbd> to the ends, <kbd>N</kbd> and '
      + '<kbd>P</kbd> to the next and previous stretch that is shown, '
      + '<kbd>+</kbd> and <kbd>\u2212</kbd> zoom.' });
    this.note = element('p', { className: 'note', hidden: true, textContent:
      'This browser cannot play the sound: it is not where it was, or of a '
      + 'kind that the browser does not know. The times still hold.' });
    const after = this.audio
      ?? this.section.querySelector('script[type="application/json"]');
    after.after(this.note, bar, this.timeline, keys);
  }

  // The table's rows get buttons, and are found by time.
  readTable() {
    const table = this.section.querySelector('table.stretches');
    this.rows = [];
    if (!table)
      return;
    this.scroll = table.parentElement;
    this.caption = element('span');
    this.caption.setAttribute('role', 'status');
    table.caption.append(' ', this.caption);
    for (const row of table.tBodies[0].rows) {
      const [from, to, label, confidence] =
        Array.from(row.cells, (cell) => cell.textContent.trim());
      const index = this.labels.indexOf(label);
      const start = element('button', { type: 'button', textContent: from,
        ariaLabel: `Play from ${from}, ${label}` });
      row.cells[0].replaceChildren(start);
      if (index >= 0)
        row.cells[2].prepend(swatch(this.colours[index]), ' ');
      this.rows.push({ row, label, start: seconds(from), end: seconds(to),
        confidence: parseInt(confidence, 10) / 100 });
    }
    table.tBodies[0].addEventListener('click', (event) => {
      const row = event.target.closest('tr');
      const found = this.rows.find((run) => run.row === row);
      if (!found)
        return;
      this.seek(found.start);
      this.play();
    });
  }

  applyFilter() {
    let shown = 0;
    for (const run of this.rows) {
      run.row.hidden = !this.filter.shows(run.label, run.confidence);
      shown += !run.row.hidden;
    }
    if (this.caption)
      this.caption.textContent = `${shown} of ${this.rows.length} are shown.`;
    this.draw();
  }

  listen() {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return this.timeOf(clamp(event.clientX - box.left, this.gutter, box.width));
    };
    let dragged = false;

    this.timeline.addEventListener('pointerdown', (event) => {
      if (event.button !== 0)
        return;
      dragged = true;
      this.timeline.setPointerCapture(event.pointerId);
      this.seek(at(event));
    });
    this.timeline.addEventListener('pointermove', (event) => {
      if (dragged)
        this.seek(at(event));
      else if (event.pointerType === 'mouse') {
        this.hover = at(event);
        this.tell();
      }
    });
    this.timeline.addEventListener('pointerup', () => { dragged = false; });
    this.timeline.addEventListener('pointercancel', () => { dragged = false; });
    this.timeline.addEventListener('pointerleave', () => {
      this.hover = null;
      this.tell();
    });
    this.timeline.addEventListener('wheel', (event) => {
      if (!event.ctrlKey)
        return;
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.25 : 0.8, at(event));
    }, { passive: false });
    this.timeline.addEventListener('keydown', (event) => this.takeKey(event));
    new ResizeObserver(() => this.draw()).observe(this.timeline);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change',
      () => this.draw());
    if (this.audio)
      this.follow();
  }

  // The player's time is ours.
  follow() {
    const tick = () => {
      this.move(this.audio.currentTime);
      if (!this.audio.paused)
        requestAnimationFrame(tick);
    };
    this.audio.addEventListener('play', tick);
    for (const name of ['seeking', 'seeked', 'pause', 'ended'])
      this.audio.addEventListener(name, () => this.move(this.audio.currentTime));
    this.audio.addEventListener('error', () => { this.note.hidden = false; });
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting))
        return;
      this.audio.preload = 'metadata';
      observer.disconnect();
    }).observe(this.audio);
  }

  takeKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey)
      return;
    const step = event.shiftKey ? 10 : 1;
    const actions = {
      ' ': () => this.audio && (this.audio.paused ? this.play()
        : this.audio.pause()),
      ArrowLeft: () => this.seek(this.time - step),
      ArrowRight: () => this.seek(this.time + step),
      ArrowDown: () => this.seek(this.time - step),
      ArrowUp: () => this.seek(this.time + step),
      PageDown: () => this.seek(this.time - this.length / 10),
      PageUp: () => this.seek(this.time + this.length / 10),
      Home: () => this.seek(0),
      End: () => this.seek(this.length),
      n: () => this.jump(1),
      p: () => this.jump(-1),
      '+': () => this.zoom(0.5),
      '=': () => this.zoom(0.5),
      '-': () => this.zoom(2),
      0: () => this.show(0, this.length),
    };
    actions.k = actions[' '];
    const action = actions[event.key.length === 1 ? event.key.toLowerCase()
      : event.key];
    if (!action)
      return;
    event.preventDefault();
    action();
  }

  // To the start of the next shown stretch, or of the one before.
  jump(direction) {
    const starts = this.rows.filter((run) => !run.row.hidden)
      .map((run) => run.start);
    const found = direction > 0
      ? starts.find((start) => start > this.time + 0.01)
      : starts.reverse().find((start) => start < this.time - 0.5);
    if (found !== undefined)
      this.seek(found);
  }

  play() {
    this.audio?.play().catch(() => { this.note.hidden = false; });
  }

  seek(time) {
    const target = clamp(time, 0, this.length);
    if (this.audio)
      this.audio.currentTime = target;
    this.move(target);
  }

  move(time) {
    this.time = clamp(time, 0, this.length);
    const [from, to] = this.view;
    if (this.time < from || this.time > to) {
      const width = to - from;
      this.show(this.time - 0.1 * width, this.time + 0.9 * width);
    }
    this.placeCursor();
    this.tell();
    this.markRow();
  }

  tell() {
    this.now.textContent = this.describe(this.hover ?? this.time);
    this.timeline.setAttribute('aria-valuenow', this.time.toFixed(1));
    this.timeline.setAttribute('aria-valuetext', this.describe(this.time));
  }

  markRow() {
    const run = this.rows.find((one) => one.start <= this.time + 1e-6
      && this.time < one.end);
    if (run === this.marked)
      return;
    this.marked?.row.removeAttribute('aria-current');
    run?.row.setAttribute('aria-current', 'true');
    this.marked = run;
    if (run && this.audio && !this.audio.paused)
      this.scroll.scrollTop = run.row.offsetTop - this.scroll.clientHeight / 2;
  }

  show(from, to) {
    const width = clamp(to - from, Math.min(MIN_VIEW, this.length), this.length);
    const start = clamp(from, 0, this.length - width);
    this.view = [start, start + width];
    this.draw();
  }

  zoom(factor, around = this.time) {
    const [from, to] = this.view;
    const width = clamp((to - from) * factor, MIN_VIEW, this.length);
    const place = clamp((around - from) / (to - from), 0, 1);
    this.show(around - place * width, around + (1 - place) * width);
  }

}

const sections = Array.from(document.querySelectorAll('section.source'));
let filter;
if (sections.length > 0) {
  document.documentElement.classList.add('script');
  filter = new Filter(JSON.parse(
    document.querySelector('section.source script').textContent));
  sections[0].before(filter.form);
}
// Drawn when they come near: a page may have hundreds.
const waiting = new Map();
const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting || !waiting.has(entry.target))
      continue;
    waiting.delete(entry.target);
    observer.unobserve(entry.target);
    new Source(entry.target, filter);
  }
}, { rootMargin: '100%' });
for (const section of sections) {
  waiting.set(section, true);
  observer.observe(section);
}
