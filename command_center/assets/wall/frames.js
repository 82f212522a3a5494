/* The frames of the map where no graphics card helps: drawn beside the page, not by it.
 *
 * There the processor draws WebGL, and a page that shows such a canvas stands still until the frame
 * is there: 0.4 s at 1920x1080 on two cores. So that canvas is not shown. A frame is fetched when it
 * is ready and put onto a plain canvas; until then the page goes on with everything else, and the
 * picture that is there follows the map: it is moved and scaled as the map is. One frame is drawn at
 * a time. A map at rest then rests as long as its frame took, since the processor draws for all; what
 * changed meanwhile comes with the next one. Nor is one begun before a story that was just asked for
 * can be read. A frame is dear by its pixels (half of them each way: two fifths of it), so while the
 * map moves, loads, or somebody goes from one thing to the next, frames are coarse, and a sharp one
 * comes a second after, or later while one thing follows the other.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
  const COARSE = 0.5; // of the screen's pixels, each way
  const SHARP_AFTER_MS = 1000; // since the map moved, or something was opened or closed
  const IN_A_ROW_MS = 1500; // who goes on sooner is not done yet: it then waits for twice as long as that took
  const REST = 1; // times the frame before, when the map is at rest
  const LONGEST_REST_MS = 3000;
  const TILES_MS = 500; // so long a map that has jumped, or shows another instant, waits for what belongs there
  const LOOK_MS = 10; // so often it is asked whether a frame is there
  const PAUSE_MS = 500; // no frame is begun so long after a story was closed
  const HURRY_MS = 1000; // so long everything that comes is drawn, when all of it is another one

  /** Whether the processor draws, as far as the browser tells. */
  function bySoftware(gl) {
    const told = gl.getExtension("WEBGL_debug_renderer_info");
    return SOFTWARE.test(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  }

  /** Fetches what a WebGL canvas has drawn without waiting for it. */
  class Fetch {
    constructor(gl) {
      this.gl = gl;
      this.buffer = gl.createBuffer();
      this.picture = null;
      this.fence = null;
    }

    /** Asks for the frame that was just ordered: so many pixels from its lower left corner. */
    begin(wide, high) {
      const { gl } = this;
      gl.bindFramebuffer(gl.READ_FRAMEBUFFER, null);
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.buffer);
      if (!this.picture || this.picture.width !== wide || this.picture.height !== high) {
        this.picture = new ImageData(wide, high);
      }
      // room made anew: Chromium warns at each frame that is written over an older one
      gl.bufferData(gl.PIXEL_PACK_BUFFER, this.picture.data.length, gl.STREAM_READ);
      gl.readPixels(0, 0, wide, high, gl.RGBA, gl.UNSIGNED_BYTE, 0);
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
      this.fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
      gl.flush();
    }

    /** Whether it can be taken; never when the graphics were taken away meanwhile. */
    ready() {
      const { gl, fence } = this;
      return !gl.isContextLost() && gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.SIGNALED;
    }

    /** The frame, upside down as WebGL tells it. */
    take() {
      const { gl } = this;
      gl.deleteSync(this.fence);
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.buffer);
      gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, this.picture.data);
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
      return this.picture;
    }
  }

  /** The plain canvas that is shown, and where it belongs while the map moves. */
  class Picture {
    constructor(map) {
      this.map = map;
      this.canvas = document.createElement("canvas");
      this.canvas.className = "cc-map-picture";
      this.canvas.width = this.canvas.height = 0; // nothing to see yet
      map.getCanvas().classList.add("cc-map-unseen"); // it still hears keys and has the focus
      map.getCanvas().after(this.canvas);
      this.pen = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
      this.of = null; // what it is a picture of
    }

    /** What the map shows now. */
    view() {
      const { map } = this;
      const center = map.getCenter();
      const { clientWidth: wide, clientHeight: high } = map.getCanvas();
      return { center, zoom: map.getZoom(), at: map.project(center), wide, high };
    }

    show(image, view) {
      const { canvas } = this;
      if (canvas.width !== image.width) canvas.width = image.width;
      if (canvas.height !== image.height) canvas.height = image.height;
      this.pen.putImageData(image, 0, 0);
      this.of = view;
      canvas.style.width = `${view.wide}px`;
      canvas.style.height = `${view.high}px`;
      this.follow();
    }

    /** Moves and scales what is there as the map was since: it is neither turned nor tilted. */
    follow() {
      const { map, of } = this;
      if (!of) return;
      const scale = 2 ** (map.getZoom() - of.zoom);
      const at = map.project(of.center);
      const [x, y] = [at.x - scale * of.at.x, at.y - scale * of.at.y];
      this.canvas.style.transform = `translate(${x}px, ${y + scale * of.high}px) scale(${scale}, ${-scale})`;
    }
  }

  class Frames {
    constructor(map) {
      this.map = map;
      this.drawn = 0; // frames so far
      this.drawing = false; // one is not there yet
      this.wanted = false; // another one, as soon as it may be
      this.coarse = false; // the last one is, and nothing but that is wrong with it
      this.coarseUntil = 0; // somebody looks for something, or all of it has just changed; ms
      this.lookedAt = -Infinity; // when that began the last time, ms
      this.pressing = null; // since when it shall not rest: the map was moved, or has loaded; ms
      this.loaded = false; // for the first time; until then the processor has other work
      this.forced = false;
      this.nextAt = 0; // a map at rest draws no frame before, ms
      this.hurriedUntil = 0; // it does not rest before, ms
      this.unplaced = null; // places the symbols, when that was put off
      this.unread = 0; // how many stories were asked for that cannot be read yet
      this.timer = null;
      this.gone = false;
      this.waiting = []; // who waits for a map that is all there
      const { gl } = map.painter.context;
      this.slow = Boolean(gl.fenceSync) && bySoftware(gl);
      if (!this.slow) {
        map.on("render", () => (this.drawn += 1));
        return;
      }
      this.picture = new Picture(map);
      this.takeOver();
      map.on("style.load", () => this.placeSeldom());
      map.on("movestart", () => {
        this.pressing ??= performance.now();
        this.lookRound();
      });
      map.on("moveend", () => {
        this.pressing ??= performance.now(); // where it stands now is not what the last frame shows
        this.lookRound();
        this.want(); // who held the map still and lets it go moves nothing more
      });
      for (const name of ["move", "resize"]) map.on(name, () => this.picture.follow());
      map.once("load", () => {
        this.loaded = true;
        this.pressing = performance.now();
        this.want();
      });
      map.once("remove", () => {
        this.gone = true;
        clearTimeout(this.timer);
      });
    }

    /** The library draws a frame when this lets it; all else of a frame is done each time. */
    takeOver() {
      const { painter } = this.map;
      const draw = painter.render.bind(painter);
      this.fetch = new Fetch(painter.context.gl);
      painter.render = (style, transform, options) => {
        this.coarse = false;
        if (!this.may()) {
          this.want();
          return;
        }
        const { width: wide, height: high } = painter;
        this.place();
        const share = this.share();
        this.drawn += 1;
        this.wanted = false;
        this.pressing = null;
        painter.resize(wide, high, share);
        try {
          const { variableOffsets } = style.placement; // as it was just placed
          const pixelRatio = options.pixelRatio * share;
          draw(style, transform, Object.assign({}, options, { pixelRatio, variableOffsets }));
          if (this.drawing) this.want(); // it was forced; the one before is still to come
          else this.bring(painter, share);
        } finally {
          painter.resize(wide, high, 1);
        }
      };
    }

    /** The library places every symbol anew each time (its names do not fade), whether that frame is
     *  drawn or not: with some thousands of marks nothing costs the page more. Here they are placed
     *  just before a frame is drawn. */
    placeSeldom() {
      const { style } = this.map;
      const place = style._updatePlacement.bind(style);
      style._updatePlacement = (...args) => {
        this.unplaced = () => place(...args);
        if (style.placement) return false; // the frame that is drawn places them, when it is
        this.unplaced = null; // the library needs a first one
        return place(...args);
      };
    }

    /** Places them as the map stands now; also for who points at one before its frame is drawn. */
    place() {
      const { unplaced } = this;
      this.unplaced = null;
      if (unplaced) unplaced();
    }

    /** How many of the screen's pixels each way the next frame has. */
    share() {
      if (this.forced) return 1;
      const rests = this.loaded && !this.map.isMoving() && performance.now() >= this.coarseUntil;
      return rests ? 1 : COARSE;
    }

    /** Shows the frame that was just ordered when it is there. */
    async bring({ width: wide, height: high }, share) {
      const { fetch, picture } = this;
      this.drawing = true;
      const began = performance.now();
      const asked = this.waiting.splice(0);
      try {
        const view = picture.view();
        fetch.begin(wide, high);
        do await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        while (!this.gone && !fetch.ready());
        if (this.gone) return;
        picture.show(fetch.take(), view);
      } finally {
        this.drawing = false;
      }
      const ended = performance.now();
      const rest = this.loaded ? REST * (ended - began) : LONGEST_REST_MS;
      this.nextAt = began < this.hurriedUntil ? 0 : ended + Math.min(rest, LONGEST_REST_MS);
      if (!this.wanted) asked.push(...this.waiting.splice(0));
      // (the end of a move, and of the first load, ask themselves)
      this.coarse = !this.wanted && share < 1 && this.loaded && !this.map.isMoving();
      if (this.wanted || this.coarse) this.want();
      asked.forEach((resolve) => resolve());
    }

    may() {
      return this.forced || (!this.drawing && this.left() <= 0);
    }

    /** One frame more, when it may be: the end of the one before, or of the wait, asks again. */
    want() {
      this.wanted = true;
      const left = this.left();
      clearTimeout(this.timer);
      if (this.drawing || left === Infinity) return;
      this.timer = setTimeout(() => {
        if (this.wanted) this.map.triggerRepaint();
      }, Math.max(0, left));
    }

    /** How long the next frame has to wait, ms. */
    left() {
      const now = performance.now();
      if (this.map.isMoving()) return 0;
      if (this.pressing !== null) return this.map.areTilesLoaded() ? 0 : this.pressing + TILES_MS - now;
      if (this.unread) return Infinity;
      if (this.coarse) return Math.max(this.nextAt, this.coarseUntil) - now;
      if (now >= this.hurriedUntil) return this.nextAt - now;
      // one without what has just come would keep the one with it waiting
      return this.map.isStyleLoaded() ? 0 : Math.max(0, this.hurriedUntil - HURRY_MS + TILES_MS - now);
    }

    /** Begins no frame of a map at rest before what was just asked for can be read: `shown`. */
    async giveWay(shown) {
      if (!this.slow) return;
      this.lookRound();
      this.unread += 1;
      try {
        await shown;
      } finally {
        this.unread -= 1;
      }
      if (this.wanted && !this.gone) this.want();
    }

    /** Somebody looks for something: until it is found, quick frames are worth more than sharp ones.
     *  (The next thing would have to wait for a sharp one that was begun just before.) */
    lookRound() {
      const now = performance.now();
      const since = now - this.lookedAt;
      this.lookedAt = now;
      const wait = since < IN_A_ROW_MS ? Math.max(SHARP_AFTER_MS, 2 * since) : SHARP_AFTER_MS;
      this.coarseUntil = Math.max(this.coarseUntil, now + wait);
    }

    /** Who closes a story may be about to open another one. */
    pause() {
      this.giveWay(new Promise((resolve) => setTimeout(resolve, PAUSE_MS)));
    }

    /** Everything is another one now (another instant, say): what was drawn must not stay for seconds. */
    hurry() {
      this.hurriedUntil = performance.now() + HURRY_MS;
      this.lookRound();
    }

    /** Draws this moment, and waits for it: for who takes the canvas of the map itself. */
    force() {
      this.forced = true;
      try {
        this.map.redraw();
      } finally {
        this.forced = false;
      }
    }

    /** Whether the screen shows the map as it is, sharply. */
    still() {
      return !this.drawing && !this.wanted;
    }

    /** Resolves when it shows the map as it is now, or as it was later. */
    shown() {
      if (this.still() || (this.coarse && !this.drawing)) return Promise.resolve();
      return new Promise((resolve) => this.waiting.push(resolve));
    }
  }

  ns.Frames = Frames;
})();
