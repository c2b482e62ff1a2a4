// Gates and time steps of recurrent layers.

function recurrence_section({result}) {
  const recurrence = result.recurrence;
  if (!recurrence) return undefined;
  const steps = recurrence.per_step || [];
  const per = (step, key) => step[key] / (step.steps || 1);
  const binned = steps.some((step) => step.steps > 1);
  const chart = (title, key, show) => {
    const values = steps.map((step) => per(step, key));
    return drawing(
      `${title} of each time step, at most ${show(Math.max(...values))}`,
      `${title} of each time step${binned ? ', the mean of steps that share a column' : ''}`,
      (width) =>
        columns_chart({
          width,
          height: 130,
          values,
          show,
          binary: show === bytes,
          kind: key.split('_')[0],
          from: 'step ' + steps[0].step,
          to: 'step ' + (recurrence.steps - 1),
          titles: steps.map((step, i) => `step ${step.step}: ${show(values[i])}`),
        }),
    );
  };
  const loops = {
    cycles: sum(steps, (s) => s.cycles),
    energy_pJ: sum(steps, (s) => s.energy_pJ),
    read: sum(steps, (s) => s.dram_read_bytes),
    written: sum(steps, (s) => s.dram_write_bytes),
  };
  const gates = recurrence.per_gate || [];
  const most = Math.max(...gates.map((gate) => gate.cycles), 1);
  const columns = [
    {title: 'Gate', left: true, wide: true, rising: true, value: (g) => g.gate, show: (g) => name(g.gate)},
    {title: 'Cycles', value: (g) => g.cycles, show: (g) => grouped(g.cycles)},
    {
      title: '',
      bar: true,
      show: (g) =>
        bar([{key: 'layer', name: 'cycles', value: g.cycles}], most, grouped(g.cycles) + ' cycles'),
    },
    {title: 'Utili\u00adzation', value: (g) => g.utilization, show: (g) => percent(g.utilization)},
    {title: 'Energy', value: (g) => g.energy_pJ, show: (g) => joules(g.energy_pJ)},
    {
      title: 'DRAM',
      note: 'bytes read and written',
      value: (g) => g.dram_read_bytes + g.dram_write_bytes,
      show: (g) => bytes(g.dram_read_bytes + g.dram_write_bytes),
    },
    {title: 'Weights', left: true, rising: true, value: (g) => g.weights, show: (g) => g.weights},
    {
      title: 'First load',
      note: 'bytes that the first time step brings into weight memory',
      value: (g) => g.weights_loaded_bytes?.first_step || 0,
      show: (g) => bytes(g.weights_loaded_bytes?.first_step),
    },
    {
      title: 'Later loads',
      note: 'bytes that all later time steps bring into weight memory',
      value: (g) => g.weights_loaded_bytes?.later_steps || 0,
      show: (g) => bytes(g.weights_loaded_bytes?.later_steps),
    },
  ];
  const outside = recurrence.outside;
  return [
    text(
      `${plural(recurrence.steps, 'time step')} take ${grouped(loops.cycles)} cycles and ` +
        `${joules(loops.energy_pJ)}; what is done once, outside of loops, ${grouped(outside.cycles)} cycles ` +
        `and ${joules(outside.energy_pJ)}.`,
    ),
    gates.length > 0 &&
      table({caption: 'Gates, over all time steps', kind: 'gates', sorts: true, rows: gates, columns}),
    steps.length > 1 && [
      element('h3', {}, 'Step by step'),
      chart('Cycles', 'cycles', grouped),
      chart('Energy', 'energy_pJ', joules),
      chart('Bytes read from DRAM', 'dram_read_bytes', bytes),
    ],
  ];
}
