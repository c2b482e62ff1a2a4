// Elements, and figures as text.

/// An element with attributes and children; a text is a child, so a name can never become markup.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : value);
  }
  made.append(
    ...children
      .flat()
      .filter((child) => child !== undefined && child !== null && child !== false && child !== ''),
  );
  return made;
}

/// A name that may break behind its dots, strokes, slashes and plus signs.
function name(text) {
  const made = element('span', {class: 'name'});
  for (const part of String(text).split(/(?<=[._/:+-])/)) made.append(part, element('wbr'));
  return made;
}

const is_number = (value) => typeof value === 'number' && Number.isFinite(value);

/// 12,345,678
function grouped(value) {
  return is_number(value)
    ? Math.round(value)
        .toString()
        .replace(/\B(?=(\d{3})+(?!\d))/g, ',')
    : '-';
}

/// Four digits, without zeros at the end: 500, 1.1, 85.22, 3,057.
function digits(value) {
  if (!is_number(value)) return '-';
  if (value === 0) return '0';
  if (Math.abs(value) >= 999.95) return grouped(value);
  if (Math.abs(value) < 1e-4) return value.toExponential(2);
  return Number(value.toPrecision(4)).toString();
}

/// Four digits, so that figures below each other compare: 519.0, 1.348.
function even_digits(value) {
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 999.95 ? value.toPrecision(4) : digits(value);
}

/// A value in the largest of some units that leaves it at least 1. The space before a unit does not break.
function scaled(value, units) {
  if (!is_number(value)) return '-';
  let best = units[0];
  for (const unit of units) if (Math.abs(value) >= unit[0] * 0.99995) best = unit;
  const whole = best === units[0] && Number.isInteger(value);
  return (whole ? grouped(value) : even_digits(value / best[0])) + '\u00a0' + best[1];
}

const joules = (pJ) =>
  scaled(pJ, [
    [1, 'pJ'],
    [1e3, 'nJ'],
    [1e6, 'uJ'],
    [1e9, 'mJ'],
    [1e12, 'J'],
  ]);
const seconds = (s) =>
  scaled(s * 1e9, [
    [1, 'ns'],
    [1e3, 'us'],
    [1e6, 'ms'],
    [1e9, 's'],
  ]);
const watts = (w) =>
  scaled(w * 1e6, [
    [1, 'uW'],
    [1e3, 'mW'],
    [1e6, 'W'],
  ]);
const bytes = (n) =>
  scaled(n, [
    [1, 'B'],
    [1024, 'KiB'],
    [1024 ** 2, 'MiB'],
    [1024 ** 3, 'GiB'],
  ]);
const count = (n) =>
  scaled(n, [
    [1, ''],
    [1e3, 'k'],
    [1e6, 'M'],
    [1e9, 'G'],
    [1e12, 'T'],
  ]).trimEnd();
const square_mm = (mm2) => (is_number(mm2) ? even_digits(mm2) + '\u00a0mm2' : '-');

/// Without zeros at the end of the figure, for axes.
const short = (figure) => figure.replace(/(\.\d*?)0+(?!\d)/, '$1').replace(/\.(?!\d)/, '');

/// 54.5 %; what is there but rounds to nothing is < 0.1 %.
function percent(part) {
  if (!is_number(part)) return '-';
  if (part > 0 && part < 0.0005) return '<\u00a00.1\u00a0%';
  return (100 * part).toFixed(1) + '\u00a0%';
}

const ratio = (a, b) => (b > 0 ? a / b : 0);
const times = (x) => (x < 10 ? x.toFixed(2) : x.toFixed(1)) + 'x';
const sum = (list, of = (x) => x) => list.reduce((total, each) => total + (of(each) || 0), 0);
const words = (key) =>
  String(key)
    .replace(/_/g, ' ')
    .replace(/\b(dram|mac)\b/g, (short_form) => short_form.toUpperCase());
const plural = (n, what) => grouped(n) + ' ' + what + (n === 1 || what.endsWith('s') ? '' : 's');
/// a, b and c
const listed = (items) =>
  items.length < 2 ? items.join('') : items.slice(0, -1).join(', ') + ' and ' + items.at(-1);

/// What the cycles of a run or of a layer were spent on, in the order of docs/result.md.
const reasons = {
  array: {name: 'array', doing: 'the array feeds, but its steps take longer than a cycle each'},
  output_stage: {name: 'output stage', doing: 'the array waits for the output stage'},
  vector: {name: 'vector unit', doing: 'the array waits for the vector unit'},
  ports: {name: 'ports', doing: 'the array waits for the vector unit, which waits for a port of a memory'},
  dram: {name: 'DRAM', doing: 'the array waits for DRAM'},
  fill: {name: 'pipelines', doing: 'the array waits for results in the pipelines'},
  dependency: {name: 'messages', doing: 'the array waits for a message between engines'},
  fetch: {name: 'instructions', doing: 'the array waits for instructions'},
};
const reason_name = (key) => (reasons[key] ? reasons[key].name : words(key));
const reason_doing = (key) => (reasons[key] ? reasons[key].doing : 'the array waits: ' + words(key));

/// The parts of `cycles`: at work at full rate, at work with lanes empty, and lost by reason. An array that
/// skips zeros feeds less than its bound, and nothing of it is empty.
function cycle_parts(of, bound) {
  const full = Math.min(bound, of.mapped_cycles);
  const parts = [
    {
      key: 'full',
      name: 'full lanes',
      doing: 'the array feeds steps as if every lane were at work',
      value: full,
    },
    {
      key: 'empty',
      name: 'empty lanes',
      doing: 'the array feeds steps whose lanes are not all filled',
      value: of.mapped_cycles - full,
    },
  ];
  for (const [key, value] of Object.entries(of.lost_cycles))
    parts.push({key, name: reason_name(key), doing: reason_doing(key), value, lost: true});
  return parts;
}
