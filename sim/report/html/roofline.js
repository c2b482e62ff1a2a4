// The roofline: what each layer does in a cycle, over what it does with a byte of DRAM.

/// Layers with MACs, and the roofs that they are under.
function roofline_of(result, machine) {
  const points = [],
    peaks = new Map();
  for (const layer of result.layers) {
    if (!(layer.macs > 0)) continue;
    peaks.set(
      layer.datapath,
      Math.max(peaks.get(layer.datapath) || 0, ratio(layer.macs, layer.bound_cycles)),
    );
    if (!(layer.cycles > 0)) continue;
    const moved = layer.dram_read_bytes + layer.dram_write_bytes;
    points.push({
      layer,
      moved,
      intensity: moved > 0 ? layer.macs / moved : Infinity,
      rate: layer.macs / layer.cycles,
      share: ratio(layer.cycles, result.cycles),
    });
  }
  const roofs = [...peaks].map(([datapath, rate]) => ({datapath, rate})).filter((roof) => roof.rate > 0);
  // A small layer's bound is rounded up to whole cycles; the utilization of a run on one datapath is exact.
  if (roofs.length === 1 && result.utilization > 0)
    roofs[0].rate = result.macs / (result.utilization * result.cycles);
  roofs.sort((a, b) => b.rate - a.rate);
  const device = result.dram.device;
  const GBps = device ? device.peak_bandwidth_GBps : Number(machine?.dram?.bandwidth_GBps);
  const bytes_per_cycle =
    Number(machine?.dram?.bytes_per_cycle) || (GBps > 0 ? (GBps * 1e3) / result.clock_MHz : undefined);
  return {points, roofs, bytes_per_cycle};
}

const log = Math.log10;
/// The mark of a datapath: a shape as well as a colour.
const marks = [
  (x, y, r) => shape('circle', {cx: x, cy: y, r}),
  (x, y, r) => shape('rect', {x: x - r * 0.9, y: y - r * 0.9, width: r * 1.8, height: r * 1.8}),
  (x, y, r) => shape('path', {d: `M${x} ${y - r * 1.2}L${x + r * 1.15} ${y + r * 0.8}H${x - r * 1.15}Z`}),
  (x, y, r) =>
    shape('path', {
      d: `M${x} ${y - r * 1.25}L${x + r * 1.25} ${y}L${x} ${y + r * 1.25}L${x - r * 1.25} ${y}Z`,
    }),
];

function mark_of(roofs, datapath, x, y, r) {
  const i =
    Math.max(
      0,
      roofs.findIndex((roof) => roof.datapath === datapath),
    ) % marks.length;
  const made = marks[i](x, y, r);
  made.setAttribute('class', 'p-' + i);
  return made;
}

/// The marks of datapaths, and what each can do at most.
function roofline_legend({roofs}) {
  const sign = (roof) =>
    shape('svg', {width: 14, height: 14, viewBox: '0 0 14 14'}, mark_of(roofs, roof.datapath, 7, 7, 5));
  return element(
    'ul',
    {class: 'legend'},
    roofs.map((roof) =>
      element('li', {}, sign(roof), `${roof.datapath}: at most ${grouped(roof.rate)} MACs in a cycle`),
    ),
  );
}

/// Axes from the lowest to the highest point and roof, logarithmic, and where texts may not stand.
function roofline_scene({points, roofs, bytes_per_cycle}, width) {
  const height = Math.max(340, Math.min(460, width * 0.5));
  const frame = {left: 66, right: width - 16, top: 14, bottom: height - 46};
  const finite = points.filter((p) => Number.isFinite(p.intensity)).map((p) => p.intensity);
  const ridges = bytes_per_cycle ? roofs.map((roof) => roof.rate / bytes_per_cycle) : [];
  const across = [...finite, ...ridges].map(log);
  const up = [...points, ...roofs].map((each) => log(each.rate));
  if (across.length === 0) across.push(0, 1);
  const low_x = Math.min(...across) - 0.4;
  const high_x = Math.max(...across) + (finite.length < points.length ? 0.7 : 0.45);
  const low_y = Math.min(...up) - 0.3;
  const high_y = Math.max(...up) + 0.3;
  const x = (value) => frame.left + ((frame.right - frame.left) * (log(value) - low_x)) / (high_x - low_x);
  const y = (value) => frame.bottom - ((frame.bottom - frame.top) * (log(value) - low_y)) / (high_y - low_y);
  const svg = shape('svg', {viewBox: `0 0 ${width} ${height}`, width, height});
  return {svg, frame, x, y, low_x, high_x, low_y, high_y, taken: []};
}

/// Powers of ten for an axis between two logarithms, and 2 and 5 times them where there are fewer than three.
function log_ticks(low, high) {
  const ticks = [];
  const factors = Math.floor(high) - Math.ceil(low) < 2 ? [1, 2, 5] : [1];
  for (let power = Math.floor(low); power <= high; ++power) {
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (log(value) >= low && log(value) <= high) ticks.push(value);
    }
  }
  return ticks;
}

function draw_axes({svg, frame, x, y, low_x, high_x, low_y, high_y}) {
  const shown = (value) => (value < 1 ? digits(value) : grouped(value));
  for (const value of log_ticks(low_x, high_x)) {
    const at = x(value);
    svg.append(
      shape('line', {class: 'grid', x1: at, x2: at, y1: frame.top, y2: frame.bottom}),
      shape('text', {class: 'tick middle', x: at, y: frame.bottom + 17}, shown(value)),
    );
  }
  for (const value of log_ticks(low_y, high_y)) {
    const at = y(value);
    svg.append(
      shape('line', {class: 'grid', x1: frame.left, x2: frame.right, y1: at, y2: at}),
      shape('text', {class: 'tick end', x: frame.left - 8, y: at + 4}, shown(value)),
    );
  }
  const middle = {x: (frame.left + frame.right) / 2, y: (frame.top + frame.bottom) / 2};
  svg.append(
    shape('text', {class: 'axis middle', x: middle.x, y: frame.bottom + 38}, 'MACs for each byte of DRAM'),
    shape(
      'text',
      {class: 'axis middle', transform: `translate(13 ${middle.y}) rotate(-90)`},
      'MACs in a cycle',
    ),
  );
}

/// Writes a text into the first of some boxes that is free. `always`: into the first if none is.
function write_free({svg, frame, taken}, content, kind, places, always) {
  const w = text_width(content, kind.includes('strong') ? 'bold' : '');
  const clear = (box) =>
    taken.every((t) => box.x + w < t.x || t.x + t.w < box.x || box.y + box.h < t.y || t.y + t.h < box.y);
  const boxes = places(w)
    .map(([x, y]) => ({x, y, w, h: 14}))
    .filter((box) => box.x > frame.left && box.x + w < frame.right && box.y > 0 && box.y + 14 < frame.bottom);
  const box = boxes.find(clear) || (always ? boxes[0] : undefined);
  if (!box) return undefined;
  taken.push(box);
  svg.append(shape('text', {class: kind, x: box.x, y: box.y + 11}, content));
  return box;
}

function draw_roofline(roofline, width) {
  const {points, roofs, bytes_per_cycle} = roofline;
  const scene = roofline_scene(roofline, width);
  const {svg, frame, x, y, taken} = scene;
  draw_axes(scene);
  const line = (x1, y1, x2, y2) => svg.append(shape('line', {class: 'roof', x1, y1, x2, y2}));
  for (const roof of roofs) {
    roof.from = bytes_per_cycle ? Math.max(frame.left, x(roof.rate / bytes_per_cycle)) : frame.left;
    line(roof.from, y(roof.rate), frame.right, y(roof.rate));
    taken.push({x: roof.from, y: y(roof.rate) - 1, w: frame.right - roof.from, h: 2});
  }
  const low = bytes_per_cycle && Math.max(scene.low_y, log(bytes_per_cycle) + scene.low_x);
  const high = bytes_per_cycle && Math.max(low, log(roofs[0]?.rate || 1));
  const on_line = (power) => [x(10 ** power / bytes_per_cycle), y(10 ** power)];
  if (bytes_per_cycle) {
    line(...on_line(low), ...on_line(high));
    for (let part = 0; part <= 1; part += 0.02) {
      const [at_x, at_y] = on_line(low + part * (high - low));
      taken.push({x: at_x - 4, y: at_y - 4, w: 8, h: 8});
    }
  }
  const in_order = [...points].sort((a, b) => b.share - a.share);
  for (const p of in_order) draw_mark(scene, p, roofs, p === in_order[0]);
  for (const roof of roofs) {
    const places = (w) => {
      const ends = [0, 0.1, 0.2, 0.3, 0.4, 0.5].map(
        (part) => frame.right - 4 - part * (frame.right - frame.left),
      );
      return ends.flatMap((end) => [
        [end - w, y(roof.rate) - 18],
        [end - w, y(roof.rate) + 4],
      ]);
    };
    write_free(scene, `${roof.datapath}: ${grouped(roof.rate)}`, 'label', places);
  }
  if (bytes_per_cycle) {
    const places = (w) =>
      [0.33, 0.5, 0.2, 0.7, 0.1, 0.9].flatMap((part) => {
        const [at_x, at_y] = on_line(low + part * (high - low));
        return [
          [at_x - 12 - w, at_y - 15],
          [at_x + 12, at_y + 3],
        ];
      });
    write_free(scene, `DRAM: ${digits(bytes_per_cycle)} B a cycle`, 'label', places);
  }
  name_points(scene, in_order.slice(0, 8));
  return svg;
}

function draw_mark({svg, frame, x, y, taken}, p, roofs, pole) {
  const r = 3.5 + 11 * Math.sqrt(p.share);
  p.at = {x: Number.isFinite(p.intensity) ? x(p.intensity) : frame.right - 10, y: y(p.rate), r};
  const intensity = p.moved > 0 ? `${digits(p.intensity)} MACs for each byte of DRAM` : 'no byte of DRAM';
  const mark = mark_of(roofs, p.layer.datapath, p.at.x, p.at.y, r);
  if (pole) mark.classList.add('pole');
  mark.append(
    shape(
      'title',
      {},
      `${p.layer.name}: ${digits(p.rate)} MACs in a cycle, ${intensity}, ${percent(p.share)} of the cycles`,
    ),
  );
  svg.append(mark);
  taken.push({x: p.at.x - r, y: p.at.y - r, w: 2 * r, h: 2 * r});
}

/// Names points where there is room beside them, those of the most cycles first. The first is named always.
function name_points(scene, points) {
  points.forEach((p, i) => {
    if (i > 0 && p.share < 0.02) return;
    const share = i === 0 && scene.frame.right > 600 ? `, ${percent(p.share)} of the cycles` : '';
    const {x, y} = p.at;
    const far = p.at.r + 5;
    const places = (w) =>
      [0, -13, 13].flatMap((down) => [
        [x + far, y - 7 + down],
        [x - far - w, y - 7 + down],
        [x - w / 2, down < 0 ? y - far - 1 + down : y + far - 13 + down],
      ]);
    write_free(scene, p.layer.name + share, i === 0 ? 'label strong' : 'label', places, i === 0);
  });
}
