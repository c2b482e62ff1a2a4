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

/// Where most of a loss is: `, 91.2 % of that in conv1`.
function mostly_in(result, part) {
  if (result.layers.length < 2) return '';
  const first = result.layers.reduce((best, layer) =>
    best.lost_cycles[part.key] >= layer.lost_cycles[part.key] ? best : layer,
  );
  const share = ratio(first.lost_cycles[part.key], part.value);
  if (share < 0.25) return ', in many layers';
  return `, ${share === 1 ? 'all' : percent(share)} of that in ${first.name}`;
}

/// The largest loss in a sentence; or that the run did not end.
function main_limit(result, losses) {
  if (result.status !== 'finished')
    return (
      `The run ended with the status "${words(result.status)}" after ${grouped(result.cycles)} cycles. ` +
      'All figures are of these cycles alone.'
    );
  const worst = losses[0];
  if (!(worst?.value > 0)) return 'The array feeds a step in every cycle.';
  const share = percent(ratio(worst.value, result.cycles));
  return `In ${share} of the cycles ${worst.doing}${mostly_in(result, worst)}.`;
}

/// What else holds the run up, its longest layer, and how far it is from the least cycles.
function more_limits(result, losses, empty) {
  const share = (value) => percent(ratio(value, result.cycles));
  const is_large = (part) => part.value > 0.05 * result.cycles;
  const sentences = losses
    .slice(result.status === 'finished' ? 1 : 0, 3)
    .filter(is_large)
    .map((part) => `In ${share(part.value)} ${part.doing}${mostly_in(result, part)}.`);
  sentences.push(
    `The array feeds a step a cycle in ${share(result.mapped_cycles)}` +
      (is_large(empty) ? `; tiles that leave lanes empty cost ${share(empty.value)}.` : '.'),
  );
  const pole = longest_layer(result);
  if (pole && result.layers.length > 1)
    sentences.push(`The long pole is ${pole.name}: ${share(pole.cycles)} of the cycles.`);
  const floor = Math.max(result.bound.compute_cycles, result.bound.dram_cycles);
  if (floor > 0 && result.status === 'finished') {
    const which = result.bound.compute_cycles >= result.bound.dram_cycles ? 'the array' : 'DRAM';
    sentences.push(
      `No schedule could need fewer than ${grouped(floor)} cycles (${which} at its full rate): ` +
        `the run takes ${times(result.cycles / floor)} that.`,
    );
  }
  return sentences;
}

function limits_of(result) {
  const parts = cycle_parts(result, result.bound.compute_cycles);
  const losses = parts.filter((part) => part.lost).sort((a, b) => b.value - a.value);
  const empty = parts.find((part) => part.key === 'empty');
  return [
    element('p', {class: 'limit'}, main_limit(result, losses)),
    text(more_limits(result, losses, empty).join(' ')),
  ];
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
  const values = plural(v.checked, 'value');
  return `${values} of the machine's memories compared with ${v.reference} ones: ${found}.`;
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
    limits_of(result),
    element('h3', {}, 'To bear in mind'),
    element('ul', {}, notes),
  ];
}
