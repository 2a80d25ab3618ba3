// Looks again by itself for counts that change while a round is open. Loading the page anew does the same.
"use strict";

const SECONDS = 15;

async function look() {
  if (document.hidden) return;
  const response = await fetch(location.href).catch(() => null);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(old.id);
    if (!fresh) return location.reload(); // the round has closed
    if (fresh.textContent !== old.textContent) old.textContent = fresh.textContent;
  }
}

setInterval(look, SECONDS * 1000);
