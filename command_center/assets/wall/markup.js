/* Draws what needs no callback as one component (pages/parts/folded.py tells why). */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const SAFE = /^(https?:|mailto:|tel:|[/?#]|[^:]*$)/i; // where a link may lead

  /** A text, or [name, properties, child...]; a name with a capital is one of ours, and a config
   *  that is `true` the one that all share. */
  function drawn(node, config) {
    if (!Array.isArray(node)) return node;
    const [name, properties, ...inside] = node;
    if (!SAFE.test(properties.href || "")) throw new Error(`a link to ${properties.href}`);
    const ours = name[0] !== name[0].toLowerCase();
    const given = properties.config === true ? Object.assign({}, properties, { config }) : properties;
    return window.React.createElement(ours ? ns[name] : name, given, ...inside.map((one) => drawn(one, config)));
  }

  function Markup({ tree, config }) {
    const { createElement, Fragment } = window.React;
    return createElement(Fragment, null, ...tree.map((node) => drawn(node, config)));
  }

  ns.Markup = Markup;
})();
