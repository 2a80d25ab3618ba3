// Forms whose answer a passkey gives. Which one, and for what, their attributes say:
// data-passkey is create or get; data-options is the server's request, or data-ask where to get it.
"use strict";

const fromText = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

function understood({ publicKey }) {
  const read = (list) => (list ?? []).map((one) => ({ ...one, id: fromText(one.id) }));
  const options = { ...publicKey, challenge: fromText(publicKey.challenge) };
  if (options.user) options.user = { ...options.user, id: fromText(options.user.id) };
  options.allowCredentials = read(options.allowCredentials);
  options.excludeCredentials = read(options.excludeCredentials);
  return options;
}

function told(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function ask(form) {
  const { options, ask: address, passkey } = form.dataset;
  const request = options
    ? JSON.parse(options)
    : (await (await fetch(address, { headers: { Accept: "application/json" } })).json()).request_options;
  const publicKey = understood(request);
  if (passkey === "create") {
    const alone = Boolean(form.elements.passwordless?.checked);
    publicKey.authenticatorSelection = {
      ...publicKey.authenticatorSelection,
      residentKey: alone ? "required" : "discouraged",
      requireResidentKey: alone,
      ...(alone && { userVerification: "required" }),
    };
  }
  return navigator.credentials[passkey]({ publicKey });
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  form.querySelector("button[hidden]")?.toggleAttribute("hidden", !window.PublicKeyCredential);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = form.querySelector("[data-passkey-told]");
    words.textContent = "";
    try {
      form.elements.credential.value = told(await ask(form));
    } catch {
      words.textContent = words.dataset.failed;
      return;
    }
    form.submit();
  });
}
