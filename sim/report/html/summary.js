// The head of the page and its summary: what ran, how long, what it cost, and what limits it.

/// What a reader must know before the figures.
function labels_of(result) {
  const labels = [];
  const add = (kind, content, why) => labels.push(element('li', {class: kind, title: why}, content));
  if (result.status !== 'finished')
    add('bad', 'status: ' + words(result.status), 'the run did not reach its end');
  if (result.verify?.mismatches > 0)
    add('bad', plural(result.verify.mismatches, 'value') + ' wrong', 'values that differ from the reference');
  if (result.verify?.overflows > 0)
    add(
      'bad',
      plural(result.verify.overflows, 'sum') + ' overflowed',
      'sums that did not fit the accumulator',
    );
  if (result.verify?.dram_violations > 0)
    add(
      'bad',
      plural(result.verify.dram_violations, 'DRAM rule') + ' broken',
      'commands that break a rule of the device',
    );
  if (result.workload.synthetic_weights)
    add('mark', 'synthetic weights', 'the weights are made up, so values and accuracy mean nothing');
  if (String(result.input?.source).startsWith('synthetic'))
    add('mark', 'synthetic input', result.input.source);
  if (result.verify?.mode === 'off')
    add('mark', 'values not checked', 'the run computed or compared no values');
  if (result.unsupported?.length > 0)
    add('bad', plural(result.unsupported.length, 'operator') + ' left out', listed(result.unsupported));
  if (result.tech.projection) add('mark', 'projected prices', result.tech.projection);
  if (result.ideal?.length > 0)
    add('mark', 'ideal: ' + listed(result.ideal.map((each) => each.key)), 'see Summary');
  return labels;
}

function head({result}) {
  const line =
    `Clock ${digits(result.clock_MHz)}\u00a0MHz, technology ${result.tech.name}. ` +
    `Figures are of the first inference, which begins with everything in DRAM, unless they say otherwise.`;
  return [element('p', {class: 'lead'}, line), element('ul', {class: 'labels'}, labels_of(result))];
}

/// The longest layer, and the largest loss with the layers that it comes from, in sentences.
function limits_of(result) {
  const parts = cycle_parts(result, result.bound.compute_cycles);
  const losses = parts.filter((part) => part.lost).sort((a, b) => b.value - a.value);
  const share = (value) => percent(ratio(value, result.cycles));
  const sentences = [];
  const from_layer = (part) => {
    const first = result.layers.reduce((best, layer) =>
      best.lost_cycles[part.key] >= layer.lost_cycles[part.key] ? best : layer,
    );
    const of = ratio(first.lost_cycles[part.key], part.value);
    const part_of = of === 1 ? 'all' : percent(of);
    return result.layers.length > 1 ? `, ${part_of} of that in layer ${first.name}` : '';
  };
  const doing = (part) => part.doing.charAt(0).toUpperCase() + part.doing.slice(1);
  const mapped = percent(ratio(result.mapped_cycles, result.cycles));
  const worst = losses[0]?.value > 0 && losses[0].value >= result.mapped_cycles ? losses.shift() : undefined;
  sentences.push(
    worst
      ? `${doing(worst)} in ${share(worst.value)} of the cycles${from_layer(worst)}. ` +
          `It is at work in ${mapped}.`
      : `The array is at work in ${mapped} of the cycles.`,
  );
  losses
    .slice(0, 2)
    .filter((part) => part.value > 0.05 * result.cycles)
    .forEach((part) => sentences.push(`In ${share(part.value)} ${part.doing}${from_layer(part)}.`));
  const empty = parts.find((part) => part.key === 'empty');
  if (empty.value > 0.05 * result.cycles)
    sentences.push(
      `In ${share(empty.value)} it feeds steps whose lanes are empty: ` +
        'tiles do not fill its rows, columns and words.',
    );
  const pole = longest_layer(result);
  if (pole && result.layers.length > 1)
    sentences.push(`The long pole is layer ${pole.name}: ${share(pole.cycles)} of the cycles.`);
  if (result.status !== 'finished') {
    const why = `The run ended with the status "${words(result.status)}" after ${grouped(result.cycles)} cycles. `;
    return [why + 'All figures are of these cycles alone.', ...sentences];
  }
  const floor = Math.max(result.bound.compute_cycles, result.bound.dram_cycles);
  if (floor > 0) {
    const which = result.bound.compute_cycles >= result.bound.dram_cycles ? 'the array' : 'DRAM';
    sentences.push(
      `No schedule could need fewer than ${grouped(floor)} cycles (${which} at its full rate): ` +
        `the run takes ${times(result.cycles / floor)} that.`,
    );
  }
  return sentences;
}

const longest_layer = (result) =>
  result.layers.reduce((best, layer) => (best && best.cycles >= layer.cycles ? best : layer), undefined);

function tile(title, value, ...more) {
  return element(
    'div',
    {class: 'tile'},
    element('dt', {}, title),
    element(
      'dd',
      {},
      element('strong', {}, value),
      more.map((line) => line && element('span', {}, line)),
    ),
  );
}

function tiles(result) {
  const {energy_pJ: energy, memory, dram, warm} = result;
  const list = [
    tile(
      'Latency',
      seconds(result.latency_s),
      grouped(result.cycles) + ' cycles',
      `array utilization ${percent(result.utilization)}`,
    ),
    warm &&
      tile(
        'Next inferences',
        digits(warm.inferences_per_s) + ' / s',
        seconds(warm.latency_s) + ' each',
        joules(warm.energy_pJ) + ' each',
      ),
    tile(
      'Energy',
      joules(energy.total),
      is_number(energy.low) &&
        energy.low < energy.high &&
        `${joules(energy.low)} to ${joules(energy.high)} by the intervals of prices`,
      `${joules(energy.dynamic + energy.leakage)} on chip, ${joules(energy.dram)} in DRAM`,
    ),
    tile(
      'Power',
      watts((energy.total * 1e-12) / result.latency_s),
      result.macs > 0 && result.status === 'finished' && joules(energy.total / result.macs) + ' for each MAC',
      plural(result.macs, 'MAC'),
    ),
    tile(
      'Weights',
      bytes(memory.weights_bytes),
      `${bytes(memory.fp32_weights_bytes)} as FP32`,
      memory.saving > 0 && times(memory.saving) + ' smaller',
    ),
    tile(
      'DRAM traffic',
      bytes(dram.read_bytes + dram.write_bytes),
      bytes(dram.read_bytes) + ' read',
      bytes(dram.write_bytes) + ' written',
    ),
    tile(
      'Area',
      square_mm(result.area_mm2),
      is_number(result.area_low_mm2) &&
        result.area_low_mm2 < result.area_high_mm2 &&
        `${square_mm(result.area_low_mm2)} to ${square_mm(result.area_high_mm2)}`,
      'everything on chip',
    ),
  ];
  if (result.accuracy)
    list.push(
      tile(
        'Accuracy',
        percent(result.accuracy.top1),
        `top-1, ${grouped(result.accuracy.correct)} of ${grouped(result.accuracy.count)}`,
      ),
    );
  const language = result.language;
  if (language && is_number(language.perplexity))
    list.push(
      tile(
        'Language',
        'perplexity ' + digits(language.perplexity),
        digits(language.bits_per_token) + ' bits a token',
        plural(language.tokens, 'token'),
      ),
    );
  return element('dl', {class: 'tiles'}, list);
}

/// How values were checked, in a sentence.
function verified(result) {
  const v = result.verify;
  if (!v || v.mode === 'off')
    return 'No values were compared: the run was asked for its timing, or not to verify.';
  const found = v.mismatches === 0 ? 'all are equal' : grouped(v.mismatches) + ' differ';
  return `${plural(v.checked, 'value')} of its memories compared with ${v.reference} ones: ${found}.`;
}

function summary_section({result}) {
  const notes = [element('li', {}, verified(result))];
  if (result.workload.synthetic_weights)
    notes.push(
      element(
        'li',
        {},
        'The weights are synthetic: cycles, bytes and energy hold for weights of this density, ' +
          'values and accuracy mean nothing.',
      ),
    );
  if (result.tech.projection)
    notes.push(element('li', {}, `The prices are projected: ${result.tech.projection}`));
  for (const ideal of result.ideal || [])
    notes.push(
      element(
        'li',
        {},
        element('code', {}, ideal.key),
        ' is better than it could be built: ',
        ideal.what,
        '.',
      ),
    );
  for (const operator of result.unsupported || []) notes.push(element('li', {}, 'Left out: ', operator, '.'));
  return [
    tiles(result),
    element('h3', {}, 'What limits this run'),
    text(limits_of(result).join(' ')),
    element('h3', {}, 'To bear in mind'),
    element('ul', {}, notes),
  ];
}
