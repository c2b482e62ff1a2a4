// The page: its sections in their order. A section that has nothing to show is left out.

const sections = [
  ['summary', 'Summary', summary_section],
  ['cycles', 'Cycles', cycles_section],
  ['roofline', 'Roofline', roofline_section],
  ['energy', 'Energy', energy_section],
  ['units', 'Units', units_section],
  ['layers', 'Layers', layers_section],
  ['recurrence', 'Time steps and gates', recurrence_section],
  ['memory', 'Memory', memory_section],
  ['configuration', 'Configuration', configuration_section],
  ['provenance', 'Provenance', provenance_section],
];

const flat = (content) => [content].flat(Infinity).filter((each) => each);

/// A section, or a word on why a result that is not whole has none.
function content_of(make, data) {
  try {
    return flat(make(data));
  } catch (error) {
    return [
      element(
        'p',
        {class: 'warning'},
        `This part cannot be shown, because the result is not whole (${error.message}).`,
      ),
    ];
  }
}

const data = JSON.parse(document.getElementById('data').textContent);
data.machine = data.effective?.machine;
document.getElementById('head').append(...content_of(head, data));
const main = document.getElementById('content');
for (const [id, title, make] of sections) {
  const content = content_of(make, data);
  if (content.length === 0) continue;
  main.append(
    element(
      'section',
      {id, 'aria-labelledby': id + '-title'},
      element('h2', {id: id + '-title'}, title),
      content,
    ),
  );
  document.getElementById('contents').append(element('li', {}, element('a', {href: '#' + id}, title)));
}
document
  .querySelector('footer')
  .append(
    'Made by Tricycle from result.json, which has all figures and more. docs/result.md says what each means.',
  );
draw_all();

// Paper shows what is folded on a screen.
let folded = [];
window.addEventListener('beforeprint', () => {
  folded = [...document.querySelectorAll('details:not([open])')];
  folded.forEach((each) => (each.open = true));
});
window.addEventListener('afterprint', () => folded.forEach((each) => (each.open = false)));
