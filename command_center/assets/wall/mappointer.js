/* Pointing at the map: what is under the pointer, what it says, what a click opens; and which mark and
 * which row of a list are one ticket. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const AREA_NAMES = ["area-name", "area-name-small"];
  const CLICKABLE = [
    "ticket-mark", "ticket-cluster", "project-mark", "device-mark", ...AREA_NAMES, "cell-fill",
  ];

  /** The number of the ticket whose row in a list holds an element; null when there is none. */
  function rowOf(target) {
    const row = target instanceof Element ? target.closest(".cc-items [data-ticket]") : null;
    return row ? row.dataset.ticket : null;
  }

  class Pointer {
    constructor(city) {
      this.city = city;
      this.map = city.map;
      this.box = city.box;
      this.config = city.config;
      this.map.on("click", (event) => this.clicked(event));
      this.map.on("mousemove", (event) => this.hover(event));
      this.map.on("mouseout", () => this.left());
      const until = new AbortController();
      this.map.on("remove", () => until.abort());
      const listen = (what, done) => document.addEventListener(what, done, { signal: until.signal });
      for (const what of ["pointerover", "focusin"]) listen(what, (event) => this.point(rowOf(event.target)));
      // out of the window, or the finger is up
      for (const what of ["pointerout", "focusout"]) {
        listen(what, (event) => event.relatedTarget || this.point(null));
      }
      for (const topic of ["lists", "select"]) {
        until.signal.addEventListener("abort", live.on(topic, async () => {
          await ns.framed(); // the list is drawn first
          if (!until.signal.aborted) this.ring();
        }));
      }
      this.map.on("idle", () => this.ring(true)); // a mark may have joined others, or left them
    }

    /** A row of a list is pointed at: of the ticket with this number, or of none. */
    point(number) {
      this.pointed = number;
      this.ring();
    }

    /** Whose mark is ringed: the row's that is pointed at, else the most urgent one's while nothing is open. */
    wanted() {
      const rows = [...document.querySelectorAll(".cc-items [data-ticket]")];
      if (this.pointed && rows.some((row) => row.dataset.ticket === this.pointed)) return this.pointed;
      const first = live.selected ? null : rows.find((row) => row.classList.contains("first"));
      return first ? first.dataset.ticket : null;
    }

    /** Puts the thin ring where it belongs: around a mark of its own, not around one of several. */
    ring(again) {
      const number = this.wanted();
      if (number === this.ringed && !again) return;
      this.ringed = number;
      const ticket = number && [...live.tickets.values()].find((one) => one.number === number);
      const alone = ticket && this.isAlone(ticket);
      if (this.ringMark && !alone) {
        this.ringMark.remove();
        this.ringMark = null;
      }
      if (!alone) return;
      const place = [ticket.lon, ticket.lat];
      if (this.ringMark) {
        this.ringMark.setLngLat(place);
        return;
      }
      const element = document.createElement("div");
      element.className = "cc-pointed";
      element.setAttribute("aria-hidden", "true");
      this.ringMark = new this.city.gl.Marker({ element, offset: [0, -ns.MARK_RISE] }).setLngLat(place).addTo(this.map);
    }

    /** The pointer is no longer on the map. */
    left() {
      cancelAnimationFrame(this.hovering);
      this.hovering = null;
      this.hoverCell(null);
      this.tip(null);
      this.showRow(null);
    }

    /** Whether a ticket is drawn by itself, on the screen. */
    isAlone(ticket) {
      const at = this.map.project([ticket.lon, ticket.lat]);
      const box = [[at.x - 2, at.y - ns.MARK_RISE - 2], [at.x + 2, at.y - ns.MARK_RISE + 2]];
      const marks = this.map.queryRenderedFeatures(box, { layers: ["ticket-mark"] });
      return marks.some((mark) => mark.properties.id === ticket.id);
    }

    /** Lights up the rows of the ticket whose mark is pointed at; null: none. */
    showRow(number) {
      if (number === this.shownRow) return;
      this.shownRow = number;
      document.querySelectorAll(".cc-item.pointed").forEach((row) => row.classList.remove("pointed"));
      if (!number) return;
      const same = `.cc-items [data-ticket="${CSS.escape(number)}"]`;
      document.querySelectorAll(same).forEach((row) => row.classList.add("pointed"));
    }

    under(event) {
      const p = event.point;
      const near = [[p.x - 4, p.y - 4], [p.x + 4, p.y + 4]];
      this.city.frames.place();
      for (const layer of CLICKABLE) {
        const place = layer === "cell-fill" ? p : near;
        const found = this.map.queryRenderedFeatures(place, { layers: [layer] });
        if (found.length) return { layer, feature: found[0] };
      }
      return null;
    }

    async clicked(event) {
      if (this.city.drawing) return;
      const found = this.under(event);
      if (!found) return;
      const { layer, feature } = found;
      if (layer === "ticket-cluster") {
        await this.openCluster(feature);
      } else if (layer === "ticket-mark") {
        const ticket = live.tickets.get(feature.properties.id) || feature.properties;
        if (ticket.number) live.select({ kind: "ticket", id: ticket.number });
      } else if (layer === "project-mark") {
        const project = live.projects.get(feature.properties.id);
        if (project) live.select({ kind: "project", id: project.number });
      } else if (layer === "device-mark") live.select({ kind: "device", id: feature.id });
      else if (AREA_NAMES.includes(layer)) live.select({ kind: "area", id: feature.properties.code });
      else live.select({ kind: "cell", id: feature.id });
    }

    /** Zooms until it falls apart; tickets of one place are listed by their cell. */
    async openCluster(feature) {
      const source = this.map.getSource("tickets");
      const center = feature.geometry.coordinates;
      const { point_count: marks, cell: own } = feature.properties;
      // one mark that stands for several: nearer, the server is asked for smaller groups
      const zoom = marks ? await source.getClusterExpansionZoom(feature.id) : this.map.getZoom() + 2;
      if (zoom <= 17) {
        this.city.move({ center, zoom: zoom + 0.3 });
        return;
      }
      const [leaf] = marks ? await source.getClusterLeaves(feature.id, 1, 0) : [feature];
      const ticket = live.tickets.get(leaf.properties.id);
      const cell = ticket ? ticket.cell_id : own || leaf.properties.cell;
      if (cell) live.select({ kind: "cell", id: cell });
    }

    hover(event) {
      if (this.hovering) return;
      this.hovering = requestAnimationFrame(() => {
        this.hovering = null;
        const found = this.map.isMoving() ? null : this.under(event);
        this.map.getCanvas().style.cursor = found ? "pointer" : "";
        this.hoverCell(found && found.layer === "cell-fill" ? found.feature.id : null);
        this.tip(found, event.point);
        const ticket = found && found.layer === "ticket-mark" && live.tickets.get(found.feature.properties.id);
        this.showRow(ticket ? ticket.number : null);
      });
    }

    hoverCell(id) {
      if (id === this.hovered) return;
      if (this.hovered) ns.cellState(this.map, this.hovered, { hover: false });
      if (id) ns.cellState(this.map, id, { hover: true });
      this.hovered = id;
    }

    tip(found, point) {
      if (!this.tipBox) {
        this.tipBox = document.createElement("div");
        this.tipBox.className = "cc-tip";
        this.box.appendChild(this.tipBox);
      }
      const text = found ? this.tipText(found) : null;
      this.tipBox.hidden = !text;
      if (!text) return;
      this.tipBox.textContent = text;
      const left = Math.min(point.x + 14, this.box.clientWidth - 290);
      this.tipBox.style.transform = `translate(${left}px, ${point.y + 14}px)`;
    }

    tipText({ layer, feature }) {
      const pick = (row, field) => ns.pick(row, field, this.config.language);
      if (layer === "ticket-mark") {
        const ticket = live.tickets.get(feature.properties.id);
        if (!ticket) return feature.properties.number || null; // it was not told
        return `${ticket.number}\n${pick(ticket, "title")}\n${this.config.states[ticket.state] || ""}`;
      }
      if (layer === "ticket-cluster") {
        const { n, worst, late } = feature.properties;
        const { words } = this.config;
        const said = [ns.fill(words.cluster, { n }), ns.fill(words.cluster_worst, { level: ns.marks.SEVERITY[worst].name })];
        return (late ? [...said, ns.fill(words.late_count, { n: late })] : said).join("\n");
      }
      if (layer === "project-mark") {
        const project = live.projects.get(feature.properties.id);
        return project && `${project.number}\n${pick(project, "name")}\n${ns.stageName(this.config, project)}`;
      }
      if (layer === "device-mark") {
        const device = live.devices.get(feature.id);
        return device && `${pick(device, "name")}\n${this.allValues(device)}`;
      }
      if (AREA_NAMES.includes(layer)) return this.config.words.area_open;
      const { code } = feature.properties; // tiles have it from z 13 up
      return ((code || "") + ns.cells.tip(feature.id, this.config.words)).trim() || null;
    }

    allValues(device) {
      return Object.keys(device.values || {})
        .map((metric) => {
          const known = (this.config.metrics || {})[metric] || {};
          const title = ns.pick(known, "name", this.config.language) || metric;
          return `${title} ${ns.valueText(this.config.metrics, metric, device.values[metric][1])}`;
        })
        .join("\n");
    }
  }

  ns.Pointer = Pointer;
})();
