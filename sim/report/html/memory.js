// Memory: what weights take, what lives where and for how long, and what crosses DRAM.

function packing_part(memory) {
  const packing = memory.packing;
  if (!packing || !(packing.dram_bytes > 0)) return undefined;
  const parts = [
    {key: 'values', name: 'values', value: packing.values_bytes},
    {key: 'metadata', name: 'metadata', value: packing.metadata_bytes},
    {key: 'padding', name: 'padding', value: packing.padding_bytes},
    {key: 'table', name: 'tables beside them', value: packing.table_bytes},
  ].filter((part) => part.value > 0);
  const all = sum(parts, (part) => part.value);
  const best = memory.theoretical_saving;
  return [
    element('h3', {}, 'What weights take'),
    text(
      `Packed weights take ${bytes(packing.dram_bytes)} in DRAM, where FP32 would take ` +
        `${bytes(packing.fp32_bytes)}: ${times(packing.saving)} less` +
        (best ? ` (2 bits a weight would be ${best.two_bits}x, 1 bit ${best.one_bit}x)` : '') +
        `. No code of single values could take less than ${bytes(packing.entropy_bytes)}.`,
    ),
    bar(parts, all),
    legend(parts.map((part) => ({...part, name: `${part.name} ${bytes(part.value)}`}))),
  ];
}

const size_of = (machine, memory) => Number(machine?.[memory + '_memory']?.size_KiB) * 1024;

/// What weight memory keeps. It is there through all time steps, so there is nothing to draw over layers.
function kept_weights(result, machine) {
  const living = result.memory.tensors.filter((tensor) => tensor.memory === 'weight');
  const kept = sum(living, (tensor) => tensor.bytes),
    size = size_of(machine, 'weight');
  if (living.length === 0 || !(size >= kept)) return undefined;
  return [
    text(
      `Weight memory keeps ${bytes(kept)} of weights and tables, ` +
        `${percent(kept / size)} of its ${short(bytes(size))}` +
        (result.warm?.staying_bytes > 0
          ? `; ${bytes(result.warm.staying_bytes)} stay there for the next inference.`
          : '.'),
    ),
    bar(
      [
        {key: 'in-weight', name: 'kept', value: kept},
        {key: 'idle', name: 'for tiles of others', value: size - kept},
      ],
      size,
    ),
  ];
}

/// What activation memory holds while each layer runs, of the tensors that live there whole.
function occupancy(result, machine) {
  const index = new Map(result.layers.map((layer, i) => [layer.name, i]));
  const last = result.layers.length - 1;
  const living = result.memory.tensors.filter((tensor) => tensor.memory === 'activation');
  if (living.length === 0) return undefined;
  const held = result.layers.map(() => 0);
  for (const tensor of living) {
    const from = index.get(tensor.first_layer) ?? 0,
      to = index.get(tensor.last_layer) ?? last;
    for (let i = Math.min(from, to); i <= Math.max(from, to); ++i) held[i] += tensor.bytes;
  }
  const size = size_of(machine, 'activation'),
    most = bytes(Math.max(...held));
  if (Math.max(...held) < 0.02 * size)
    return text(`Activation memory keeps at most ${most} of whole tensors, of its ${short(bytes(size))}.`);
  return drawing(
    `Bytes that activation memory keeps while each layer runs, at most ${most}`,
    `Activation memory: bytes of the ${plural(living.length, 'tensor')} that live there whole, while each ` +
      `layer runs; at most ${most}. Tiles of other tensors pass through the rest.`,
    (width) =>
      columns_chart({
        width,
        height: 170,
        values: held,
        show: bytes,
        binary: true,
        kind: 'activation',
        from: result.layers[0].name,
        to: last > 0 ? result.layers[last].name : '',
        titles: held.map((value, i) => `${result.layers[i].name}: ${bytes(value)}`),
        limit: size > 0 ? {value: size, name: `size ${short(bytes(size))}`} : undefined,
      }),
  );
}

function tensor_table(result, caption, tensors, sorted_by) {
  const index = new Map(result.layers.map((layer, i) => [layer.name, i]));
  const total = Math.max(result.layers.length, 1);
  const home = {activation: 'activation memory', weight: 'weight memory', dram: 'DRAM'};
  const life = (t) => {
    const from = index.get(t.first_layer) ?? 0,
      to = index.get(t.last_layer) ?? total - 1;
    const label =
      from === to
        ? `layer ${from + 1}, ${t.first_layer}`
        : `layers ${from + 1} to ${to + 1}, ${t.first_layer} to ${t.last_layer}`;
    const made = element('div', {class: 'life', role: 'img', 'aria-label': label, title: label});
    const piece = element('i', {class: 'c-in-' + t.memory});
    piece.style.left = (100 * Math.min(from, to)) / total + '%';
    piece.style.width = (100 * (Math.abs(to - from) + 1)) / total + '%';
    made.append(piece);
    return made;
  };
  const columns = [
    {
      title: 'Tensor',
      left: true,
      wide: true,
      rising: true,
      value: (t) => t.name,
      show: (t) => element('span', {}, name(t.name), element('small', {}, t.reason)),
    },
    {
      title: 'Kind',
      left: true,
      rising: true,
      value: (t) => t.kind,
      show: (t) => element('span', {}, t.kind, element('small', {}, t.format)),
    },
    {
      title: 'Lives in',
      left: true,
      rising: true,
      value: (t) => t.memory,
      show: (t) => home[t.memory] || t.memory,
    },
    {title: 'Bytes', value: (t) => t.bytes, show: (t) => bytes(t.bytes)},
    {title: 'Layers', bar: true, rising: true, value: (t) => index.get(t.first_layer) ?? 0, show: life},
    {title: 'Read', value: (t) => t.dram_read_bytes, show: (t) => bytes(t.dram_read_bytes)},
    {title: 'Written', value: (t) => t.dram_write_bytes, show: (t) => bytes(t.dram_write_bytes)},
    {
      title: 'Loads',
      note: 'how often it is read from DRAM',
      value: (t) => t.loads,
      show: (t) => times(t.loads),
    },
  ];
  return table({
    caption,
    sorts: true,
    sorted: columns.find((column) => column.title === sorted_by),
    rows: tensors,
    columns,
    kind: 'tensors',
  });
}

function memory_section({result, machine}) {
  const {memory} = result;
  const tensors = memory.tensors || [];
  const homes = [
    ['activation', 'activation memory'],
    ['weight', 'weight memory'],
    ['dram', 'DRAM, in tiles'],
  ];
  const moved = (list) => sum(list, (t) => t.dram_read_bytes + t.dram_write_bytes);
  const rows = homes
    .map(([key, title]) => ({key, title, list: tensors.filter((t) => t.memory === key)}))
    .filter((row) => row.list.length > 0);
  const kinds = (list) =>
    listed(
      [...new Set(list.map((t) => t.kind))].map((kind) =>
        plural(list.filter((t) => t.kind === kind).length, kind),
      ),
    );
  const busiest = tensors
    .filter((t) => t.dram_read_bytes + t.dram_write_bytes > 0)
    .sort((a, b) => b.dram_read_bytes + b.dram_write_bytes - a.dram_read_bytes - a.dram_write_bytes)
    .slice(0, 12);
  const busiest_table = tensor_table(
    result,
    `The ${busiest.length} tensors that move the most bytes to and from DRAM`,
    busiest,
  );
  const all = tensor_table(result, 'Tensors by their first layer', tensors, 'Layers');
  return [
    packing_part(memory),
    element('h3', {}, 'What lives where'),
    rows.length > 0 &&
      table({
        caption: 'Tensors by the memory that they live in',
        rows,
        columns: [
          {
            title: 'Memory',
            left: true,
            show: (r) => element('span', {class: 'swatch'}, element('i', {class: 'c-in-' + r.key}), r.title),
          },
          {title: 'Tensors', left: true, show: (r) => kinds(r.list)},
          {title: 'Bytes', show: (r) => bytes(sum(r.list, (t) => t.bytes))},
          {title: 'DRAM traffic', show: (r) => bytes(moved(r.list))},
        ],
      }),
    occupancy(result, machine),
    kept_weights(result, machine),
    tensors.length > 20
      ? [busiest_table, details(`All ${plural(tensors.length, 'tensor')}`, all)]
      : tensors.length > 0 && all,
    device_part(result.dram.device),
  ];
}

/// What a DRAM device did.
function device_part(device) {
  if (!device) return undefined;
  return facts('The DRAM device', [
    ['device', device.name],
    [
      'bandwidth used',
      `${digits(device.bandwidth_GBps)} GB/s of ${digits(device.peak_bandwidth_GBps)} GB/s ` +
        `(${percent(device.bandwidth_share)})`,
    ],
    ['row hits', percent(device.row_hit_share)],
    [
      'read latency',
      `mean ${digits(device.read_latency_ns?.mean)} ns, at most ${digits(device.read_latency_ns?.max)} ns`,
    ],
    ['reads, writes', `${grouped(device.reads)}, ${grouped(device.writes)}`],
    [
      'commands',
      listed(
        Object.entries(device.commands || {})
          .filter(([, n]) => n > 0)
          .map(([command, n]) => `${grouped(n)} ${words(command)}`),
      ),
    ],
    ['energy', device.energy_pJ?.total && joules(device.energy_pJ.total)],
  ]);
}
