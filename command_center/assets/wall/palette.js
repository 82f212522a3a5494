/* The map's colours in both themes, and how the map is painted again when the theme changes. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});

  const PALETTES = {
    dark: {
      sea: "#091420",
      land: "#15263b",
      water: "#0e2c49",
      river: "#0e2c49",
      green: "#14302f",
      building: "#1b2c42",
      road_major: "#3d587f",
      road: "#2d4362",
      road_minor: "#24374f",
      label: "#b9c8dd",
      label_water: "#6fa3d0",
      value: "#cfe0f5",
      value_loud: "#ffffff",
      halo: "#0a1422",
      area: "#5f7ea6",
      cell: "#3c5577",
      select: "#ffffff",
    },
    light: {
      sea: "#c9dcec",
      land: "#f3f1ec",
      water: "#b9d5ea",
      river: "#a9cbe5",
      green: "#dbe8d3",
      building: "#e2dfd8",
      road_major: "#d9b98a",
      road: "#d5d3cd",
      road_minor: "#e1dfd9",
      label: "#34465a",
      label_water: "#2d5f8a",
      value: "#22364b",
      value_loud: "#0b1726",
      halo: "#ffffff",
      area: "#7089a6",
      cell: "#9db0c4",
      select: "#0b1726",
    },
  };

  const palette = () => PALETTES[ns.theme.name];

  /** What of the marks is painted by the theme; their signs have grounds of their own. */
  function markPaints(c) {
    const dark = ns.theme.name === "dark";
    return {
      "device-value": {
        "text-color": ["case", [">", ["get", "level"], 0], c.value_loud, c.value],
        "text-halo-color": c.halo,
      },
      "ticket-stage": {
        "text-color": dark ? ["get", "stage_colour"] : c.label,
        "text-halo-color": c.halo,
      },
    };
  }

  /** Paints a map anew, in the theme that is chosen now. */
  ns.repaint = function (map, config) {
    const paints = Object.entries(markPaints(palette()));
    for (const layer of ns.mapStyle(config).layers) paints.push([layer.id, layer.paint || {}]);
    for (const [id, paint] of paints) {
      if (!map.getLayer(id)) continue;
      for (const [name, value] of Object.entries(paint)) map.setPaintProperty(id, name, value);
    }
  };

  ns.PALETTES = PALETTES;
  ns.markPaints = () => markPaints(palette());
  Object.defineProperty(ns, "PALETTE", { get: palette });
})();
