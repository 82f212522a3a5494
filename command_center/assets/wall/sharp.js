/* How sharply the map is drawn where no graphics card helps: coarsely while it moves or loads.
 *
 * There a frame is dear by its pixels: 1920x1080 took half a second of two cores, half the pixels
 * each way a quarter. When the map comes to rest it is drawn once more, as sharp as the screen is.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
  const COARSE = 0.5;

  /** Whether the processor draws, as far as the browser tells. */
  function bySoftware(gl) {
    const told = gl.getExtension("WEBGL_debug_renderer_info");
    return SOFTWARE.test(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  }

  class Sharpness {
    constructor(map) {
      this.map = map;
      this.share = 1;
      this.changing = false; // the map says then that it moved; it did not
      if (!bySoftware(map.painter.context.gl)) return;
      this.draw(COARSE);
      map.on("movestart", () => this.draw(COARSE));
      // not at once: a canvas that is resized while it is drawn stays empty until the next frame
      map.on("idle", () => setTimeout(() => map.isMoving() || this.draw(1)));
    }

    /** Draws so many of the screen's pixels each way from now on. */
    draw(share) {
      if (share === this.share || this.changing) return;
      this.share = share;
      this.changing = true;
      this.map.setPixelRatio(share === 1 ? null : window.devicePixelRatio * share);
      this.changing = false;
    }
  }

  ns.Sharpness = Sharpness;
})();
