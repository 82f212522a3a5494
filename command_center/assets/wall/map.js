/* The city map: a Dash component around MapLibre GL JS.
 *
 * Marks come from the live connection, never from callbacks. Changes wait for a frame, and for
 * four times what the last one cost, so that a slow machine stays usable.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;

  const VENDOR = "/assets/vendor/";
  const MIN_TICK_MS = 120;
  const VALUES_EVERY_MS = 1000;
  const PULSES = 40;
  const NEW_FOR_MS = 60000;
  const CLICKABLE = ["ticket-mark", "ticket-cluster", "device-mark", "cell-fill"];

  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const collection = (features) => ({ type: "FeatureCollection", features });

  function supported() {
    try {
      const canvas = document.createElement("canvas");
      return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
    } catch (error) {
      return false;
    }
  }

  function styleSheet() {
    if (document.getElementById("maplibre-css")) return;
    const link = document.createElement("link");
    link.id = "maplibre-css";
    link.rel = "stylesheet";
    link.href = VENDOR + "maplibre-gl.css";
    document.head.appendChild(link);
  }

  /** The library, once; null where the browser has no WebGL. */
  ns.loadMap = async function () {
    if (!supported()) return null;
    styleSheet();
    return import(VENDOR + "maplibre-gl.mjs");
  };

  class CityMap {
    constructor(gl, box, config) {
      this.gl = gl;
      this.box = box;
      this.config = config;
      this.layers = new Map(config.layers.map((layer) => [layer.code, layer]));
      this.known = new Set(); // devices in the source
      this.pulses = new Map();
      this.cells = new Map(); // cell id -> severity shown
      this.deviceDirty = new Set();
      this.valueDirty = new Set();
      this.ticketsDirty = false;
      this.nextAt = 0;
      this.valuesAt = 0;
      this.scheduled = false;
      this.ends = [];
      this.map = this.makeMap();
      this.map.on("load", () => this.ready());
    }

    makeMap() {
      const map = new this.gl.Map({
        container: this.box,
        style: ns.mapStyle(this.config),
        bounds: this.config.bbox,
        fitBoundsOptions: { padding: this.padding() },
        minZoom: 8,
        maxZoom: 19,
        attributionControl: false,
        dragRotate: false,
        pitchWithRotate: false,
        touchPitch: false,
        fadeDuration: 0,
        localIdeographFontFamily: ns.FONT,
        locale: this.config.locale || {},
      });
      map.touchZoomRotate.disableRotation();
      map.keyboard.disableRotation();
      map.addControl(new this.gl.NavigationControl({ showCompass: false }), "bottom-left");
      map.addControl(new this.gl.ScaleControl({ maxWidth: 120 }), "bottom-left");
      map.getCanvas().setAttribute("aria-label", this.config.words.map);
      return map;
    }

    /** How much of the map the panels cover, px. */
    padding() {
      const box = this.box.getBoundingClientRect();
      const of = (selector, edge) => {
        const panel = document.querySelector(selector);
        return panel && panel.offsetParent !== null ? edge(panel.getBoundingClientRect()) : 0;
      };
      const side = (rect) => (rect.width > box.width * 0.7 ? 0 : box.right - rect.left);
      return {
        top: of(".cc-figures", (rect) => rect.bottom) + 10,
        left: of(".cc-left:not(.folded)", (rect) => rect.right) + 10,
        right: Math.max(of(".cc-right", side), of(".cc-drawer.open", side)) + 10,
        bottom: 20,
      };
    }

    ready() {
      ns.addMarks(this.map, this.config);
      this.listen();
      this.fill();
      if (live.selected) this.showSelected(live.selected);
      this.box.dataset.ready = "true";
    }

    destroy() {
      this.ends.forEach((end) => end());
      this.map.remove();
    }

    // --- live data -----------------------------------------------------------------------

    listen() {
      this.ends = [
        live.on("snapshot", () => this.fill()),
        live.on("changes", (changes) => this.note(changes)),
        live.on("layers", () => this.fill()),
        live.on("select", (selected) => this.showSelected(selected)),
        live.on("lists", () => this.showPulses()),
        live.on("second", () => this.passTime()),
      ];
      this.map.on("moveend", () => this.showPulses());
      this.map.on("click", (event) => this.clicked(event));
      this.map.on("mousemove", (event) => this.hover(event));
      this.map.on("mouseout", () => this.tip(null));
    }

    feature(device) {
      const layer = this.layers.has(device.layer) ? device.layer : "";
      const level = device.level || 0;
      return {
        type: "Feature",
        id: device.id,
        geometry: { type: "Point", coordinates: [device.lon, device.lat] },
        properties: {
          level,
          icon: device.online === false && !level ? `d-${layer}-off` : `d-${layer}-${level}`,
          value: this.valueText(device),
        },
      };
    }

    valueText(device) {
      const layer = this.layers.get(device.layer);
      const metric = ns.mainMetric(layer, device);
      return metric ? ns.valueText(this.config.metrics, metric, device.values[metric][1]) : "";
    }

    ticketFeature(ticket) {
      const layer = this.layers.has(ticket.layer) ? ticket.layer : "";
      const stage = this.stageOf(ticket);
      return {
        type: "Feature",
        id: ticket.id,
        geometry: { type: "Point", coordinates: [ticket.lon, ticket.lat] },
        properties: {
          id: ticket.id,
          severity: ticket.severity,
          overdue: live.overdue(ticket),
          icon: `t-${layer}-${ticket.severity}-${live.overdue(ticket) ? 1 : 0}`,
          ...stage,
        },
      };
    }

    /** How far it is put right, when the layer that tells so is on. */
    stageOf(ticket) {
      for (const layer of this.config.layers) {
        if (!layer.stages || live.hidden.has(layer.code)) continue;
        const stage = layer.stages.find((one) => one.states.includes(ticket.state));
        if (stage) return { stage: ns.pick(stage, "name", this.config.language), stage_colour: stage.colour };
      }
      return {};
    }

    shownDevices() {
      return [...live.devices.values()].filter((device) => !live.hidden.has(device.layer));
    }

    shownTickets() {
      return [...live.tickets.values()].filter((t) => !live.hidden.has(t.layer || "other"));
    }

    fill() {
      this.deviceDirty.clear();
      this.valueDirty.clear();
      this.fillDevices();
      this.ticketsDirty = true;
      this.schedule();
      this.showPulses();
    }

    note(changes) {
      changes.marked.forEach((id) => this.deviceDirty.add(id));
      changes.valued.forEach((id) => this.valueDirty.add(id));
      if (changes.tickets.length) this.ticketsDirty = true;
      this.schedule();
    }

    schedule() {
      if (this.scheduled) return;
      this.scheduled = true;
      const wait = Math.max(0, this.nextAt - performance.now());
      setTimeout(() => requestAnimationFrame(() => this.flush()), wait);
    }

    flush() {
      this.scheduled = false;
      const began = performance.now();
      const values = began >= this.valuesAt;
      const ids = new Set(this.deviceDirty);
      if (values) {
        this.valueDirty.forEach((id) => ids.add(id));
        this.valueDirty.clear();
        this.valuesAt = began + VALUES_EVERY_MS;
      }
      this.deviceDirty.clear();
      if (ids.size) this.updateDevices(ids);
      if (this.ticketsDirty) this.updateTickets();
      this.nextAt = began + MIN_TICK_MS;
      this.map.once("render", () => {
        const cost = performance.now() - began;
        this.nextAt = Math.max(this.nextAt, began + Math.min(4 * cost, 2000));
      });
      if (this.valueDirty.size) {
        this.nextAt = Math.max(this.nextAt, Math.min(this.valuesAt, began + VALUES_EVERY_MS));
        this.schedule();
      }
    }

    updateDevices(ids) {
      const source = this.map.getSource("devices");
      const update = [];
      for (const id of ids) {
        const device = live.devices.get(id);
        if (!device || live.hidden.has(device.layer)) continue;
        if (!this.known.has(id)) return this.fillDevices();
        const { geometry, properties } = this.feature(device);
        update.push({
          id,
          newGeometry: geometry,
          addOrUpdateProperties: Object.entries(properties).map(([key, value]) => ({ key, value })),
        });
      }
      if (update.length) source.updateData({ update });
      return undefined;
    }

    fillDevices() {
      const shown = this.shownDevices();
      this.known = new Set(shown.map((device) => device.id));
      this.map.getSource("devices").setData(collection(shown.map((d) => this.feature(d))));
    }

    updateTickets() {
      this.ticketsDirty = false;
      const shown = this.shownTickets();
      this.map.getSource("tickets").setData(collection(shown.map((t) => this.ticketFeature(t))));
      this.colourCells(shown);
    }

    colourCells(tickets) {
      const worst = new Map();
      for (const ticket of tickets) {
        if (!ticket.cell_id) continue;
        worst.set(ticket.cell_id, Math.max(worst.get(ticket.cell_id) || 0, ticket.severity));
      }
      for (const [id, severity] of worst) {
        if (this.cells.get(id) !== severity) this.cellState(id, { severity });
      }
      for (const id of this.cells.keys()) {
        if (!worst.has(id)) this.cellState(id, { severity: 0 });
      }
      this.cells = worst;
    }

    cellState(id, state) {
      this.map.setFeatureState({ source: "cells", sourceLayer: "cells", id }, state);
    }

    /** A deadline passes without any message: draw again when one did. */
    passTime() {
      const late = this.shownTickets().filter((ticket) => live.overdue(ticket)).length;
      if (late === this.late) return;
      this.late = late;
      this.ticketsDirty = true;
      this.schedule();
    }

    /** The overdue and the just-arrived catch the eye: at most 40, the worst first. */
    showPulses() {
      const now = live.now();
      const alone = new Set(
        this.map.queryRenderedFeatures({ layers: ["ticket-mark"] }).map((mark) => mark.properties.id)
      );
      const wanted = this.shownTickets()
        .filter((t) => live.overdue(t) || (t.severity >= 2 && now - t.created_at < NEW_FOR_MS))
        .filter((t) => alone.has(t.id))
        .sort((a, b) => b.severity - a.severity)
        .slice(0, PULSES);
      const keep = new Set(wanted.map((ticket) => ticket.id));
      for (const [id, marker] of this.pulses) {
        if (keep.has(id)) continue;
        marker.remove();
        this.pulses.delete(id);
      }
      for (const ticket of wanted) {
        const marker = this.pulses.get(ticket.id) || this.pulse(ticket);
        marker.getElement().style.setProperty("--c", ns.marks.SEVERITY[ticket.severity].colour);
        marker.getElement().classList.toggle("late", live.overdue(ticket));
      }
    }

    pulse(ticket) {
      const element = document.createElement("div");
      element.className = "cc-pulse";
      element.setAttribute("aria-hidden", "true");
      const marker = new this.gl.Marker({ element, anchor: "center", offset: [0, -ns.MARK_RISE] })
        .setLngLat([ticket.lon, ticket.lat])
        .addTo(this.map);
      this.pulses.set(ticket.id, marker);
      return marker;
    }

    // --- pointing ------------------------------------------------------------------------

    under(event) {
      const p = event.point;
      const near = [[p.x - 4, p.y - 4], [p.x + 4, p.y + 4]];
      for (const layer of CLICKABLE) {
        const place = layer === "cell-fill" ? p : near;
        const found = this.map.queryRenderedFeatures(place, { layers: [layer] });
        if (found.length) return { layer, feature: found[0] };
      }
      return null;
    }

    async clicked(event) {
      const found = this.under(event);
      if (!found) return;
      const { layer, feature } = found;
      if (layer === "ticket-cluster") {
        await this.openCluster(feature);
      } else if (layer === "ticket-mark") {
        const ticket = live.tickets.get(feature.properties.id);
        if (ticket) live.select({ kind: "ticket", id: ticket.number });
      } else if (layer === "device-mark") live.select({ kind: "device", id: feature.id });
      else live.select({ kind: "cell", id: feature.id });
    }

    /** Zooms until it falls apart; tickets of one place are listed by their cell. */
    async openCluster(feature) {
      const source = this.map.getSource("tickets");
      const zoom = await source.getClusterExpansionZoom(feature.id);
      if (zoom <= 17) {
        this.move({ center: feature.geometry.coordinates, zoom: zoom + 0.3 });
        return;
      }
      const leaves = await source.getClusterLeaves(feature.id, 1, 0);
      const ticket = live.tickets.get(leaves[0].properties.id);
      if (ticket && ticket.cell_id) live.select({ kind: "cell", id: ticket.cell_id });
    }

    hover(event) {
      if (this.hovering) return;
      this.hovering = requestAnimationFrame(() => {
        this.hovering = null;
        const found = this.under(event);
        this.map.getCanvas().style.cursor = found ? "pointer" : "";
        this.hoverCell(found && found.layer === "cell-fill" ? found.feature.id : null);
        this.tip(found, event.point);
      });
    }

    hoverCell(id) {
      if (id === this.hovered) return;
      if (this.hovered) this.cellState(this.hovered, { hover: false });
      if (id) this.cellState(id, { hover: true });
      this.hovered = id;
    }

    tip(found, point) {
      if (!this.tipBox) {
        this.tipBox = document.createElement("div");
        this.tipBox.className = "cc-tip";
        this.box.appendChild(this.tipBox);
      }
      const text = found && found.layer !== "ticket-cluster" ? this.tipText(found) : null;
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
        return ticket && `${ticket.number}\n${pick(ticket, "title")}\n${this.config.states[ticket.state] || ""}`;
      }
      if (layer === "device-mark") {
        const device = live.devices.get(feature.id);
        return device && `${pick(device, "name")}\n${this.allValues(device)}`;
      }
      return this.map.getZoom() < 12.5 ? null : feature.properties.code;
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

    // --- selection -----------------------------------------------------------------------

    showSelected(selected) {
      if (this.selectedCell) this.cellState(this.selectedCell, { selected: false });
      this.selectedCell = null;
      if (this.focus) this.focus.remove();
      this.focus = null;
      if (!selected) return;
      const place = this.placeOf(selected);
      if (selected.kind === "cell") {
        this.selectedCell = selected.id;
        this.cellState(selected.id, { selected: true });
      }
      if (!place) return;
      const rise = selected.kind === "ticket" ? -ns.MARK_RISE : 0;
      const element = document.createElement("div");
      element.className = "cc-focus";
      element.setAttribute("aria-hidden", "true");
      this.focus = new this.gl.Marker({ element, offset: [0, rise] }).setLngLat(place).addTo(this.map);
      this.bring(place);
    }

    placeOf(selected) {
      if (selected.place) return selected.place;
      let row = null;
      if (selected.kind === "device") row = live.devices.get(selected.id);
      if (selected.kind === "ticket") {
        row = [...live.tickets.values()].find((ticket) => ticket.number === selected.id);
      }
      return row ? [row.lon, row.lat] : null;
    }

    bring(place) {
      const pad = this.padding();
      const at = this.map.project(place);
      const wide = this.box.clientWidth;
      const high = this.box.clientHeight;
      const seen =
        at.x > pad.left + 40 && at.x < wide - pad.right - 40 && at.y > pad.top + 40 && at.y < high - 60;
      const zoom = Math.max(this.map.getZoom(), 13.6);
      if (seen && this.map.getZoom() > 12.4) return;
      this.move({ center: place, zoom, padding: pad });
    }

    move(view) {
      if (calm()) this.map.jumpTo(view);
      else this.map.easeTo(Object.assign({ duration: 700 }, view));
    }
  }

  function Component(props) {
    const React = window.React;
    const box = React.useRef(null);
    const [trouble, setTrouble] = React.useState(null);
    React.useEffect(() => {
      let city = null;
      let gone = false;
      ns.marks.useSeverity(props.config.severity);
      live.start(props.config.socket);
      ns.loadMap().then(
        (gl) => {
          if (!gl) setTrouble(props.config.words.no_webgl);
          else if (!gone) city = ns.city = new CityMap(gl, box.current, props.config);
        },
        () => setTrouble(props.config.words.map_failed)
      );
      return () => {
        gone = true;
        if (city) city.destroy();
      };
    }, []);
    return React.createElement(
      "div",
      { id: props.id, className: "cc-map" },
      React.createElement("div", { ref: box, className: "cc-map-canvas" }),
      trouble && React.createElement("p", { className: "cc-map-trouble", role: "alert" }, trouble)
    );
  }

  ns.CityMap = Component;
})();
