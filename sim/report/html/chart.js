// Drawings in SVG. Each is drawn for the width that it has, and anew when this changes, so that its text
// keeps its size.

const drawings = [];

function shape(tag, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/// A figure with a drawing: `draw(width)` gives an svg. `label` says in words what it shows.
function drawing(label, caption, draw) {
  const frame = element('div', {class: 'drawing', role: 'img', 'aria-label': label});
  const show = (width) => frame.replaceChildren(draw(Math.max(280, Math.round(width))));
  drawings.push({frame, show});
  return element('figure', {}, frame, element('figcaption', {}, caption));
}

/// Draws all, and again whenever a width changes. Paper has a width of its own.
function draw_all() {
  const watch = new ResizeObserver((entries) => {
    for (const entry of entries) {
      const found = drawings.find((each) => each.frame === entry.target);
      const width = Math.round(entry.contentRect.width);
      if (found && width > 0 && width !== found.width) {
        found.width = width;
        found.show(width);
      }
    }
  });
  for (const each of drawings) watch.observe(each.frame);
  window.addEventListener('beforeprint', () => drawings.forEach((each) => each.show(680)));
  window.addEventListener('afterprint', () =>
    drawings.forEach((each) => each.width && each.show(each.width)),
  );
}

const ruler = document.createElement('canvas').getContext('2d');
/// The width of a text of a drawing.
function text_width(content, weight = '') {
  ruler.font = weight + ' 12px ' + getComputedStyle(document.body).fontFamily;
  return Math.ceil(ruler.measureText(content).width);
}

/// Round values from 0 to `most`, some four of them: multiples of 1, 2 or 5 and a power of ten, or of
/// a power of two.
function round_values(most, binary) {
  const base = binary ? 2 : 10,
    rough = most / 4 || 1,
    power = base ** Math.floor(Math.log(rough) / Math.log(base));
  const step = [1, 2, 5, 10].map((x) => x * power).find((x) => x >= rough * 0.999);
  const values = [];
  for (let value = 0; value <= most * 1.0001; value += step) values.push(value);
  return values;
}

/// Columns side by side: `values` with an axis of `show`n values at the left, `from` and `to` below. A
/// `limit` is a line across.
function columns_chart({width, height, values, show, binary, kind, from, to, titles, limit}) {
  const left = 78,
    right = 8,
    top = 14,
    bottom = 24;
  const most = Math.max(...values, limit ? limit.value : 0) || 1;
  const y = (value) => top + (height - top - bottom) * (1 - value / most);
  const each = (width - left - right) / values.length;
  const svg = shape('svg', {viewBox: `0 0 ${width} ${height}`, width, height});
  for (const value of round_values(most, binary)) {
    svg.append(
      shape('line', {class: 'grid', x1: left, x2: width - right, y1: y(value), y2: y(value)}),
      shape('text', {class: 'tick end', x: left - 8, y: y(value) + 4}, short(show(value))),
    );
  }
  values.forEach((value, i) => {
    const gap = each > 4 ? 1 : 0;
    svg.append(
      shape(
        'rect',
        {
          class: 'f-' + kind,
          x: left + i * each,
          width: Math.max(0.5, each - gap),
          y: y(value),
          height: Math.max(0, height - bottom - y(value)),
        },
        shape('title', {}, titles[i]),
      ),
    );
  });
  if (limit) {
    svg.append(
      shape('line', {class: 'roof', x1: left, x2: width - right, y1: y(limit.value), y2: y(limit.value)}),
    );
    const below = y(limit.value) < top + 12;
    svg.append(
      shape(
        'text',
        {class: 'label end', x: width - right - 4, y: y(limit.value) + (below ? 14 : -5)},
        limit.name,
      ),
    );
  }
  svg.append(
    shape('text', {class: 'tick', x: left, y: height - 6}, from),
    shape('text', {class: 'tick end', x: width - right, y: height - 6}, to),
  );
  return svg;
}
