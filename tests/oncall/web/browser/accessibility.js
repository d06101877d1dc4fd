// What keeps people from using a view; gives a list of sentences, empty when all is well.
() => {
  const found = [];
  const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  const tell = (e) => `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""}.${e.className} "${(e.textContent || "").trim().slice(0, 40)}"`;

  // Everything that can be used has a name.
  const name = (e) => {
    const labelled = (e.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => document.getElementById(id)?.textContent || "").join(" ");
    const label = e.labels ? [...e.labels].map((l) => l.textContent).join(" ") : "";
    return (labelled || e.getAttribute("aria-label") || label || e.textContent || e.getAttribute("title") || e.getAttribute("alt") || "").trim();
  };
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (shown(e) && !name(e)) found.push(`no name: ${tell(e)}`);
  }
  for (const e of document.querySelectorAll("img")) if (!e.hasAttribute("alt")) found.push(`no alt: ${tell(e)}`);
  for (const e of document.querySelectorAll("svg")) {
    if (e.parentElement.closest("svg")) continue; // a part of a picture that has a name
    if (e.getAttribute("aria-hidden") !== "true" && !e.getAttribute("aria-label")) found.push(`svg neither hidden nor named`);
  }

  // Text stands out from what is behind it (WCAG 1.4.3).
  const parse = (c) => {
    const srgb = c.match(/^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+))?\)/);
    if (srgb) return [srgb[1] * 255, srgb[2] * 255, srgb[3] * 255, srgb[4] === undefined ? 1 : +srgb[4]];
    const n = (c.match(/[\d.]+/g) || []).map(Number);
    return [n[0], n[1], n[2], n[3] === undefined ? 1 : n[3]];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor);
      if (c[3] > 0.99) return c;
    }
    return [255, 255, 255, 1];
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !shown(e) || e.closest("svg, script, style, .hidden, .skip")) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(parse(style.color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${tell(e)}`);
  }

  // Thumbs hit what they aim at (WCAG 2.5.8); links inside text are exempt.
  for (const e of document.querySelectorAll("button, summary, .button, .tabs a, .filters a")) {
    const box = e.getBoundingClientRect();
    if (shown(e) && (box.width < 24 || box.height < 24)) found.push(`too small ${box.width}x${box.height}: ${tell(e)}`);
  }

  // The document is in order.
  if (!document.documentElement.lang) found.push("no language");
  if (!document.title.trim()) found.push("no title");
  if (document.querySelectorAll("main").length !== 1) found.push("not exactly one main");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push(`twice: #${id}`);
  let level = 0;
  for (const e of document.querySelectorAll("h1, h2, h3, h4")) {
    const now = +e.tagName[1];
    if (shown(e) && level && now > level + 1) found.push(`heading jumps from ${level} to ${now}: ${tell(e)}`);
    if (shown(e)) level = now;
  }
  if (document.querySelectorAll("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").length) found.push("positive tabindex");
  for (const e of document.querySelectorAll("[aria-labelledby]")) {
    if (!document.getElementById(e.getAttribute("aria-labelledby"))) found.push(`label is missing: ${tell(e)}`);
  }

  // Nothing sticks out to the side.
  if (document.documentElement.scrollWidth > innerWidth) found.push(`wider than the screen: ${document.documentElement.scrollWidth}`);
  return found;
}
