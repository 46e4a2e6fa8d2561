"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const map = document.getElementById("map"), crumbs = document.getElementById("crumbs"), about = document.getElementById("about");
  const rows = [...document.getElementById("rows").children];
  const number = new Intl.NumberFormat("en");
  const root = { name: data.name, bytes: data.total, folder: true, inner: [], parent: null };
  const nodes = [];
  const line = [root];
  for (const [index, row] of data.rows.entries()) {
    const parent = line[row.depth];
    const node = { ...row, index, parent, inner: [] };
    parent.inner.push(node);
    line.length = row.depth + 1;
    line.push(node);
    nodes.push(node);
  }
  let current = root, tiles = [], active = null;

  const share = (bytes) => {
    const percent = (bytes / data.total) * 100;
    if (percent > 0 && percent < 0.05) return "<0.1 %";
    return (percent < 9.95 ? percent.toFixed(1) : number.format(Math.round(percent))) + " %";
  };
  const measure = (node) => `${number.format(node.bytes)} bytes, ${share(node.bytes)}`;
  const describe = (node) => `${node === root ? data.name : node.path}: ${measure(node)}`;
  const element = (tag, text, parent) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };

  // Bruls, Huizing, van Wijk: Squarified Treemaps (2000)
  const squarify = (items, box) => {
    const total = items.reduce((sum, item) => sum + item.bytes, 0);
    const placed = [];
    if (!total || box.w <= 0 || box.h <= 0) return placed;
    const scale = (box.w * box.h) / total;
    let { x, y, w, h } = box, at = 0;
    while (at < items.length) {
      const side = Math.min(w, h);
      let end = at, sum = 0, worst = Infinity;
      while (end < items.length) {
        const next = sum + items[end].bytes * scale;
        const most = items[at].bytes * scale, least = Math.max(items[end].bytes * scale, 1e-9);
        const ratio = Math.max((side * side * most) / (next * next), (next * next) / (side * side * least));
        if (ratio > worst) break;
        worst = ratio; sum = next; end += 1;
      }
      const thick = side > 0 ? sum / side : 0;
      let along = 0;
      for (; at < end; at += 1) {
        const length = thick > 0 ? (items[at].bytes * scale) / thick : 0;
        placed.push([items[at], w >= h ? { x, y: y + along, w: thick, h: length } : { x: x + along, y, w: length, h: thick }]);
        along += length;
      }
      if (w >= h) { x += thick; w -= thick; } else { y += thick; h -= thick; }
    }
    return placed;
  };

  const place = (node, box) => {
    const gap = 2, width = box.w - gap, height = box.h - gap;
    if (width < 3 || height < 3) return;
    const tile = document.createElement("button");
    tile.type = "button";
    tile.tabIndex = -1;
    tile.className = `tile k${node.kind}${node.folder ? " folder" : ""}${width < 44 || height < 24 ? " tiny" : ""}`;
    Object.assign(tile.style, { left: `${box.x + 1}px`, top: `${box.y + 1}px`, width: `${width}px`, height: `${height}px` });
    tile.setAttribute("aria-label", describe(node) + (node.folder ? ", folder" : ""));
    tile.title = describe(node);
    element("span", node.name, tile);
    const needed = Math.min(120, 28 + 7 * (node.name.length + share(node.bytes).length));
    if (node.folder ? width > needed : height >= 42) element("span", share(node.bytes), tile);
    tile.addEventListener("click", () => select(node));
    tile.addEventListener("focus", () => point(tile, node));
    tile.addEventListener("pointerenter", () => { about.textContent = describe(node); });
    map.append(tile);
    tiles.push({ tile, node, x: box.x + box.w / 2, y: box.y + Math.min(box.h / 2, node.folder ? 12 : Infinity) });
    if (node.folder && width > 40 && height > 54) {
      for (const [inner, rest] of squarify(sorted(node), { x: box.x + 5, y: box.y + 28, w: box.w - 10, h: box.h - 33 })) place(inner, rest);
    }
  };
  const sorted = (node) => [...node.inner].sort((a, b) => b.bytes - a.bytes);

  const point = (tile, node) => {
    if (active) active.tabIndex = -1;
    active = tile;
    tile.tabIndex = 0;
    about.textContent = describe(node);
  };

  const draw = (focused) => {
    map.replaceChildren();
    tiles = [];
    active = null;
    const box = { x: 4, y: 4, w: map.clientWidth - 8, h: map.clientHeight - 8 };
    for (const [node, rest] of squarify(sorted(current), box)) place(node, rest);
    const first = tiles.find((each) => each.node === focused) || tiles[0];
    if (first) {
      first.tile.tabIndex = 0;
      active = first.tile;
      if (focused !== undefined) first.tile.focus({ preventScroll: true });
    }
    about.textContent = measure(current);
    crumbs.replaceChildren();
    const path = [];
    for (let node = current; node; node = node.parent) path.unshift(node);
    for (const node of path) {
      if (node === current) {
        element("span", node.name, crumbs).setAttribute("aria-current", "location");
      } else {
        element("button", node.name, crumbs).addEventListener("click", () => zoom(node, null));
        element("i", "›", crumbs).setAttribute("aria-hidden", "true");
      }
    }
    for (const node of nodes) {
      let inside = current === root;
      for (let above = node; above && !inside; above = above.parent) inside = above === current;
      rows[node.index].hidden = !inside;
      rows[node.index].classList.remove("shown");
    }
  };

  const zoom = (node, focused) => {
    const inward = node.parent && (node.parent === current || node.depth > (current.depth ?? -1));
    current = node;
    draw(focused);
    map.classList.remove("zoom-in", "zoom-out");
    void map.offsetWidth;
    map.classList.add(inward ? "zoom-in" : "zoom-out");
  };
  const select = (node) => {
    if (node.folder) {
      zoom(node, null);
      return;
    }
    for (const row of rows) row.classList.toggle("shown", row === rows[node.index]);
    const frame = rows[node.index].closest(".scroll"), top = rows[node.index].offsetTop;
    frame.scrollTop = top - frame.clientHeight / 2;
    about.textContent = describe(node);
  };

  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  map.addEventListener("keydown", (event) => {
    const here = tiles.find((each) => each.tile === document.activeElement);
    if (steps[event.key] && here) {
      const [dx, dy] = steps[event.key];
      let best = null, least = Infinity;
      for (const each of tiles) {
        const ahead = (each.x - here.x) * dx + (each.y - here.y) * dy, aside = Math.abs((each.x - here.x) * dy) + Math.abs((each.y - here.y) * dx);
        if (each !== here && ahead > 1 && ahead + 2 * aside < least) { best = each; least = ahead + 2 * aside; }
      }
      if (best) best.tile.focus();
      event.preventDefault();
    } else if ((event.key === "Home" || event.key === "End") && tiles.length) {
      tiles.at(event.key === "Home" ? 0 : -1).tile.focus();
      event.preventDefault();
    } else if ((event.key === "Escape" || event.key === "Backspace") && current.parent) {
      zoom(current.parent, current);
      event.preventDefault();
    }
  });

  for (const node of nodes) {
    if (!node.folder) continue;
    const head = rows[node.index].querySelector("th"), button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      zoom(node, null);
      map.scrollIntoView({ block: "center" });
    });
  }
  document.getElementById("map-section").hidden = false;
  draw();
  new ResizeObserver(() => draw()).observe(map);
})();
