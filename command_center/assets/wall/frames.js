/* The frames of the map where no graphics card helps: coarse while it moves, and not all the time.
 *
 * There the page stands still while a frame is drawn. It is dear by its pixels: 1920x1080 took half
 * a second of two cores, half the pixels each way a quarter. So a map that moves or loads is drawn
 * coarsely, and once more, as sharp as the screen is, when it has come to rest. And after each frame
 * the page has as long for everything else, at rest three times as long: what changed meanwhile comes
 * with the next one. Whoever opens something reads it first: no frame is begun until then, and the
 * sharp one, which is the longest, when nothing more was opened for a second.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
  const COARSE = 0.5;
  const REST = 3; // times the frame before, when it is at rest
  const COARSE_REST = 1; // while it moves or loads; none until it has loaded for the first time
  const LONGEST_REST_MS = 4000;
  const SHARP_AFTER_MS = 1000; // since somebody opened something
  const HURRY_MS = 1000; // so long everything that comes is drawn, when all of it is another one

  /** Whether the processor draws, as far as the browser tells. */
  function bySoftware(gl) {
    const told = gl.getExtension("WEBGL_debug_renderer_info");
    return SOFTWARE.test(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  }

  class Frames {
    constructor(map) {
      this.map = map;
      this.share = 1;
      this.changing = false; // the map says then that it moved; it did not
      this.loaded = false;
      this.nextAt = 0; // when the map may draw again, ms
      this.hurriedUntil = 0; // it does not rest before, ms
      this.empty = false;
      this.held = false; // somebody presses the map, and may be about to move it
      this.unread = 0; // how many stories were asked for that cannot be read yet
      this.sharpAt = 0; // not sharp again before, ms
      this.soon = null;
      this.gone = false;
      this.slow = bySoftware(map.painter.context.gl);
      if (!this.slow) return;
      this.draw(COARSE);
      map.on("movestart", () => {
        this.nextAt = 0;
        this.draw(COARSE);
      });
      // not at once: a canvas that is resized while it is drawn stays empty until the next frame
      map.on("idle", () => setTimeout(() => this.sharpen()));
      map.once("idle", () => (this.loaded = true));
      this.rest();
      this.feel(map.getCanvasContainer());
    }

    /** Draws sharply, if the map is at rest and nobody is about to read something. */
    sharpen() {
      clearTimeout(this.soon);
      if (this.gone) return;
      const left = this.sharpAt - performance.now();
      if (this.unread || left > 0) this.soon = setTimeout(() => this.sharpen(), Math.max(left, 50));
      else if (!this.held && !this.map.isMoving() && this.map.areTilesLoaded()) this.draw(1);
    }

    /** Begins no frame of a map at rest before what was just asked for can be read: `shown`. */
    async giveWay(shown) {
      if (!this.slow) return;
      this.sharpAt = performance.now() + SHARP_AFTER_MS;
      this.unread += 1;
      try {
        await shown;
      } finally {
        this.unread -= 1;
      }
      if (this.unread || !this.wanted) return;
      this.wanted = false;
      this.map.triggerRepaint();
    }

    /** Waits with nothing while somebody moves the map: a gesture begins with its first frame. */
    feel(box) {
      const hold = () => {
        this.held = true;
        this.nextAt = 0;
      };
      const release = () => {
        if (!this.held) return;
        this.held = false;
        setTimeout(() => this.sharpen());
      };
      const first = { capture: true, passive: true };
      box.addEventListener("pointerdown", hold, first);
      box.addEventListener("wheel", () => (this.nextAt = 0), first);
      for (const name of ["pointerup", "pointercancel", "blur"]) window.addEventListener(name, release, first);
      this.map.once("remove", () => {
        this.gone = true;
        for (const name of ["pointerup", "pointercancel", "blur"]) window.removeEventListener(name, release, first);
      });
    }

    /** Everything is another one now (another instant, say): what was drawn must not stay for seconds. */
    hurry() {
      this.hurriedUntil = performance.now() + HURRY_MS;
    }

    /** How long the map still has to rest, ms. */
    left() {
      if (this.unread) return Infinity;
      const now = performance.now();
      return now < this.hurriedUntil && this.nextAt < Infinity ? 0 : this.nextAt - now;
    }

    /** Draws so many of the screen's pixels each way from now on. */
    draw(share) {
      if (share === this.share || this.changing) return;
      this.share = share;
      this.changing = true;
      this.empty = true; // until the next frame, which waits for nobody
      // a map that is resized stops whatever moves it, a drag among it
      this.map.stop = () => this.map;
      try {
        this.map.setPixelRatio(share === 1 ? null : window.devicePixelRatio * share);
      } finally {
        delete this.map.stop;
        this.changing = false;
      }
    }

    /** Lets the map draw its next frame when the page has had its time; at once while it moves. */
    rest() {
      const { map } = this;
      const ask = map.triggerRepaint.bind(map);
      this.wanted = false; // as soon as the frame that is being drawn, or a story, is on the screen
      let timer = null;
      map.triggerRepaint = () => {
        const left = this.left();
        if (left <= 0 || this.empty || this.held || map.isMoving()) ask();
        else if (left === Infinity) this.wanted = true;
        else if (timer === null) {
          timer = setTimeout(() => {
            timer = null;
            map.triggerRepaint();
          }, left);
        }
      };
      map.on("render", async () => {
        const began = performance.now();
        this.nextAt = Infinity;
        this.empty = false;
        await ns.framed();
        const ended = performance.now();
        const rest = this.share === 1 ? REST : Number(this.loaded) * COARSE_REST;
        this.nextAt = ended + Math.min(rest * (ended - began), LONGEST_REST_MS);
        const { wanted } = this;
        this.wanted = false;
        if (wanted) map.triggerRepaint();
      });
    }
  }

  ns.Frames = Frames;
})();
