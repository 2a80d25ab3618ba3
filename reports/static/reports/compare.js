// Arrow keys in the table of teams. Without scripts, the tab key and the links to its groups do.
"use strict";

for (const table of document.querySelectorAll(".heat-map")) {
  const all = (selector) => [...table.querySelectorAll(selector)];
  const kinds = [all("tbody input"), all("tbody th a"), all("thead a")];
  const [boxes, teams, columns] = kinds;

  // where an arrow leads from a box, a team's link or a capability's: within its kind, or over to another
  const sideways = (kind, at, step) => (kind === columns ? columns[at + step] : (step < 0 ? boxes : teams)[at]);
  const upright = (kind, at, step) => {
    if (kind === columns) return step > 0 ? teams[0] : undefined;
    return at + step < 0 ? columns[0] : kind[at + step];
  };
  const group = (kind, from, step) => {
    let body = from.closest("tbody");
    do body = step < 0 ? body?.previousElementSibling : body?.nextElementSibling;
    while (body && !body.querySelector("input"));
    return body?.querySelector(kind === boxes ? "input" : "th a");
  };

  const leads = {
    ArrowUp: (kind, at) => upright(kind, at, -1),
    ArrowDown: (kind, at) => upright(kind, at, 1),
    ArrowLeft: (kind, at) => sideways(kind, at, -1),
    ArrowRight: (kind, at) => sideways(kind, at, 1),
    Home: (kind) => kind[0],
    End: (kind) => kind.at(-1),
    PageUp: (kind, at) => group(kind, kind[at], -1),
    PageDown: (kind, at) => group(kind, kind[at], 1),
  };

  table.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const kind = kinds.find((one) => one.includes(event.target));
    const next = kind && leads[event.key]?.(kind, kind.indexOf(event.target));
    if (!next || next === event.target) return; // the box scrolls
    event.preventDefault();
    next.focus();
  });
}
for (const hint of document.querySelectorAll(".heat-keys")) hint.hidden = false;
