/* What a mark looks like: severity by colour AND shape, a scenario layer by its glyph.
 *
 * One description for the map (drawn on a canvas) and for the page (inline SVG), in a box of 24.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});

  // Distinguishable for the colour-blind, and each with a shape of its own.
  const SEVERITY = {
    1: { colour: "#6cb6ff", shape: "circle" },
    2: { colour: "#ffd84d", shape: "triangle" },
    3: { colour: "#ff9d4d", shape: "diamond" },
    4: { colour: "#ff5c66", shape: "octagon" },
  };

  /** The city's severity colours and names, from the configuration; the shapes are ours. */
  function useSeverity(configured) {
    for (const [level, look] of Object.entries(configured || {})) {
      SEVERITY[level].colour = look.colour;
      SEVERITY[level].name = look.name;
    }
  }

  const SHAPES = {
    circle: "M12 1.5a10.5 10.5 0 1 0 0 21 10.5 10.5 0 0 0 0-21z",
    drop: "M12 .5c4.6 5.6 8.2 9.6 8.2 14.3a8.2 8.2 0 0 1-16.4 0C3.8 10.1 7.4 6.1 12 .5z",
    square: "M5.5 2h13A3.5 3.5 0 0 1 22 5.5v13a3.5 3.5 0 0 1-3.5 3.5h-13A3.5 3.5 0 0 1 2 18.5v-13A3.5 3.5 0 0 1 5.5 2z",
    triangle: "M12 .8 23.6 21.8H.4z",
    diamond: "M12 .2 23.8 12 12 23.8.2 12z",
    hexagon: "M6.5 2h11L23 12l-5.5 10h-11L1 12z",
    octagon: "M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z",
    pentagon: "M12 1 23 9.3 18.8 22H5.2L1 9.3z",
  };

  const FLAG = "M5 2.5h2.5v19H5z M9 3.5h11l-3.2 4.2L20 12H9z";

  /** The layer's icon (path data); a flag for what belongs to none. */
  function glyph(layer) {
    return (layer && layer.icon) || FLAG;
  }

  function context(size, ratio) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.round(size * ratio);
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.scale((size * ratio) / 24, (size * ratio) / 24);
    return pen;
  }

  function image(pen) {
    return pen.getImageData(0, 0, pen.canvas.width, pen.canvas.height);
  }

  function drawGlyph(pen, path, colour, scale, down) {
    pen.save();
    pen.translate(12, 12 + (down || 0));
    pen.scale(scale, scale);
    pen.translate(-12, -12);
    pen.fillStyle = colour;
    pen.fill(new Path2D(path), "evenodd");
    pen.restore();
  }

  /** A ticket: the severity's shape on a short stem whose foot stands on the place. */
  function ticketImage(layer, severity, overdue, ratio) {
    const look = SEVERITY[severity] || SEVERITY[1];
    const pen = context(40, ratio);
    pen.fillStyle = look.colour;
    pen.strokeStyle = "#060d18";
    pen.lineWidth = 1.1;
    pen.beginPath();
    pen.moveTo(10.7, 16);
    pen.lineTo(12, 23.5);
    pen.lineTo(13.3, 16);
    pen.closePath();
    pen.fill();
    pen.stroke();
    pen.save();
    pen.translate(3.7, 1.6);
    pen.scale(0.69, 0.69);
    const outline = new Path2D(SHAPES[look.shape]);
    pen.lineWidth = 3.6;
    pen.strokeStyle = "#060d18";
    pen.stroke(outline);
    if (overdue) {
      pen.lineWidth = 3.2;
      pen.strokeStyle = "#ffffff";
      pen.stroke(outline);
    }
    pen.fill(outline);
    pen.restore();
    pen.save();
    pen.translate(3.7, 1.6);
    pen.scale(0.69, 0.69);
    const low = look.shape === "triangle";
    drawGlyph(pen, glyph(layer), "#10131a", low ? 0.46 : 0.58, low ? 3 : 0);
    pen.restore();
    return image(pen);
  }

  /** A device: the layer's shape, dark and outlined while quiet, filled with severity when loud. */
  function deviceImage(layer, level, online, ratio) {
    const pen = context(26, ratio);
    const outline = new Path2D(SHAPES[layer.shape] || SHAPES.circle);
    pen.translate(1.8, 1.8);
    pen.scale(0.85, 0.85);
    const loud = level > 0 && SEVERITY[level];
    const colour = online === false ? "#8793a5" : layer.colour;
    pen.fillStyle = loud ? loud.colour : "#0d1828";
    pen.strokeStyle = "#060d18";
    pen.lineWidth = 4;
    pen.stroke(outline);
    pen.fill(outline);
    pen.lineWidth = 1.9;
    pen.strokeStyle = loud ? "#ffffff" : colour;
    if (online === false) pen.setLineDash([2.6, 2.2]);
    pen.stroke(outline);
    const low = layer.shape === "triangle";
    drawGlyph(pen, glyph(layer), loud ? "#10131a" : colour, low ? 0.44 : 0.58, low ? 3.2 : 0);
    return image(pen);
  }

  // Where the middle of the sign stands in each shape, and how large it is.
  const SIGN = { triangle: [14.6, 9], drop: [14.2, 10], diamond: [12.2, 10] };

  const LATE = { x: 20.2, y: 4.2, r: 3.4, fill: "#ff3b47" };

  /** A project: its stage by colour, shape and one character; a red dot at its corner while it is
   *  late, for a red ring is a late ticket's. */
  function projectImage(stage, sign, late, ratio) {
    const pen = context(30, ratio);
    const outline = new Path2D(SHAPES[stage.shape] || SHAPES.circle);
    pen.translate(2.4, 2.4);
    pen.scale(0.8, 0.8);
    pen.lineJoin = "round";
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 4;
    pen.stroke(outline);
    pen.strokeStyle = "#060d18";
    pen.lineWidth = 1.8;
    pen.fillStyle = stage.colour;
    pen.fill(outline);
    pen.stroke(outline);
    const [middle, size] = SIGN[stage.shape] || [12.4, 11.5];
    pen.fillStyle = "#0a1018";
    pen.font = `700 ${size}px "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(sign, 12, middle);
    if (late) {
      pen.beginPath();
      pen.arc(LATE.x, LATE.y, 1.25 * LATE.r, 0, 2 * Math.PI);
      pen.fillStyle = LATE.fill;
      pen.strokeStyle = "#060d18";
      pen.fill();
      pen.stroke();
    }
    return image(pen);
  }

  const e = (...args) => window.React.createElement(...args);

  /** A project's stage as an inline mark. */
  function stageIcon(stage, sign, late, className) {
    const [middle, size] = SIGN[stage.shape] || [12.4, 11.5];
    return svg(
      { className: className || "mark" },
      e("path", { d: SHAPES[stage.shape], fill: stage.colour, stroke: "#060d18", strokeWidth: 1,
        transform: "translate(1.4 1.4) scale(.88)" }),
      e("text", { x: 12, y: middle, fill: "#0a1018", fontSize: size * 0.92, fontWeight: 700, textAnchor: "middle",
        dominantBaseline: "central" }, sign),
      late && e("circle", { cx: LATE.x, cy: LATE.y, r: LATE.r, fill: LATE.fill, stroke: "#060d18" })
    );
  }

  function svg(props, ...children) {
    const common = { viewBox: "0 0 24 24", "aria-hidden": true, focusable: false };
    return e("svg", Object.assign(common, props), ...children);
  }

  /** Severity as an inline mark, with the layer's glyph. */
  function severityIcon(severity, layer, className) {
    const look = SEVERITY[severity] || SEVERITY[1];
    const low = look.shape === "triangle";
    const scale = low ? 0.46 : 0.58;
    const move = 12 - 12 * scale;
    return svg(
      { className: className || "mark" },
      e("path", { d: SHAPES[look.shape], fill: look.colour }),
      layer !== null &&
        e("path", {
          d: glyph(layer),
          fill: "#10131a",
          fillRule: "evenodd",
          transform: `translate(${move} ${move + (low ? 3 : 0)}) scale(${scale})`,
        })
    );
  }

  /** A layer as an inline mark: its own shape, colour and glyph. */
  function layerIcon(layer, className) {
    const low = layer.shape === "triangle";
    const scale = low ? 0.44 : 0.58;
    const move = 12 - 12 * scale;
    return svg(
      { className: className || "mark" },
      e("path", {
        d: SHAPES[layer.shape] || SHAPES.circle,
        fill: "#0d1828",
        stroke: layer.colour,
        strokeWidth: 1.8,
        transform: "translate(1.2 1.2) scale(.9)",
      }),
      e("path", {
        d: glyph(layer),
        fill: layer.colour,
        fillRule: "evenodd",
        transform: `translate(${move} ${move + (low ? 3 : 0)}) scale(${scale})`,
      })
    );
  }

  ns.marks = { SEVERITY, useSeverity, SHAPES, glyph, ticketImage, deviceImage, projectImage, stageIcon, severityIcon, layerIcon, svg };
})();
