/* The present view as a picture, and on paper: what the map shows, when, with figures and legend. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const MARGIN = 24;
  const HEAD = 88;
  const FOOT = 64;
  const FIGURES = ["open", "overdue", "needs_decision", "closed_today", "on_time"];

  /** The map as it stands, drawn this moment (a canvas forgets what it has shown); null: no map. */
  function shot() {
    if (!ns.city || !ns.city.marks) return null;
    ns.city.frames.force();
    return ns.city.map.getCanvas();
  }

  /** A drawing pen and the colours of the page. */
  function paper(wide, high) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: wide, height: high });
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    pen.fillStyle = colour("--ground");
    pen.fillRect(0, 0, wide, high);
    pen.textBaseline = "middle";
    return { canvas, pen, colour };
  }

  function write(pen, text, x, y, size, colour, weight) {
    pen.font = `${weight || 400} ${size}px ${ns.FONT}`;
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
    return x + pen.measureText(text).width;
  }

  function head({ pen, colour }, config, scale) {
    const { words, language, time_zone: zone } = config;
    const now = live.now();
    const when = `${ns.dayName(now, zone, language)} ${ns.clock(now, zone, language)}`;
    const city = (document.querySelector(".cc-brand h1") || {}).textContent || "";
    write(pen, city, MARGIN * scale, 30 * scale, 26 * scale, colour("--text"), 700);
    write(pen, when, MARGIN * scale, 64 * scale, 16 * scale, colour("--soft"));
    let x = pen.canvas.width * 0.36;
    for (const name of FIGURES) {
      const shown = document.querySelector(`[data-figure="${name}"]`);
      if (!shown) continue;
      write(pen, shown.textContent, x, 30 * scale, 28 * scale, colour("--text"), 700);
      write(pen, shown.nextElementSibling.textContent, x, 64 * scale, 14 * scale, colour("--soft"));
      x += pen.canvas.width * 0.125;
    }
  }

  function foot({ pen, colour }, config, scale, y) {
    let x = MARGIN * scale;
    for (const level of [4, 3, 2, 1]) {
      const look = ns.marks.SEVERITY[level];
      pen.save();
      pen.translate(x, y - 10 * scale);
      pen.scale((20 * scale) / 24, (20 * scale) / 24);
      pen.fillStyle = look.colour;
      pen.strokeStyle = "#243447";
      pen.fill(new Path2D(ns.marks.SHAPES[look.shape]));
      pen.stroke(new Path2D(ns.marks.SHAPES[look.shape]));
      pen.restore();
      x = write(pen, look.name || "", x + 28 * scale, y, 15 * scale, colour("--text")) + 24 * scale;
    }
    if (live.then !== null) {
      pen.textAlign = "right";
      write(pen, config.words.picture_past, pen.canvas.width - MARGIN * scale, y, 16 * scale, colour("--warn"), 700);
      pen.textAlign = "left";
    }
    if (ns.cells.current() === "worst") return;
    x = write(pen, config.words[`cells_${ns.cells.current()}`], x + 20 * scale, y, 15 * scale, colour("--text"), 600);
    for (const [name, look] of ns.cells.legend(config.words)) {
      pen.fillStyle = look;
      pen.fillRect(x + 14 * scale, y - 8 * scale, 22 * scale, 16 * scale);
      x = write(pen, name, x + 42 * scale, y, 15 * scale, colour("--text"));
    }
  }

  /** The rings around what is late, new, open or pointed at: they stand before the map, not on it. */
  function rings(pen, map, top) {
    const ratio = map.width / Math.max(1, map.clientWidth);
    const box = map.getBoundingClientRect();
    for (const ring of ns.city.box.querySelectorAll(".cc-pulse, .cc-focus, .cc-pointed")) {
      const at = ring.getBoundingClientRect();
      const look = getComputedStyle(ring, ring.classList.contains("cc-pulse") ? "::before" : null);
      const line = parseFloat(look.borderTopWidth);
      const [x, y] = [(at.left + at.right) / 2 - box.left, (at.top + at.bottom) / 2 - box.top];
      if (x < 0 || y < 0 || x > map.clientWidth || y > map.clientHeight) continue;
      pen.save();
      pen.strokeStyle = look.borderTopColor;
      pen.lineWidth = line * ratio;
      pen.setLineDash(look.borderTopStyle === "dashed" ? [6 * ratio, 4 * ratio] : []);
      pen.beginPath();
      pen.arc(x * ratio, top + y * ratio, ((at.width - line) / 2) * ratio, 0, 2 * Math.PI);
      pen.stroke();
      pen.restore();
    }
  }

  /** The whole picture as a canvas; null where there is no map. On paper, where the page's own head
   *  and figures stand above it, only the map and its legend. */
  ns.picture = function (config, onPaper) {
    const map = shot();
    if (!map) return null;
    const scale = map.width / Math.max(1, map.clientWidth) * ns.scale();
    const top = onPaper ? 0 : HEAD * scale;
    const made = paper(map.width, map.height + top + FOOT * scale);
    made.pen.drawImage(map, 0, top);
    rings(made.pen, map, top);
    if (!onPaper) head(made, config, scale);
    foot(made, config, scale, top + map.height + (FOOT / 2) * scale);
    return made.canvas;
  };

  /** Hands the picture to the browser as a file with the moment in its name; false where there is none. */
  ns.savePicture = function (config) {
    const canvas = ns.picture(config);
    if (!canvas) return false;
    canvas.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `wall-${new Date(live.now()).toISOString().slice(0, 19).replaceAll(":", "")}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }, "image/png");
    return true;
  };

  // --- paper -----------------------------------------------------------------------------------

  let printed = null;

  window.addEventListener("beforeprint", () => {
    if (printed) return;
    const was = ns.theme.name;
    ns.theme.wear("light"); // ink is dear
    const drawn = ns.city && ns.picture(ns.city.config, true);
    const picture = drawn && document.createElement("img");
    if (picture) {
      picture.className = "cc-print-map";
      picture.alt = "";
      picture.src = drawn.toDataURL("image/png");
      ns.city.box.parentElement.appendChild(picture);
    }
    printed = { was, picture };
  });

  window.addEventListener("afterprint", () => {
    if (!printed) return;
    if (printed.picture) printed.picture.remove();
    ns.theme.wear(printed.was);
    printed = null;
  });
})();
