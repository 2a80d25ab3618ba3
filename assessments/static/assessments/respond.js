// Saves answers as they are given. Everything on the page works without this file.
"use strict";

function autosave(form) {
  const status = document.querySelector("[data-save-status]");
  const address = form.getAttribute("action") || location.href;
  let timer, request, changed = false, failures = 0, said = "", leaving = false;

  function say(kind, words) {
    if (!status) return;
    // Spoken once, not at every tap
    status.setAttribute("aria-live", kind === said ? "off" : "polite");
    status.textContent = words;
    said = kind;
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  async function save() {
    clearTimeout(timer);
    if (request || !changed) return;
    changed = false;
    const mine = request = new AbortController();
    const response = await fetch(address, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
      keepalive: true,
      signal: mine.signal,
    }).catch(() => null);
    if (request === mine) request = null;
    if (leaving || mine.signal.aborted) return;
    if (response?.ok) {
      failures = 0;
      const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      say("saved", `${form.dataset.saved} ${time}`);
      if (changed) later(0);
    } else if ([404, 409, 410].includes(response?.status)) {
      const answer = await response.json().catch(() => ({}));
      if (answer.location) location.assign(answer.location);
      else location.reload();
    } else if (response?.status === 422) {
      say("refused", form.dataset.refused || form.dataset.failed); // trying again would not help
    } else {
      changed = true;
      failures += 1;
      say("failed", form.dataset.failed);
      later(Math.min(60000, 1000 * 2 ** failures));
    }
  }

  function saveNow() {
    if (request && changed) {
      request.abort();
      request = null;
    }
    save();
  }

  form.addEventListener("input", (event) => {
    if (!event.target.name) return;
    changed = true;
    later(300);
  });
  form.addEventListener("submit", () => {
    leaving = true;
    changed = false;
    clearTimeout(timer);
    request?.abort();
  });
  addEventListener("online", saveNow);
  addEventListener("pagehide", saveNow);
  addEventListener("pageshow", () => { leaving = false; });
}

function numberKeys(form, box) {
  const hidden = box.closest("[hidden]");
  if (hidden) hidden.hidden = false;
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
  const boxes = [...group.querySelectorAll("input[type=checkbox]")];
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
