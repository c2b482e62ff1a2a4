// The roofline: what each layer does in a cycle, over what it does with a byte of DRAM.

/// Layers with MACs, and the roofs that they are under.
function roofline_of(result, machine) {
  const points = [], peaks = new Map();
  for (const layer of result.layers) {
    if (!(layer.macs > 0)) continue;
    const peak = peaks.get(layer.datapath) || {macs: 0, cycles: 0};
    peak.macs += layer.macs;
    peak.cycles += layer.bound_cycles || 0;
    peaks.set(layer.datapath, peak);
    if (!(layer.cycles > 0)) continue;
    const moved = layer.dram_read_bytes + layer.dram_write_bytes;
    points.push({layer, moved, intensity: moved > 0 ? layer.macs / moved : Infinity, rate: layer.macs / layer.cycles,
      share: ratio(layer.cycles, result.cycles)});
  }
  const roofs = [...peaks].filter(([, peak]) => peak.cycles > 0).map(([datapath, peak]) => ({datapath, rate: peak.macs / peak.cycles}));
  roofs.sort((a, b) => b.rate - a.rate);
  const device = result.dram.device;
  const GBps = device ? device.peak_bandwidth_GBps : Number(machine?.dram?.bandwidth_GBps);
  const bytes_per_cycle = Number(machine?.dram?.bytes_per_cycle) || (GBps > 0 ? (GBps * 1e3) / result.clock_MHz : undefined);
  return {points, roofs, bytes_per_cycle};
}

const log = Math.log10;
/// The mark of a datapath: a shape as well as a colour.
const marks = [
  (x, y, r) => shape('circle', {cx: x, cy: y, r}),
  (x, y, r) => shape('rect', {x: x - r * 0.9, y: y - r * 0.9, width: r * 1.8, height: r * 1.8}),
  (x, y, r) => shape('path', {d: `M${x} ${y - r * 1.2}L${x + r * 1.15} ${y + r * 0.8}H${x - r * 1.15}Z`}),
  (x, y, r) => shape('path', {d: `M${x} ${y - r * 1.25}L${x + r * 1.25} ${y}L${x} ${y + r * 1.25}L${x - r * 1.25} ${y}Z`}),
];

function draw_roofline({points, roofs, bytes_per_cycle}, width) {
  const height = Math.max(340, Math.min(460, width * 0.5));
  const left = 66, right = 16, top = 14, bottom = 46;
  const finite = points.filter((p) => Number.isFinite(p.intensity));
  const ridges = bytes_per_cycle ? roofs.map((roof) => roof.rate / bytes_per_cycle) : [];
  const xs = [...finite.map((p) => p.intensity), ...ridges];
  if (xs.length === 0) xs.push(1);
  const low_x = log(Math.min(...xs)) - 0.4, high_x = log(Math.max(...xs)) + (finite.length < points.length ? 0.7 : 0.45);
  const low_y = log(Math.min(...points.map((p) => p.rate))) - 0.3;
  const high_y = log(Math.max(...points.map((p) => p.rate), ...roofs.map((roof) => roof.rate))) + 0.3;
  const x = (value) => left + ((width - left - right) * (log(value) - low_x)) / (high_x - low_x);
  const y = (value) => top + (height - top - bottom) * (1 - (log(value) - low_y) / (high_y - low_y));
  const svg = shape('svg', {viewBox: `0 0 ${width} ${height}`, width, height});
  const taken = [];

  for (let power = Math.ceil(low_x); power <= high_x; ++power) {
    svg.append(shape('line', {class: 'grid', x1: x(10 ** power), x2: x(10 ** power), y1: top, y2: height - bottom}),
      shape('text', {class: 'tick middle', x: x(10 ** power), y: height - bottom + 17}, power < 0 ? digits(10 ** power) : grouped(10 ** power)));
  }
  for (let power = Math.ceil(low_y); power <= high_y; ++power) {
    svg.append(shape('line', {class: 'grid', x1: left, x2: width - right, y1: y(10 ** power), y2: y(10 ** power)}),
      shape('text', {class: 'tick end', x: left - 8, y: y(10 ** power) + 4}, power < 0 ? digits(10 ** power) : grouped(10 ** power)));
  }
  svg.append(shape('text', {class: 'axis middle', x: (left + width - right) / 2, y: height - 8}, 'MACs for each byte of DRAM'),
    shape('text', {class: 'axis middle', transform: `translate(13 ${(top + height - bottom) / 2}) rotate(-90)`}, 'MACs in a cycle'));

  const place_text = (content, at_x, at_y, kind) => {
    svg.append(shape('text', {class: kind, x: at_x, y: at_y}, content));
    taken.push({x: at_x - (kind.includes('end') ? text_width(content) : 0), y: at_y - 11, w: text_width(content), h: 14});
  };
  roofs.forEach((roof, i) => {
    const start = bytes_per_cycle ? Math.max(left, x(roof.rate / bytes_per_cycle)) : left;
    svg.append(shape('line', {class: 'roof', x1: start, x2: width - right, y1: y(roof.rate), y2: y(roof.rate)}));
    roof.mark = marks[i % marks.length];
    roof.kind = 'p-' + (i % 4);
    const content = `${roof.datapath}: ${grouped(roof.rate)} MACs`;
    place_text(content, width - right - 4, y(roof.rate) - 7, 'label end');
    const sign = roof.mark(width - right - 14 - text_width(content), y(roof.rate) - 11, 4.5);
    sign.setAttribute('class', roof.kind);
    svg.append(sign);
  });
  if (bytes_per_cycle) {
    const end = roofs.length > 0 ? roofs[0].rate : 10 ** high_y;
    const start = Math.max(10 ** low_y, bytes_per_cycle * 10 ** low_x);
    svg.append(shape('line', {class: 'roof', x1: x(start / bytes_per_cycle), y1: y(start), x2: x(end / bytes_per_cycle), y2: y(end)}));
    for (let part = 0; part <= 1; part += 0.02) {  // labels keep off the line
      const rate = 10 ** (log(start) + part * (log(end) - log(start)));
      taken.push({x: x(rate / bytes_per_cycle) - 4, y: y(rate) - 4, w: 8, h: 8});
    }
    const middle = 10 ** ((log(start) * 2 + log(end)) / 3);
    const words_of = `DRAM: ${digits(bytes_per_cycle)} B a cycle`;
    const beside = x(middle / bytes_per_cycle), fits = beside - 14 - text_width(words_of) > left;
    place_text(words_of, fits ? beside - 10 : beside + 10, y(middle) + (fits ? -4 : 14), fits ? 'label end' : 'label');
  }

  const radius = (p) => 3.5 + 11 * Math.sqrt(p.share);
  const at = (p) => ({x: Number.isFinite(p.intensity) ? x(p.intensity) : width - right - 10, y: y(p.rate)});
  const in_order = [...points].sort((a, b) => b.share - a.share);
  for (const p of in_order) {
    const roof = roofs.find((each) => each.datapath === p.layer.datapath);
    const mark = (roof ? roof.mark : marks[0])(at(p).x, at(p).y, radius(p));
    mark.setAttribute('class', (roof ? roof.kind : 'p-0') + (p === in_order[0] ? ' pole' : ''));
    mark.append(shape('title', {}, `${p.layer.name}: ${digits(p.rate)} MACs in a cycle, ` +
      (Number.isFinite(p.intensity) ? `${digits(p.intensity)} MACs for each byte of DRAM` : 'no byte of DRAM') + `, ${percent(p.share)} of the cycles`));
    svg.append(mark);
    taken.push({x: at(p).x - radius(p), y: at(p).y - radius(p), w: 2 * radius(p), h: 2 * radius(p)});
  }
  label_points(svg, in_order.slice(0, 8), at, radius, taken, {left, right: width - right, top, bottom: height - bottom});
  return svg;
}

/// Names points where there is room beside them, those of the most cycles first. The first is named always.
function label_points(svg, points, at, radius, taken, frame) {
  const clear = (box) => taken.every((t) => box.x + box.w < t.x || t.x + t.w < box.x || box.y + box.h < t.y || t.y + t.h < box.y);
  points.forEach((p, i) => {
    if (i > 0 && p.share < 0.02) return;
    const content = p.layer.name + (i === 0 && frame.right > 600 ? `, ${percent(p.share)} of the cycles` : '');
    const w = text_width(content, i === 0 ? 'bold' : ''), r = radius(p) + 5, {x, y} = at(p);
    const boxes = [[x + r, y - 7], [x - r - w, y - 7], [x - w / 2, y - r - 15], [x - w / 2, y + r + 1], [x + r, y - 20], [x + r, y + 7], [x - r - w, y - 20], [x - r - w, y + 7]]
      .map(([bx, by]) => ({x: bx, y: by, w, h: 14}))
      .filter((box) => box.x > frame.left && box.x + w < frame.right && box.y > frame.top && box.y + 14 < frame.bottom);
    const box = boxes.find(clear) || (i === 0 ? boxes[0] : undefined);
    if (!box) return;
    taken.push(box);
    svg.append(shape('text', {class: i === 0 ? 'label strong' : 'label', x: box.x, y: box.y + 11}, content));
  });
}
