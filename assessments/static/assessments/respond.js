// Saves answers as they are given. Everything works without this file.
"use strict";

function autosave(form) {
  const status = document.querySelector("[data-save-status]");
  const radios = form.dataset.autosave ? [...form.querySelectorAll("[type=radio]")] : [];
  let timer, request, failures = 0, said, leaving;
  let unsaved = new Set(), sent = new Set();

  function say(kind, words) {
    // Spoken once, not at every tap
    status.setAttribute("aria-live", kind === said ? "off" : "polite");
    status.textContent = words;
    said = kind;
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  function changed({ name }) {
    unsaved.add(name);
    later(300);
  }

  async function save() {
    clearTimeout(timer);
    if (request || leaving || !unsaved.size) return;
    const mine = request = new AbortController();
    const { signal } = mine, body = new URLSearchParams(new FormData(form));
    [sent, unsaved] = [unsaved, new Set()];
    const options = { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true, signal };
    const response = await fetch(form.action, options).catch(() => null);
    if (request === mine) request = null;
    if (leaving || signal.aborted) return;
    if (response?.ok) {
      failures = 0;
      say("saved", `${form.dataset.saved} ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })}`);
      save();
      return;
    }
    sent.forEach(unsaved.add, unsaved);
    if ([404, 409, 410].includes(response?.status)) {
      response.json().then((answer) => location.assign(answer.location), () => location.reload());
    } else if (response?.status === 422) {
      say("refused", form.dataset.refused); // again would not help
    } else {
      say("failed", form.dataset.failed);
      later(Math.min(60000, 1000 * 2 ** ++failures));
    }
  }

  function stop() {
    clearTimeout(timer);
    if (!request) return;
    request.abort();
    request = null;
    sent.forEach(unsaved.add, unsaved);
  }

  function saveNow() {
    if (!unsaved.size) return;
    stop();
    save();
  }

  // Another tab may have newer answers
  form.addEventListener("formdata", ({ formData }) => {
    for (const { name } of radios) if (!unsaved.has(name)) formData.delete(name);
  });
  form.addEventListener("input", ({ target }) => target.name && changed(target));
  form.addEventListener("submit", () => {
    stop();
    leaving = true;
  });
  addEventListener("online", saveNow);
  addEventListener("pagehide", saveNow);
  addEventListener("pageshow", () => { leaving = false; });

  // Answered before this file had come
  radios.filter((one) => one.checked && !one.defaultChecked).forEach(changed);
}

function numberKeys(form, box) {
  box.closest("p").hidden = false;
  form.addEventListener("keydown", (event) => {
    if (!box.checked || event.target.type !== "radio" || event.ctrlKey || event.altKey || event.metaKey) return;
    const value = event.key === "0" ? "dk" : event.key;
    const radio = [...form.elements[event.target.name]].find((one) => one.value === value);
    if (!radio) return;
    event.preventDefault();
    radio.focus();
    radio.click();
  });
}

// At the limit the others stay reachable but refuse, and it is said why
function limit(group) {
  const boxes = [...group.querySelectorAll("[type=checkbox]")];
  const note = document.createElement("p");
  note.className = "hint";
  note.setAttribute("role", "status");
  group.querySelector("legend").after(note);

  function update() {
    const full = boxes.filter((box) => box.checked).length >= Number(group.dataset.limit);
    for (const box of boxes) box.setAttribute("aria-disabled", full && !box.checked);
    note.textContent = full ? group.dataset.limitReached : "";
  }

  group.addEventListener("click", (event) => {
    if (event.target.getAttribute("aria-disabled") !== "true") return;
    event.preventDefault();
    event.target.closest("label").after(note);
  });
  group.addEventListener("change", update);
  update();
}

for (const form of document.querySelectorAll("form[data-autosave]")) {
  autosave(form);
  const box = form.querySelector("[data-number-keys]");
  if (box) numberKeys(form, box);
}
document.querySelectorAll("fieldset[data-limit]").forEach(limit);
