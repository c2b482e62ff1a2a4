// The run from left to right: each layer as wide as its cycles, with each reason as high as its share of them.

function draw_strip(layers, parts, width) {
  const left = 46,
    right = 2,
    top = 6,
    floor = 166,
    height = 190;
  const all = sum(layers, (layer) => layer.cycles);
  const svg = shape('svg', {viewBox: `0 0 ${width} ${height}`, width, height});
  for (const share of [0, 0.5, 1]) {
    const y = floor - (floor - top) * share;
    svg.append(
      shape('line', {class: 'grid', x1: left, x2: width - right, y1: y, y2: y}),
      shape('text', {class: 'tick end', x: left - 6, y: y + 4}, 100 * share + '\u00a0%'),
    );
  }
  let x = left;
  for (const layer of layers) {
    const wide = ((width - left - right) * layer.cycles) / all,
      gap = wide > 4 ? 1 : 0;
    const column = shape(
      'g',
      {},
      shape(
        'title',
        {},
        `${layer.name}, ${percent(ratio(layer.cycles, all))} of the cycles: ` +
          listed(parts(layer).map((part) => `${part.name} ${percent(ratio(part.value, layer.cycles))}`)),
      ),
    );
    let y = floor;
    for (const part of parts(layer)) {
      const high = (floor - top) * ratio(part.value, layer.cycles);
      y -= high;
      column.append(
        shape('rect', {class: 'c-' + part.key, x, y, width: Math.max(0, wide - gap), height: high}),
      );
    }
    svg.append(column);
    if (text_width(layer.name) < wide - 6)
      svg.append(shape('text', {class: 'tick middle', x: x + wide / 2, y: floor + 17}, layer.name));
    x += wide;
  }
  return svg;
}

/// Nothing where one layer has all cycles, which the bar of the run shows.
function strip_of(result) {
  const layers = result.layers.filter((layer) => layer.cycles > 0);
  if (layers.length < 2) return undefined;
  const parts = (layer) => cycle_parts(layer, layer.bound_cycles).filter((part) => part.value > 0);
  const order = result.recurrence
    ? "Layers of a loop take turns in each time step; here each stands once, in the model's order."
    : "Layers stand in the model's order.";
  return [
    element('h3', {}, 'From layer to layer'),
    drawing(
      `Cycles of ${plural(layers.length, 'layer')} by reason; the table of layers has the figures`,
      "Each layer is as wide as its part of the run's cycles, and divided by reason in the colours of the " +
        `table above. ${order}`,
      (width) => draw_strip(layers, parts, width),
    ),
  ];
}
