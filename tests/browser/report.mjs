// SPDX-License-Identifier: Apache-2.0
// Opens the reports of two runs in Chromium: node report.mjs SYNTHETIC TRAINED, each a result folder.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {resolve} from 'node:path';
import {after, before, test} from 'node:test';
import {contrasts, overlaps, texts_cut} from './look.mjs';

const {chromium} = createRequire(resolve('package.json'))('playwright-core');
const [synthetic, trained] = process.argv.slice(2).map((folder) => resolve(folder));
const result_of = (folder) => JSON.parse(readFileSync(`${folder}/result.json`, 'utf8'));

let browser;
before(async () => {
  const root = process.getuid() === 0; // whom Chromium refuses its sandbox
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: root ? ['--no-sandbox'] : [],
  });
});
after(() => browser.close());

/// A page with the report of a folder; `heard` has every request, message and error of it.
async function opened(folder, {width = 1280, colorScheme = 'light'} = {}) {
  const page = await browser.newPage({viewport: {width, height: 900}, colorScheme});
  page.heard = [];
  page.on('request', (request) => page.heard.push('request: ' + request.url()));
  page.on('console', (message) => page.heard.push('console: ' + message.text()));
  page.on('pageerror', (error) => page.heard.push('error: ' + error.message));
  await page.goto(`file://${folder}/report.html`);
  await page.waitForSelector('svg text');
  return page;
}

const column = (page, number) =>
  page.$$eval(`table.layers tbody tr > :nth-child(${number})`, (cells) =>
    cells.map((cell) => cell.firstElementChild?.firstChild?.textContent ?? cell.textContent),
  );
const numbers = (cells) => cells.map((cell) => Number(cell.replace(/,/g, '')));

for (const [what, folder] of [
  ['synthetic', synthetic],
  ['trained', trained],
]) {
  test(`a report of ${what} weights makes 1 request, its own file, and says nothing on the console`, async () => {
    const page = await opened(folder);
    await page.waitForTimeout(200);
    const own = `request: file://${folder}/report.html`;
    const others = page.heard.filter((each) => each !== own && !each.startsWith('request: data:'));
    assert.deepEqual(others, []);
    assert.equal(await page.locator('section .warning').count(), 0);
    await page.close();
  });

  test(`the label "synthetic weights" is there ${what === 'synthetic' ? 'once' : '0 times'} for ${what} weights`, async () => {
    const page = await opened(folder);
    const labels = page.locator('.labels li', {hasText: 'synthetic weights'});
    assert.equal(await labels.count(), what === 'synthetic' ? 1 : 0);
    if (what === 'synthetic') assert.ok(await labels.isVisible());
    await page.close();
  });

  test(`the layers of the ${what} run have the cycles of result.json, which sort by 2 clicks`, async () => {
    const page = await opened(folder);
    const result = result_of(folder);
    const cycles = result.layers.map((layer) => layer.cycles);
    assert.deepEqual(numbers(await column(page, 4)), cycles);
    const heading = page.locator('table.layers th', {hasText: 'Cycles'});
    await heading.getByRole('button').click();
    assert.equal(await heading.getAttribute('aria-sort'), 'descending');
    assert.deepEqual(
      numbers(await column(page, 4)),
      [...cycles].sort((a, b) => b - a),
    );
    await heading.getByRole('button').click();
    assert.equal(await heading.getAttribute('aria-sort'), 'ascending');
    assert.deepEqual(
      numbers(await column(page, 4)),
      [...cycles].sort((a, b) => a - b),
    );
    const total = await page.locator('table.layers tfoot td').nth(2).textContent();
    assert.equal(Number(total.replace(/,/g, '')), result.cycles);
    await page.close();
  });

  test(`what limits the ${what} run begins with its largest loss, and each layer with cycles has 1 column`, async () => {
    const page = await opened(folder);
    const {cycles, lost_cycles, layers} = result_of(folder);
    const most = ((100 * Math.max(...Object.values(lost_cycles))) / cycles).toFixed(1);
    const limit = await page.locator('.limit').textContent();
    assert.ok(limit.startsWith(`In ${most}\u00a0% of the cycles the array `), limit);
    const columns = await page.locator('#cycles svg g').count();
    assert.equal(columns, layers.filter((layer) => layer.cycles > 0).length);
    await page.close();
  });

  for (const width of [1280, 800]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`no text of the ${what} run is cut, covered or pale at ${width} pixels, ${colorScheme}`, async () => {
        const page = await opened(folder, {width, colorScheme});
        await page.$$eval('details', (all) => all.forEach((each) => (each.open = true)));
        assert.deepEqual(await page.evaluate(texts_cut), []);
        assert.deepEqual(await page.evaluate(overlaps), []);
        assert.deepEqual(await page.evaluate(contrasts, 4.5), []);
        await page.close();
      });
    }
  }
}

test('every link, button, fold and table is reached by the Tab key, the skip link first', async () => {
  const page = await opened(synthetic);
  const wanted = await page.$$eval('a, button, summary, [tabindex="0"]', (all) =>
    all.filter((each) => each.checkVisibility()).map((each) => each.textContent),
  );
  const reached = [];
  for (let i = 0; i < wanted.length; ++i) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => document.activeElement.textContent));
  }
  assert.deepEqual(reached, wanted);
  assert.equal(reached[0], 'Skip to the report');
  await page.close();
});

test('the Enter key follows a link, sorts a table and opens a fold', async () => {
  const page = await opened(synthetic);
  await page.locator('nav a', {hasText: 'Layers'}).focus();
  await page.keyboard.press('Enter');
  assert.ok(page.url().endsWith('#layers'));
  const heading = page.locator('table.layers th', {hasText: 'Energy'});
  await heading.getByRole('button').focus();
  await page.keyboard.press('Enter');
  assert.equal(await heading.getAttribute('aria-sort'), 'descending');
  const fold = page.locator('details', {hasText: 'Prices with their sources'});
  await fold.locator('summary').focus();
  await page.keyboard.press('Enter');
  assert.equal(await fold.getAttribute('open'), '');
  await page.close();
});

test('time steps and gates are there for the recurrent run alone', async () => {
  for (const [folder, count] of [
    [synthetic, 0],
    [trained, 1],
  ]) {
    const page = await opened(folder);
    assert.equal(await page.locator('#recurrence').count(), count);
    assert.equal('recurrence' in result_of(folder), count === 1);
    await page.close();
  }
});

test('paper shows what 6 folds hide, and the screen hides it again', async () => {
  const page = await opened(synthetic);
  const open = () => page.$$eval('details', (all) => all.filter((each) => each.open).length);
  assert.equal(await page.locator('details').count(), 6);
  await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
  assert.equal(await open(), 6);
  await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
  assert.equal(await open(), 0);
  await page.close();
});
