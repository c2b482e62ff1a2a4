// What was run, with what, and where it came from.

/// A tree of settings as nested lists of facts.
function tree(node) {
  const plain = (value) =>
    value !== null && typeof value === 'object'
      ? Array.isArray(value) && value.every((each) => typeof each !== 'object')
        ? value.join(', ')
        : undefined
      : String(value);
  const rows = [];
  const walk = (prefix, value) => {
    const shown = plain(value);
    if (shown !== undefined) {
      rows.push([prefix, shown]);
    } else {
      for (const [key, inner] of Object.entries(value)) walk(prefix ? prefix + '.' + key : key, inner);
    }
  };
  walk('', node);
  return rows;
}

/// Prices as result.json has them, with the sources that effective.yaml has for them in the same order.
function prices_of(result, effective) {
  const prices = result.tech.prices || [];
  const sources = Array.isArray(effective?.tech?.prices) ? effective.tech.prices : [];
  return prices.map((price, i) => ({
    ...price,
    source: sources[i]?.name === price.name ? sources[i].source : undefined,
  }));
}

function scaling_text(scaling) {
  const list = Array.isArray(scaling) ? scaling : [];
  return [
    ...new Set(list.map((step) => `from ${step.from}: x ${digits(Number(step.factor))}, ${step.rule}`)),
  ].join('; ');
}

function configuration_section({result, effective}) {
  const prices = prices_of(result, effective);
  const columns = [
    {title: 'Price', left: true, rising: true, value: (p) => p.name, show: (p) => name(p.name)},
    {
      title: 'Value',
      value: (p) => p.value,
      show: (p) =>
        two_lines(`${digits(p.value)} ${p.unit}`, p.low < p.high && `${digits(p.low)} to ${digits(p.high)}`),
    },
    {
      title: 'Source, and how it was scaled',
      left: true,
      wide: true,
      rising: true,
      value: (p) => p.source || '',
      show: (p) =>
        element(
          'span',
          {},
          p.source || 'effective.yaml has the sources',
          element('small', {}, scaling_text(p.scaling)),
        ),
    },
  ];
  const settings = effective?.settings;
  return [
    facts('Technology', [
      ['name', result.tech.name],
      ['node', digits(result.tech.node_nm) + ' nm'],
      ['voltage', digits(result.tech.voltage_V) + ' V'],
      ['temperature', digits(result.tech.temperature_K) + ' K'],
      ['projection', result.tech.projection],
    ]),
    Array.isArray(settings) &&
      facts(
        'Settings of the command line',
        settings.map((setting) => {
          const [key, ...value] = setting.split('=');
          return [key, value.join('=')];
        }),
      ),
    effective?.machine &&
      details(
        `The machine: every parameter of ${result.machine}`,
        facts(
          'Parameters, defaults included (tricycle explain arch.KEY says what one means)',
          tree(effective.machine),
        ),
      ),
    effective?.run &&
      details('The run: every option', facts('Options, defaults included', tree(effective.run))),
    details(
      `Prices with their sources: ${prices.length}`,
      table({caption: 'Prices of events and parts', sorts: true, rows: prices, columns, kind: 'prices'}),
    ),
    details(
      'Counters: every event',
      facts(
        'Events of the first inference',
        Object.entries(result.counters || {}).map(([counter, n]) => [counter, grouped(n)]),
      ),
    ),
  ];
}

function provenance_section({result, effective, command}) {
  const {workload, input, calibration, reference, outputs, verify} = result;
  const seed = effective?.run?.seed;
  return facts('Where it came from', [
    ['workload', workload.name],
    [
      'weights',
      workload.synthetic_weights
        ? element(
            'span',
            {},
            element('b', {class: 'mark'}, 'synthetic'),
            ' ',
            workload.weights.replace(/^synthetic,? ?/, ''),
          )
        : name(workload.weights),
    ],
    ['seed', seed],
    ['input', input && name(`${input.source}; ${input.name}, ${input.type} ${input.shape}`)],
    [
      'SHA-256 of the input',
      input && (input.sha256 ? name(input.sha256) : 'none: it was not read from a file'),
    ],
    [
      'calibration',
      calibration && name(`${calibration.source}, ${calibration.items} items, SHA-256 ${calibration.sha256}`),
    ],
    ['machine', result.machine],
    ['technology', result.tech.name],
    ['start', result.start],
    ['items', plural(result.inferences?.count ?? 1, 'item')],
    [
      'verify',
      verify && (verify.mode === 'off' ? 'off' : `${verify.mode}, against ${verify.reference} values`),
    ],
    [
      'float interpreter',
      reference &&
        (reference.mode === 'off'
          ? 'off'
          : `${reference.mode}: ${grouped(reference.differ)} of ${grouped(reference.values)} outputs ` +
            'differ by more than half a step'),
    ],
    ['CRC-32 of the output', outputs?.crc32 && verify?.mode !== 'off' ? outputs.crc32 : undefined],
    ['command', command && element('code', {}, command)],
    ['schema', result.schema],
  ]);
}
