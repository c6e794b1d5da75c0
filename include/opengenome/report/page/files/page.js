"use strict";
// Draws the figures when they are near, in the colours of the page, and saves them.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const themes = JSON.parse(document.getElementById("themes").textContent);
  const drawings = new Map();  // figure → {ready, spec, rows, view}
  const tables = new Map();  // number → promise of its text

  const unpacked = async (packed) => {
    const bytes = Uint8Array.from(atob(packed.textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };

  const table = (number) => {
    if (!tables.has(number)) tables.set(number, unpacked(document.getElementById(`table-${number}`)));
    return tables.get(number);
  };

  // Vega's own reader of CSV makes a function of each head, which the policy of this page forbids.
  const parsed = (text, kinds) => {
    const lines = [[]];
    for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
      lines.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
      if (end === "\n") lines.push([]);
      if (end === "") break;
    }
    const [head, ...rows] = lines;
    if (rows.at(-1)?.join("") === "") rows.pop();
    const value = (name, cell) => kinds[name] !== "number" ? cell : cell === "" ? null : Number(cell);
    return rows.map((row) => Object.fromEntries(head.map((name, column) => [name, value(name, row[column])])));
  };

  const ready = (figure) => {
    const drawing = drawings.get(figure);
    return drawing.ready ??= (async () => {
      const spec = JSON.parse(await unpacked(figure.querySelector(".spec")));
      drawing.rows = parsed(await table(figure.dataset.table), JSON.parse(figure.dataset.kinds));
      drawing.spec = spec;
      figure.dataset.ready = "";  // for a print, and for tests
    })();
  };

  // Once a drawing is ready, this ends without another task of the browser: a print does not wait for one.
  const draw = async (figure) => {
    const drawing = drawings.get(figure);
    const place = figure.querySelector(".chart");
    drawing.view?.finalize();
    const spec = { ...structuredClone(drawing.spec), data: { values: drawing.rows.map((row) => ({ ...row })) } };
    const light = root.dataset.theme === "light" || !dark.matches;
    const background = getComputedStyle(root).getPropertyValue("--page").trim();
    const config = { ...themes[light ? "light" : "dark"], background };
    if (place.clientWidth < 500) config.legend = { ...config.legend, columns: 2, labelLimit: 130 };
    const { view } = await vegaEmbed(place, spec, {
      mode: "vega-lite", ast: true, actions: false, defaultStyle: false, renderer: "svg",
      config, tooltip: { disableDefaultStyle: true },
    });
    drawing.view = view;
    place.classList.add("drawn");
  };

  const shown = (figure) => {
    const drawing = drawings.get(figure);
    return drawing.shown ??= ready(figure).then(() => draw(figure)).catch((error) => {
      figure.querySelector(".chart").textContent = "The figure could not be drawn. Its table can be saved as CSV.";
      throw error;
    });
  };

  const redraw = () => {
    for (const [figure, drawing] of drawings) if (drawing.view) drawing.shown = draw(figure);
  };

  const address = {
    csv: async (figure) => URL.createObjectURL(new Blob([await table(figure.dataset.table)], { type: "text/csv" })),
    svg: async (figure) => { await shown(figure); return drawings.get(figure).view.toImageURL("svg"); },
    png: async (figure) => { await shown(figure); return drawings.get(figure).view.toImageURL("png", 2); },
  };

  const save = async (figure, kind) => {
    const href = await address[kind](figure);
    Object.assign(document.createElement("a"), { href, download: `${figure.dataset.name}.${kind}` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
  };

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) { near.unobserve(target); shown(target); }
  }, { rootMargin: "500px" });

  for (const figure of document.querySelectorAll("figure:has(.spec)")) {
    const buttons = figure.querySelector(".buttons");
    buttons.hidden = false;
    buttons.addEventListener("click", ({ target }) => target.dataset.save && save(figure, target.dataset.save));
    drawings.set(figure, {});
    near.observe(figure);
  }

  // All figures get ready while the reader looks at the first ones, because a print cannot wait.
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));
  const prepare = ([figure, ...rest]) => figure && idle(() => ready(figure).then(() => prepare(rest)));
  addEventListener("load", () => prepare([...drawings.keys()]));

  addEventListener("beforeprint", () => {
    root.dataset.theme = "light";
    for (const [figure, drawing] of drawings) if (drawing.spec) drawing.shown = draw(figure);
  });
  addEventListener("afterprint", () => { delete root.dataset.theme; if (dark.matches) redraw(); });
  dark.addEventListener("change", redraw);
})();
