/* What the live connection knows becomes marks on the map.
 *
 * A value that does not change how something looks never touches the map: a frame of a map is
 * dear where no graphics card helps. What does change goes as the difference to what is drawn.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;

  const MARKS_EVERY_MS = 120;
  const VALUES_EVERY_MS = 1000;
  const DRAWN_WITHIN_MS = 2000;

  /** A source of the map that is only told what is different. */
  class Drawn {
    constructor(source) {
      this.source = source;
      this.shown = new Map(); // id -> how the feature looks, as text
      this.add = new Map();
      this.remove = new Set();
    }

    /** What is to be seen under `id`; null for nothing. */
    put(id, place, properties) {
      const looks = properties && JSON.stringify([place, properties]);
      if (looks === (this.shown.get(id) || null)) return;
      this.remove.delete(id);
      this.add.delete(id);
      if (looks) {
        const geometry = { type: "Point", coordinates: place };
        this.add.set(id, { type: "Feature", id, geometry, properties });
        this.shown.set(id, looks);
      } else {
        this.remove.add(id);
        this.shown.delete(id);
      }
    }

    /** Everything that is to be seen: [id, place, properties] of each. */
    putAll(rows) {
      const kept = new Set(rows.map(([id]) => id));
      for (const id of [...this.shown.keys()]) if (!kept.has(id)) this.put(id, null, null);
      for (const row of rows) this.put(...row);
    }

    /** Sends the difference; whether there was one. */
    flush() {
      if (!this.add.size && !this.remove.size) return false;
      this.source.updateData({ remove: [...this.remove], add: [...this.add.values()] });
      this.add.clear();
      this.remove.clear();
      return true;
    }
  }

  class LiveMarks {
    constructor(map, config) {
      this.map = map;
      this.config = config;
      this.layers = new Map(config.layers.map((layer) => [layer.code, layer]));
      this.devices = new Drawn(map.getSource("devices"));
      this.values = new Drawn(map.getSource("values"));
      this.tickets = new Drawn(map.getSource("tickets"));
      this.projects = new Drawn(map.getSource("projects"));
      this.cells = new Map(); // cell id -> step shown
      this.dirty = new Set(); // devices that look different
      this.groups = null; // those that are not told one by one (groups.js)
      this.onTickets = () => {}; // called when changed tickets are drawn
      this.pace = new ns.Pace(MARKS_EVERY_MS, () => this.draw());
      this.valuesPace = new ns.Pace(VALUES_EVERY_MS, () => this.drawValues());
      this.fill();
    }

    stop() {
      this.pace.stop();
      this.valuesPace.stop();
    }

    fill() {
      this.all = this.ticketsDirty = this.projectsDirty = true;
      this.pace.want();
      this.valuesPace.want();
    }

    note(changes) {
      changes.marked.forEach((id) => this.dirty.add(id));
      if (changes.tickets.length) this.ticketsDirty = true;
      if (changes.projects.length) this.projectsDirty = true;
      if (changes.tickets.length || changes.marked.length || changes.projects.length) this.pace.want();
    }

    /** The groups of those that are not told one by one are others now. */
    noteGroups() {
      this.ticketsDirty = true;
      this.pace.want();
    }

    /** Values are written beside their marks when one is near enough to read them. */
    noteValues() {
      if (this.near()) this.valuesPace.want();
    }

    moved() {
      if (this.near() || this.values.shown.size) this.valuesPace.want();
    }

    near() {
      return this.map.getZoom() >= ns.VALUES_FROM;
    }

    /** A deadline passes without any message: draw again when one did. */
    passTime() {
      const rows = [...live.shownTickets(), ...live.projects.values()];
      const late = rows.filter((row) => live.overdue(row)).length;
      if (late === this.late) return;
      this.late = late;
      this.ticketsDirty = this.projectsDirty = true;
      this.pace.want();
    }

    // --- drawing -------------------------------------------------------------------------

    draw() {
      if (this.all) this.devices.putAll(live.shownDevices().map((one) => this.device(one)));
      else this.dirty.forEach((id) => this.putDevice(live.devices.get(id)));
      this.all = false;
      this.dirty.clear();
      const devices = this.devices.flush();
      const tickets = this.ticketsDirty && this.drawTickets();
      const projects = this.projectsDirty && this.drawProjects();
      if (!devices && !tickets && !projects) return undefined;
      const drawn = this.drawn();
      return tickets ? drawn.then(() => this.onTickets()) : drawn;
    }

    drawTickets() {
      this.ticketsDirty = false;
      const shown = live.shownTickets();
      const groups = this.groups ? this.groups.shown().map((one) => this.group(one)) : [];
      this.tickets.putAll([...shown.map((one) => this.ticket(one)), ...groups]);
      const moved = this.tickets.flush();
      return this.colourCells(shown) || moved;
    }

    /** Projects show while the layer that tells their stages is on. */
    drawProjects() {
      this.projectsDirty = false;
      const layer = this.config.layers.find((one) => (one.projects || []).length);
      const stages = new Set(layer && live.shows(layer.code) ? layer.projects.map((one) => one.code) : []);
      const shown = [...live.projects.values()].filter((one) => stages.has(one.stage));
      this.projects.putAll(shown.map((one) => this.project(one)));
      return this.projects.flush();
    }

    project(project) {
      const late = live.overdue(project) ? 1 : 0;
      const order = project.stage === "done" ? 0 : 1 + late;
      return [project.id, [project.lon, project.lat], { id: project.id, order, icon: `p-${project.stage}-${late}` }];
    }

    drawValues() {
      const bounds = this.map.getBounds();
      const inView = (device) => bounds.contains([device.lon, device.lat]);
      const rows = this.near() ? live.shownDevices().filter(inView) : [];
      this.values.putAll(rows.map((one) => this.value(one)));
      return this.values.flush() ? this.drawn() : undefined;
    }

    /** Resolves when the map has come to rest and is on the screen, or is taking very long. */
    drawn() {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, DRAWN_WITHIN_MS);
        this.map.once("idle", async () => {
          if (ns.city) await ns.city.frames.shown();
          clearTimeout(timer);
          resolve();
        });
      });
    }

    putDevice(device) {
      if (device && live.shows(device.layer)) this.devices.put(...this.device(device));
    }

    device(device) {
      const layer = this.layers.has(device.layer) ? device.layer : "";
      const level = device.level || 0;
      const icon = device.online === false && !level ? `d-${layer}-off` : `d-${layer}-${level}`;
      return [device.id, [device.lon, device.lat], { level, icon }];
    }

    value(device) {
      const metric = ns.mainMetric(this.layers.get(device.layer), device);
      const value = metric ? ns.valueText(this.config.metrics, metric, device.values[metric][1]) : "";
      return [device.id, [device.lon, device.lat], { level: device.level || 0, value }];
    }

    ticket(ticket) {
      const layer = this.layers.has(ticket.layer) ? ticket.layer : "";
      const overdue = live.overdue(ticket);
      return [
        ticket.id,
        [ticket.lon, ticket.lat],
        {
          id: ticket.id,
          n: 1,
          severity: ticket.severity,
          late: overdue ? 1 : 0,
          done: ns.isDone(ticket) ? 1 : 0,
          icon: `t-${layer}-${ticket.severity}-${overdue ? 1 : 0}`,
          ...this.stageOf(ticket),
        },
      ];
    }

    /** Several that are not told one by one, or one of these. */
    group(group) {
      const layer = this.layers.has(group.layer) ? group.layer : "";
      const { n, worst, overdue, only_wait: waiting, number, cell_id: cell, lon, lat } = group;
      const icon = `t-${layer}-${worst}-${overdue ? 1 : 0}`;
      const key = `${layer}/${lon}/${lat}/${number || n}`;
      return [key, [lon, lat], { n, severity: worst, worst, late: overdue, done: waiting === n ? 1 : 0, icon, number, cell }];
    }

    /** How far it is put right, when the layer that tells so is on. */
    stageOf(ticket) {
      for (const layer of this.config.layers) {
        if (!layer.stages || !live.shows(layer.code)) continue;
        const stage = layer.stages.find((one) => one.states.includes(ticket.state));
        if (stage) return { stage: ns.pick(stage, "name", this.config.language), stage_colour: stage.colour };
      }
      return {};
    }

    /** Cells take the colour of the figure that is chosen; whether one changed. */
    colourCells(tickets) {
      const levels = ns.cells.levels(tickets);
      const changed = [...levels].filter(([id, severity]) => this.cells.get(id) !== severity);
      const calm = [...this.cells.keys()].filter((id) => !levels.has(id));
      changed.forEach(([id, severity]) => ns.cellState(this.map, id, { severity }));
      calm.forEach((id) => ns.cellState(this.map, id, { severity: 0 }));
      this.cells = levels;
      return changed.length + calm.length > 0;
    }
  }

  ns.cellState = (map, id, state) =>
    map.setFeatureState({ source: "cells", sourceLayer: "cells", id }, state);
  ns.LiveMarks = LiveMarks;
})();
