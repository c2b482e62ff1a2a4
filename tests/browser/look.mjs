// SPDX-License-Identifier: Apache-2.0
// What a reader would see, asked of a page: each function runs in it and gives a list of what is wrong.

/// Texts that their box, a table's frame, a drawing or the window cuts off.
export function texts_cut() {
  const wrong = [];
  const say = (element, why) =>
    wrong.push(`${why}: ${element.tagName} '${element.textContent.trim().slice(0, 60)}'`);
  if (document.documentElement.scrollWidth > window.innerWidth) say(document.body, 'the page is too wide');
  for (const element of document.querySelectorAll('body *')) {
    if (!element.checkVisibility() || element.closest('svg, .skip, script, style')) continue;
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== 'visible')
      say(element, 'scrolls or is cut');
    const box = element.getBoundingClientRect();
    if (box.width > 0 && (box.right > window.innerWidth + 1 || box.left < -1))
      say(element, 'leaves the window');
  }
  for (const text of document.querySelectorAll('svg text')) {
    const box = text.getBoundingClientRect(),
      frame = text.closest('svg').getBoundingClientRect();
    const inside =
      box.left >= frame.left - 1 &&
      box.right <= frame.right + 1 &&
      box.top >= frame.top - 1 &&
      box.bottom <= frame.bottom + 1;
    if (!inside) say(text, 'leaves its drawing');
  }
  return wrong;
}

/// Texts of a drawing that cover each other.
export function overlaps() {
  const wrong = [];
  for (const svg of document.querySelectorAll('svg')) {
    const texts = [...svg.querySelectorAll('text')].map((text) => ({
      content: text.textContent,
      box: text.getBoundingClientRect(),
    }));
    texts.forEach((a, i) => {
      for (const b of texts.slice(i + 1)) {
        const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (wide > 1 && high > 3) wrong.push(`'${a.content}' and '${b.content}' cover each other`);
      }
    });
  }
  return wrong;
}

/// Texts whose contrast to what is behind them is below `least` (WCAG 2.1, 1.4.3).
export function contrasts(least) {
  const channels = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour)
      .slice(0, 3)
      .map(
        (value) => (value /= 255) && (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4),
      );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (channels(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const wrong = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const has_text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!has_text || !element.checkVisibility() || element.closest('script, style')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(element.closest('svg') ? style.fill : style.color), luminance(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < least)
      wrong.add(`${contrast.toFixed(2)}: ${element.tagName}.${element.getAttribute('class')}`);
  }
  return [...wrong];
}
