// Energy by unit and by layer, and what intervals of prices make of it.

const energy_parts = (unit, energy) => [
  {
    key: unit === 'dram' ? 'dram' : 'dynamic',
    name: unit === 'dram' ? 'DRAM' : 'dynamic',
    value: energy.dynamic,
  },
  {key: 'leakage', name: 'leakage', value: energy.leakage},
];

function units_energy(result) {
  const {energy_pJ: energy} = result;
  const all = Object.entries(energy.by_unit).map(([unit, of]) => ({
    unit,
    ...of,
    total: of.dynamic + of.leakage,
    area: result.area_by_unit_mm2?.[unit],
  }));
  const rows = all.filter((row) => row.total > 0);
  const most = Math.max(...rows.map((row) => row.total));
  const columns = [
    {title: 'Unit', left: true, rising: true, value: (r) => r.unit, show: (r) => words(r.unit)},
    {
      title: 'Dynamic',
      note: 'of what was done; for DRAM, all of it',
      value: (r) => r.dynamic,
      show: (r) => joules(r.dynamic),
    },
    {title: 'Leakage', note: 'of the time it took', value: (r) => r.leakage, show: (r) => joules(r.leakage)},
    {title: 'Both', value: (r) => r.total, show: (r) => joules(r.total)},
    {title: 'Share', value: (r) => r.total, show: (r) => percent(ratio(r.total, energy.total))},
    {title: '', bar: true, show: (r) => bar(energy_parts(r.unit, r), most)},
    {title: 'Area', note: 'mm2', value: (r) => r.area || 0, show: (r) => square_mm(r.area)},
  ];
  const none = all.length - rows.length;
  return [
    table({
      caption: 'Energy and area by unit',
      sorts: true,
      sorted: columns[3],
      rows,
      columns,
      total: [
        'all',
        joules(energy.dynamic + energy.dram),
        joules(energy.leakage),
        joules(energy.total),
        percent(1),
        '',
        square_mm(result.area_mm2),
      ],
    }),
    none > 0 &&
      note(
        `${plural(none, 'unit')} of the technology that this machine does not have: ` +
          `${listed(all.filter((row) => row.total === 0).map((row) => words(row.unit)))}.`,
      ),
  ];
}

function layers_energy(result) {
  const most_rows = 12,
    total = result.energy_pJ.total;
  const all = [...result.layers].sort((a, b) => b.energy_pJ - a.energy_pJ);
  const rows = all.slice(0, most_rows),
    rest = all.slice(most_rows);
  if (rest.length > 0)
    rows.push({
      name: `${grouped(rest.length)} other layers`,
      others: true,
      energy_pJ: sum(rest, (layer) => layer.energy_pJ),
      dram_read_bytes: sum(rest, (l) => l.dram_read_bytes),
      dram_write_bytes: sum(rest, (l) => l.dram_write_bytes),
      macs: sum(rest, (l) => l.macs),
    });
  const most = Math.max(...rows.map((row) => row.energy_pJ));
  return table({
    caption: rest.length > 0 ? `Energy by layer: the ${most_rows} that need the most` : 'Energy by layer',
    rows,
    columns: [
      {title: 'Layer', left: true, show: (r) => (r.others ? r.name : name(r.name))},
      {title: 'Energy', show: (r) => joules(r.energy_pJ)},
      {title: 'Share', show: (r) => percent(ratio(r.energy_pJ, total))},
      {
        title: '',
        bar: true,
        show: (r) => bar([{key: 'layer', name: 'energy', value: r.energy_pJ}], most, joules(r.energy_pJ)),
      },
      {title: 'For each MAC', show: (r) => (r.macs > 0 ? joules(r.energy_pJ / r.macs) : '-')},
      {title: 'DRAM', show: (r) => bytes(r.dram_read_bytes + r.dram_write_bytes)},
    ],
  });
}

/// What one source of prices moves the total by, as a bar left and right of the total.
function tornado(result) {
  const total = result.energy_pJ.total;
  const moving = (result.sensitivity || []).filter((row) => row.energy_low_pJ < row.energy_high_pJ);
  if (moving.length === 0) return undefined;
  const low = Math.min(total, ...moving.map((row) => row.energy_low_pJ)),
    high = Math.max(total, ...moving.map((row) => row.energy_high_pJ));
  const at = (value) => 100 * ratio(value - low, high - low) + '%';
  const swing = (row) => {
    const label = `${joules(row.energy_low_pJ)} to ${joules(row.energy_high_pJ)}`;
    const made = element('div', {class: 'swing', role: 'img', 'aria-label': label, title: label});
    const piece = (kind, from, to) => {
      const bar_of = element('i', {class: kind});
      bar_of.style.left = at(from);
      bar_of.style.width = 100 * ratio(to - from, high - low) + '%';
      return bar_of;
    };
    const line = element('b', {});
    line.style.left = at(total);
    made.append(piece('c-low', row.energy_low_pJ, total), piece('c-high', total, row.energy_high_pJ), line);
    return made;
  };
  return [
    element('h3', {}, 'What the prices may be off by'),
    is_number(result.energy_pJ.low) &&
      text(
        'With every price at the low or the high end of its interval, the run takes ' +
          `${joules(result.energy_pJ.low)} to ${joules(result.energy_pJ.high)}. Below, one source moves at ` +
          `a time, and the line is the total of ${joules(total)}.`,
      ),
    table({
      caption: 'Total energy with one source of prices at either end of its interval',
      rows: moving,
      columns: [
        {
          title: 'Source',
          left: true,
          wide: true,
          show: (r) => element('span', {}, name(r.source), element('small', {}, r.why)),
        },
        {title: 'Of', left: true, show: (r) => words(r.quantity)},
        {title: 'Factors', show: (r) => `${digits(r.low)} to ${digits(r.high)}`},
        {title: 'Low', show: (r) => joules(r.energy_low_pJ)},
        {title: '', bar: true, show: swing},
        {title: 'High', show: (r) => joules(r.energy_high_pJ)},
      ],
    }),
  ];
}

function energy_section({result}) {
  const {energy_pJ: energy} = result;
  const parts = [
    {key: 'dynamic', name: 'dynamic, on chip', value: energy.dynamic},
    {key: 'leakage', name: 'leakage, on chip', value: energy.leakage},
    {key: 'dram', name: 'DRAM', value: energy.dram},
  ];
  return [
    text('Dynamic energy follows from what was done, leakage from how long it took.'),
    bar(parts, energy.total),
    legend(
      parts.map((part) => ({
        ...part,
        name: `${part.name} ${joules(part.value)} (${percent(ratio(part.value, energy.total))})`,
      })),
    ),
    units_energy(result),
    layers_energy(result),
    tornado(result),
  ];
}
