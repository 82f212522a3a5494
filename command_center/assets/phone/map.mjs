// A small map of our own: outlines of the communities, drag to move, tap to set the pin.
const NS = "http://www.w3.org/2000/svg";
const WIDTH = 1000;

function svg(tag, attributes = {}) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

export class PlaceMap {
  constructor(box, { bbox, places, ground, language, label, zoom, picked }) {
    const [west, south, east, north] = bbox;
    this.west = west;
    this.north = north;
    this.scale = WIDTH / (east - west);
    this.squash = 1 / Math.cos((((south + north) / 2) * Math.PI) / 180);
    this.height = (north - south) * this.scale * this.squash;
    this.picked = picked;
    this.zoomNames = zoom;
    this.pin = null;
    this.box = box;
    this.root = svg("svg", { role: "img", "aria-label": label, preserveAspectRatio: "xMidYMid slice" });
    this.#drawGround(ground);
    this.#drawPlaces(places, language);
    this.mark = svg("g", { class: "pin", visibility: "hidden" });
    this.mark.append(svg("circle", { r: 20, class: "halo" }), svg("path", { d: "M0 0c-5-7-8-11-8-16a8 8 0 0116 0c0 5-3 9-8 16z" }), svg("circle", { cy: -16, r: 3, class: "eye" }));
    this.root.append(this.mark);
    box.replaceChildren(this.root, this.#buttons());
    this.#listen();
    this.center = { x: WIDTH / 2, y: this.height / 2 };
    this.span = Math.max(WIDTH, this.height);
    this.#view();
  }

  // Show and mark a position (degrees); metres: how wide the view is.
  set(lon, lat, metres) {
    this.pin = { lon, lat };
    const at = this.#at(lon, lat);
    if (metres) {
      this.center = at;
      this.span = (metres / 111_000) * this.scale * this.squash;
    }
    this.mark.setAttribute("visibility", "visible");
    this.#view();
  }

  look(lon, lat, metres) {
    this.center = this.#at(lon, lat);
    this.span = (metres / 111_000) * this.scale * this.squash;
    this.#view();
  }

  contains(lon, lat) {
    const { x, y } = this.#at(lon, lat);
    return x >= 0 && y >= 0 && x <= WIDTH && y <= this.height;
  }

  #at(lon, lat) {
    return { x: (lon - this.west) * this.scale, y: (this.north - lat) * this.scale * this.squash };
  }

  #path(lines, close) {
    return lines
      .map((line) => "M" + line.map(([lon, lat]) => {
        const { x, y } = this.#at(lon, lat);
        return `${x.toFixed(2)} ${y.toFixed(2)}`;
      }).join("L") + (close ? "Z" : ""))
      .join("");
  }

  #drawGround(ground) {
    for (const { kind, lines, closed } of ground ?? []) {
      this.root.append(svg("path", { d: this.#path(lines, closed), class: `ground ${kind}`, "fill-rule": "evenodd" }));
    }
  }

  #drawPlaces(places, language) {
    for (const place of places.filter((one) => one.kind === "community")) {
      this.root.append(svg("path", { d: this.#path(place.outline, true), class: "community" }));
    }
    this.labels = places.map((place) => {
      const text = svg("text", { class: `label ${place.kind}` });
      text.textContent = place.name[language];
      this.root.append(text);
      return { text, at: this.#at(...place.at), kind: place.kind };
    });
  }

  #buttons() {
    const box = document.createElement("div");
    box.className = "zoom";
    for (const [sign, factor, name] of [["+", 0.5, this.zoomNames[0]], ["−", 2, this.zoomNames[1]]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      button.setAttribute("aria-label", name);
      button.addEventListener("click", () => {
        this.span = Math.min(Math.max(this.span * factor, 4), 1.5 * Math.max(WIDTH, this.height));
        this.#view();
      });
      box.append(button);
    }
    return box;
  }

  #view() {
    const { width = 340, height = 220 } = this.box.getBoundingClientRect?.() ?? {};
    const wide = width || 340;
    const high = height || 220;
    const w = this.span;
    const h = (this.span * high) / wide;
    this.root.setAttribute("viewBox", `${this.center.x - w / 2} ${this.center.y - h / 2} ${w} ${h}`);
    this.unit = w / wide; // map units per pixel
    this.root.style.setProperty("--px", this.unit);
    const near = this.span < WIDTH / 2.5;
    for (const { text, at, kind } of this.labels) {
      text.setAttribute("x", at.x);
      text.setAttribute("y", at.y);
      text.setAttribute("font-size", 12 * this.unit);
      text.setAttribute("visibility", (kind === "community") === near ? "visible" : "hidden");
    }
    if (this.pin) {
      const at = this.#at(this.pin.lon, this.pin.lat);
      this.mark.setAttribute("transform", `translate(${at.x} ${at.y}) scale(${1.5 * this.unit})`);
    }
  }

  #listen() {
    let start = null;
    this.root.addEventListener("pointerdown", (event) => {
      start = { x: event.clientX, y: event.clientY, center: { ...this.center }, moved: false };
      this.root.setPointerCapture(event.pointerId);
    });
    this.root.addEventListener("pointermove", (event) => {
      if (!start) return;
      const dx = event.clientX - start.x;
      const dy = event.clientY - start.y;
      if (Math.hypot(dx, dy) > 6) start.moved = true;
      if (!start.moved) return;
      this.center = { x: start.center.x - dx * this.unit, y: start.center.y - dy * this.unit };
      this.#view();
    });
    this.root.addEventListener("pointerup", (event) => {
      if (start && !start.moved) this.#tap(event);
      start = null;
    });
    this.root.addEventListener("pointercancel", () => {
      start = null;
    });
    addEventListener("resize", () => this.#view());
  }

  #tap(event) {
    const box = this.root.getBoundingClientRect();
    const x = this.center.x + (event.clientX - box.left - box.width / 2) * this.unit;
    const y = this.center.y + (event.clientY - box.top - box.height / 2) * this.unit;
    const lon = this.west + x / this.scale;
    const lat = this.north - y / (this.scale * this.squash);
    this.set(lon, lat);
    this.picked(lon, lat);
  }
}
