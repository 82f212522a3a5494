/* Light or dark: chosen in the head, remembered in this browser, set before anything is drawn. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const KEPT = "cc_theme";
  const THEMES = ["dark", "light"];
  const listeners = new Set();

  const SIGNS = {
    dark: "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z",
    light: "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11 1h2v4h-2zM11 19h2v4h-2zM1 11h4v2H1zM19 11h4v2h-4zM3.5 4.9l1.4-1.4 2.9 2.9-1.4 1.4zM16.2 17.6l1.4-1.4 2.9 2.9-1.4 1.4zM3.5 19.1l2.9-2.9 1.4 1.4-2.9 2.9zM16.2 6.4l2.9-2.9 1.4 1.4-2.9 2.9z",
  };

  function kept() {
    try {
      return localStorage.getItem(KEPT);
    } catch (error) {
      return null; // a browser that keeps nothing: dark each time
    }
  }

  function set(name) {
    theme.name = THEMES.includes(name) ? name : "dark";
    document.documentElement.dataset.theme = theme.name;
    listeners.forEach((listener) => listener(theme.name));
  }

  /** Chooses a theme and remembers it. */
  function choose(name) {
    set(name);
    try {
      localStorage.setItem(KEPT, theme.name);
    } catch (error) {
      // it holds until the page is left
    }
  }

  /** Calls `listener` with the theme's name whenever it changes; returns the function that ends it. */
  function follow(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  const theme = (ns.theme = { name: "dark", choose, follow, kept, wear: set });
  set(kept());
  window.addEventListener("storage", (event) => event.key === KEPT && set(event.newValue));

  /** The button in the head: shows what is chosen, and takes the other one. */
  function ThemeSwitch({ id, words }) {
    const React = window.React;
    const [name, setName] = React.useState(theme.name);
    React.useEffect(() => follow(setName), []);
    const other = name === "dark" ? "light" : "dark";
    return React.createElement(
      "button",
      {
        id,
        type: "button",
        className: "cc-tool",
        title: words[other],
        "aria-label": words[other],
        onClick: () => choose(other),
      },
      React.createElement(
        "svg",
        { viewBox: "0 0 24 24", "aria-hidden": true, focusable: false },
        React.createElement("path", { d: SIGNS[name] })
      )
    );
  }

  ns.ThemeSwitch = ThemeSwitch;
})();
