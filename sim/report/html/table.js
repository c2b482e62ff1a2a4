// Tables. Those that sort have a button in each heading.

/// A table of `rows`. A column has a `title`, `show` (row to text or element), and may have `value` (row to
/// what it is sorted by), `left`, `bar` (its width does not follow its text) and `note`
/// (what the heading means).
function table({caption, columns, rows, total, sorts = false, sorted, kind}) {
  const body = element('tbody');
  const heads = columns.map((column) =>
    element('th', {scope: 'col', class: column_class(column), title: column.note}),
  );
  const fill = (list) =>
    body.replaceChildren(
      ...list.map((row) =>
        element(
          'tr',
          {},
          columns.map((column, i) => cell(column, row, i)),
        ),
      ),
    );
  const cell = (column, row, i) =>
    element(
      i === 0 ? 'th' : 'td',
      {scope: i === 0 && 'row', class: column_class(column)},
      [column.show(row) ?? '-'].flat(),
    );

  let by, down;
  const sort = (column, descending) => {
    [by, down] = [column, descending];
    const list = rows.map((row, i) => ({row, i, value: column.value(row)}));
    const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    list.sort((a, b) => (descending ? order(b.value, a.value) : order(a.value, b.value)) || a.i - b.i);
    fill(list.map((entry) => entry.row));
    columns.forEach(
      (each, i) =>
        each.value &&
        heads[i].setAttribute('aria-sort', each !== by ? 'none' : down ? 'descending' : 'ascending'),
    );
  };
  columns.forEach((column, i) => {
    if (!sorts || !column.value) {
      heads[i].append(column.title);
      return;
    }
    const button = element('button', {type: 'button'}, column.title);
    button.addEventListener('click', () =>
      sort(column, by === column ? !down : typeof column.value(rows[0]) === 'number' && !column.rising),
    );
    heads[i].append(button);
    heads[i].setAttribute('aria-sort', 'none');
  });
  if (sorts && sorted) {
    sort(sorted, !sorted.rising);
  } else {
    fill(rows);
  }
  const parts = [element('caption', {}, caption), element('thead', {}, element('tr', {}, heads)), body];
  if (total)
    parts.push(
      element(
        'tfoot',
        {},
        element(
          'tr',
          {},
          columns.map((column, i) =>
            element(
              i === 0 ? 'th' : 'td',
              {scope: i === 0 && 'row', class: column_class(column)},
              total[i] ?? '',
            ),
          ),
        ),
      ),
    );
  return element(
    'div',
    {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
    element('table', {class: kind}, parts),
  );
}

const column_class = (column) =>
  [column.left && 'left', column.bar && 'bars', column.wide && 'wide'].filter(Boolean).join(' ') || undefined;

/// A bar of parts, its length to scale. `most` is the value of a full bar.
function bar(parts, most, text) {
  const shown = parts.filter((part) => part.value > 0);
  const label =
    text ??
    shown
      .map(
        (part) =>
          part.name +
          ' ' +
          percent(
            ratio(
              part.value,
              sum(parts, (p) => p.value),
            ),
          ),
      )
      .join(', ');
  const made = element('div', {class: 'bar', role: 'img', 'aria-label': label || 'nothing', title: label});
  for (const part of shown) {
    const piece = element('i', {class: 'c-' + part.key});
    piece.style.width = 100 * ratio(part.value, most) + '%';
    made.append(piece);
  }
  return made;
}

/// The colours of bars and what they mean.
function legend(parts) {
  return element(
    'ul',
    {class: 'legend'},
    parts.map((part) => element('li', {}, element('i', {class: 'c-' + part.key}), part.name)),
  );
}

/// Two columns: what, and its value.
function facts(caption, rows) {
  const kept = rows.filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (kept.length === 0) return undefined;
  return element(
    'table',
    {class: 'facts'},
    element('caption', {}, caption),
    element(
      'tbody',
      {},
      kept.map(([what, value]) =>
        element(
          'tr',
          {},
          element('th', {scope: 'row', class: 'left'}, what),
          element('td', {class: 'left'}, value),
        ),
      ),
    ),
  );
}

function details(title, ...content) {
  return element('details', {}, element('summary', {}, title), ...content);
}

const two_lines = (first, second) =>
  second ? element('span', {}, first, element('small', {}, second)) : first;
const text = (...parts) => element('p', {}, ...parts);
const note = (...parts) => element('p', {class: 'note'}, ...parts);
