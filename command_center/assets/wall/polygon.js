/* A polygon drawn on the map, corner by corner, by mouse or by keyboard; what lies in it. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const MOST_CORNERS = 60; // as many as an address carries
  const CLOSE_PX = 10;

  /** [[lon, lat], ...] of "lon,lat,lon,lat,..."; null for what is no polygon. */
  ns.readPolygon = function (text) {
    const numbers = String(text).split(",").map(Number);
    const corners = numbers.length / 2;
    if (!Number.isInteger(corners) || corners < 3 || corners > MOST_CORNERS) return null;
    if (!numbers.every(Number.isFinite)) return null;
    return numbers.filter((_, n) => n % 2 === 0).map((lon, n) => [lon, numbers[2 * n + 1]]);
  };

  /** Whether a place lies in a polygon (a street's corner is flat enough). */
  ns.inPolygon = function (corners, lon, lat) {
    let inside = false;
    for (let n = 0, before = corners.length - 1; n < corners.length; before = n, n += 1) {
      const [x, y] = corners[n];
      const [u, v] = corners[before];
      if (y > lat !== v > lat && lon < ((u - x) * (lat - y)) / (v - y) + x) inside = !inside;
    }
    return inside;
  };

  class PolygonSelect {
    constructor(city) {
      this.city = city;
      this.map = city.map;
      this.corners = null; // while one is drawn
      this.map.addControl(this, "bottom-left");
      this.map.on("click", (event) => this.corners && this.add(event.lngLat, event.point));
      this.map.on("dblclick", () => this.corners && this.finish());
      this.map.on("mousemove", (event) => this.corners && this.draw(event.lngLat));
      this.keys = (event) => this.corners && this.pressed(event);
      document.addEventListener("keydown", this.keys, true);
    }

    onAdd() {
      this.bar = document.createElement("div");
      this.bar.className = "maplibregl-ctrl maplibregl-ctrl-group";
      this.button = document.createElement("button");
      this.button.type = "button";
      this.button.className = "cc-polygon-button";
      this.button.setAttribute("aria-pressed", "false");
      this.button.addEventListener("click", () => (this.corners ? this.stop() : this.start()));
      this.respeak();
      this.bar.appendChild(this.button);
      return this.bar;
    }

    respeak() {
      const { words } = this.city.config;
      this.button.title = words.polygon_hint;
      this.button.setAttribute("aria-label", words.polygon);
      if (this.corners) this.hint.textContent = words.polygon_hint;
    }

    onRemove() {
      this.bar.remove();
    }

    start() {
      clearTimeout(this.ending);
      this.corners = [];
      this.city.drawing = true;
      this.map.doubleClickZoom.disable();
      this.city.box.classList.add("cc-drawing");
      this.button.setAttribute("aria-pressed", "true");
      this.hint = document.createElement("p");
      this.hint.className = "cc-draw-hint";
      this.hint.setAttribute("role", "status");
      this.hint.textContent = this.city.config.words.polygon_hint;
      this.middle = document.createElement("i");
      this.middle.className = "cc-draw-middle";
      const at = this.centre();
      Object.assign(this.middle.style, { left: `${at[0]}px`, top: `${at[1]}px` });
      this.city.box.append(this.hint, this.middle);
      this.map.getCanvas().focus();
    }

    /** The middle of what no panel covers, px: there the keyboard sets its corners. */
    centre() {
      const [[left, top], [right, bottom]] = this.city.boxes.seen();
      return [(left + right) / 2, (top + bottom) / 2];
    }

    stop() {
      this.corners = null;
      this.button.setAttribute("aria-pressed", "false");
      this.city.box.classList.remove("cc-drawing");
      this.hint.remove();
      this.middle.remove();
      this.city.boxes.show();
      // the click that ends the drawing opens nothing
      this.ending = setTimeout(() => {
        this.city.drawing = false;
        this.map.doubleClickZoom.enable();
      }, 300);
    }

    pressed(event) {
      const typing = event.target.closest && event.target.closest("input, textarea, select");
      if (typing) return;
      const acts = {
        Escape: () => this.stop(),
        Enter: () => this.finish(),
        Backspace: () => {
          this.corners.pop();
          this.draw();
        },
        " ": () => this.add(this.map.unproject(this.centre())),
      };
      // a button that has the focus is pressed as always
      const button = event.target.closest && event.target.closest("button, a");
      if (!acts[event.key] || (button && event.key !== "Escape")) return;
      event.preventDefault();
      event.stopPropagation();
      acts[event.key]();
    }

    add({ lng, lat }, point) {
      const first = this.corners.length > 2 && point && this.map.project(this.corners[0]);
      if (first && Math.hypot(first.x - point.x, first.y - point.y) < CLOSE_PX) {
        this.finish();
        return;
      }
      const corner = [Number(lng.toFixed(5)), Number(lat.toFixed(5))];
      const last = this.corners[this.corners.length - 1];
      if (String(corner) !== String(last)) this.corners.push(corner); // a double click sets one
      if (this.corners.length >= MOST_CORNERS) this.finish();
      else this.draw();
    }

    draw(pointer) {
      const at = pointer ? [[pointer.lng, pointer.lat]] : [];
      this.city.boxes.outline([...this.corners, ...at], this.corners.length > 1);
    }

    finish() {
      if (this.corners.length < 3) return;
      const id = this.corners.flat().join();
      this.stop();
      live.select({ kind: "polygon", id });
    }

    end() {
      document.removeEventListener("keydown", this.keys, true);
    }
  }

  ns.PolygonSelect = PolygonSelect;
})();
