// Where the cycles went: of the run, of each unit, of each layer; and the roofline.

function cycles_section({result}) {
  const parts = cycle_parts(result, result.bound.compute_cycles).filter((part) => part.value > 0);
  const row_of = [
    {
      title: 'Cycles in which',
      left: true,
      show: (part) => element('span', {class: 'swatch'}, element('i', {class: 'c-' + part.key}), part.doing),
    },
    {title: 'Cycles', show: (part) => grouped(part.value)},
    {title: 'Share', show: (part) => percent(ratio(part.value, result.cycles))},
  ];
  return [
    text(
      'Every cycle has one reason. The array is what the machine is built for, so its cycles are those in ' +
        'which it feeds a step, and those in which the next step waits for something.',
    ),
    bar(parts, result.cycles),
    table({
      caption: 'Cycles of the run by reason',
      columns: row_of,
      rows: parts,
      total: ['all', grouped(result.cycles), percent(1)],
    }),
    strip_of(result),
  ];
}

function units_section({result}) {
  const states = [
    {key: 'busy', name: 'busy', of: 'busy_cycles'},
    {key: 'stall', name: 'stalled', of: 'stall_cycles'},
    {key: 'idle', name: 'idle', of: 'idle_cycles'},
  ];
  const share = (title, key, mean) => ({
    title,
    note: mean,
    value: (unit) => unit[key],
    show: (unit) => percent(ratio(unit[key], result.cycles)),
  });
  const engines = Object.keys(result.memories?.[0]?.conflict_cycles || {});
  return [
    text('A unit is busy, stalled (it has work and cannot do it) or idle, in each cycle.'),
    legend(states),
    table({
      caption: 'Utilization and stalls of each unit',
      sorts: true,
      rows: result.units,
      columns: [
        {
          title: 'Unit',
          left: true,
          rising: true,
          value: (unit) => unit.name,
          show: (unit) => words(unit.name),
        },
        share('Busy', 'busy_cycles', 'at work'),
        share('Stalled', 'stall_cycles', 'has work and cannot do it'),
        share('Idle', 'idle_cycles', 'has no work'),
        {
          title: '',
          bar: true,
          show: (unit) =>
            bar(
              states.map((state) => ({...state, value: unit[state.of]})),
              result.cycles,
            ),
        },
      ],
    }),
    result.memories &&
      table({
        caption: 'On-chip memories: cycles in which an engine wanted a port and got none',
        rows: result.memories,
        columns: [
          {title: 'Memory', left: true, show: (m) => words(m.name)},
          {title: 'Ports', show: (m) => m.ports},
          {title: 'Banks', show: (m) => grouped(m.banks)},
          {title: 'Accesses', show: (m) => count(m.accesses)},
          ...engines.map((engine) => ({title: engine, show: (m) => grouped(m.conflict_cycles[engine])})),
        ],
      }),
  ];
}

function roofline_section({result, machine}) {
  const roofline = roofline_of(result, machine);
  if (roofline.points.length === 0 || result.status !== 'finished') return undefined;
  const pole = roofline.points.reduce((best, p) => (best.share >= p.share ? best : p));
  const roof_of = (p) => roofline.roofs.find((roof) => roof.datapath === p.layer.datapath)?.rate;
  const longest = longest_layer(result);
  const none = result.layers.length - roofline.points.length;
  return [
    drawing(
      `Roofline of ${plural(roofline.points.length, 'layer')}; the long pole is ${pole.layer.name}`,
      [
        "Each mark is a layer, its area the layer's share of the cycles. The lines are what the array and " +
          'DRAM could do at most. A mark above the slanted line is a layer whose bytes came while other ' +
          'layers ran. ',
        roofline.points.some((p) => p.rate > 1.001 * roof_of(p))
          ? "A mark above its datapath's line skipped products with zeros, which count as MACs. "
          : '',
        none > 0 ? `${plural(none, 'layer')} without MACs ${none === 1 ? 'is' : 'are'} not shown. ` : '',
        roofline.bytes_per_cycle
          ? ''
          : 'The result does not say what DRAM moves in a cycle, so there is no slanted line. ',
        longest && longest !== pole.layer
          ? `The run's long pole, ${longest.name}, has no MACs. The longest of the others`
          : 'The long pole',
        ` is ${pole.layer.name}: ${percent(ratio(pole.rate, roof_of(pole)))} of its datapath's rate.`,
      ],
      (width) => draw_roofline(roofline, width),
    ),
    roofline_legend(roofline),
    details('The roofline as a table', roofline_table(roofline)),
  ];
}

function roofline_table({points, roofs}) {
  const roof_of = (p) => roofs.find((roof) => roof.datapath === p.layer.datapath)?.rate;
  const columns = [
    {title: 'Layer', left: true, rising: true, value: (p) => p.layer.name, show: (p) => name(p.layer.name)},
    {
      title: 'Datapath',
      left: true,
      rising: true,
      value: (p) => p.layer.datapath,
      show: (p) => name(p.layer.datapath),
    },
    {
      title: 'MACs for each byte of DRAM',
      value: (p) => p.intensity,
      show: (p) => (p.moved > 0 ? even_digits(p.intensity) : 'no byte'),
    },
    {title: 'MACs in a cycle', value: (p) => p.rate, show: (p) => even_digits(p.rate)},
    {
      title: "Of the datapath's rate",
      value: (p) => ratio(p.rate, roof_of(p)),
      show: (p) => percent(ratio(p.rate, roof_of(p))),
    },
    {title: 'Share of the cycles', value: (p) => p.share, show: (p) => percent(p.share)},
  ];
  return table({
    caption: 'Layers with MACs, the longest first',
    sorts: true,
    sorted: columns[5],
    rows: points,
    columns,
  });
}

/// The largest part of a layer's cycles.
function main_part(layer) {
  const parts = cycle_parts(layer, layer.bound_cycles).filter((part) => part.value > 0);
  return parts.length === 0
    ? undefined
    : parts.reduce((best, part) => (best.value >= part.value ? best : part));
}

function layers_section({result}) {
  const rows = result.layers.map((layer, i) => ({
    layer,
    number: i + 1,
    parts: cycle_parts(layer, layer.bound_cycles),
    main: main_part(layer),
  }));
  const most = Math.max(...rows.map((row) => row.layer.cycles), 1);
  const moved = ({layer}) => layer.dram_read_bytes + layer.dram_write_bytes;
  const used = cycle_parts(result, result.bound.compute_cycles).filter((part) => part.value > 0);
  const columns = [
    {title: '#', rising: true, value: (r) => r.number, show: (r) => String(r.number)},
    {
      title: 'Layer',
      left: true,
      wide: true,
      rising: true,
      value: (r) => r.layer.name,
      show: (r) =>
        element(
          'span',
          {},
          name(r.layer.name),
          element('small', {}, name(r.layer.op), ' on ', name(r.layer.datapath)),
        ),
    },
    {title: 'MACs', value: (r) => r.layer.macs, show: (r) => count(r.layer.macs)},
    {
      title: 'Cycles',
      note: "and their share of the run's",
      value: (r) => r.layer.cycles,
      show: (r) => two_lines(grouped(r.layer.cycles), percent(ratio(r.layer.cycles, result.cycles))),
    },
    {
      title: 'By reason',
      bar: true,
      note: 'a full bar is the longest layer; below it the largest part',
      rising: true,
      value: (r) => (r.main ? r.main.name : ''),
      show: (r) => [
        bar(r.parts, most),
        r.main && element('small', {}, `${r.main.name} ${percent(ratio(r.main.value, r.layer.cycles))}`),
      ],
    },
    {
      title: 'Utili\u00adzation',
      note: 'the least cycles that the array needs for the MACs, of the cycles',
      value: (r) => ratio(r.layer.bound_cycles, r.layer.cycles),
      show: (r) => (r.layer.macs > 0 ? percent(ratio(r.layer.bound_cycles, r.layer.cycles)) : '-'),
    },
    {
      title: 'Energy',
      note: "of its events, and of leakage in its cycles; and its share of the run's",
      value: (r) => r.layer.energy_pJ,
      show: (r) =>
        two_lines(joules(r.layer.energy_pJ), percent(ratio(r.layer.energy_pJ, result.energy_pJ.total))),
    },
    {title: 'DRAM', note: 'bytes read and written', value: moved, show: (r) => bytes(moved(r))},
    {
      title: 'Weights',
      note: 'packed, with thresholds and scales; and how many weights are not zero',
      value: (r) => r.layer.weight_bytes,
      show: (r) =>
        two_lines(
          bytes(r.layer.weight_bytes),
          r.layer.packing && percent(r.layer.weight_density) + ' nonzero',
        ),
    },
  ];
  return [
    text(
      "A heading sorts the table. Cycles are those that a layer answers for, so they add up to the run's.",
    ),
    legend(used),
    table({
      caption: "Layers in the model's order",
      kind: 'layers',
      sorts: true,
      sorted: columns[0],
      rows,
      columns,
      total: [
        '',
        'all layers',
        count(result.macs),
        grouped(result.cycles),
        '',
        percent(result.utilization),
        joules(result.energy_pJ.total),
        bytes(result.dram.read_bytes + result.dram.write_bytes),
        bytes(result.memory.weights_bytes),
      ],
    }),
  ];
}
