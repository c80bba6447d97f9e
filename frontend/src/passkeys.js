/* Passkeys: the browser's own dialog, between a challenge from the server and a form to it.

   A form with data-passkey="get" or "create" is sent with the answer in its field `credential`.
   The challenge stands in a JSON script element named by data-challenge, or is fetched from the
   form's own address. Bytes travel as base64url. */

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const withBytes = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function challenge(form) {
  const kept = document.getElementById(form.dataset.challenge);
  if (kept) return JSON.parse(kept.textContent).publicKey;
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("no challenge");
  return (await answer.json()).request_options.publicKey;
}

function get(asked) {
  return navigator.credentials.get({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      allowCredentials: withBytes(asked.allowCredentials),
    },
  });
}

function create(asked, alone) {
  const wish = alone ? "required" : "discouraged";
  const selection = { ...asked.authenticatorSelection, residentKey: wish };
  selection.requireResidentKey = alone;
  if (alone) selection.userVerification = "required";
  return navigator.credentials.create({
    publicKey: {
      ...asked,
      authenticatorSelection: selection,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: withBytes(asked.excludeCredentials),
    },
  });
}

function written(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  const id = text(credential.rawId);
  const clientExtensionResults = credential.getClientExtensionResults();
  return JSON.stringify({ id, rawId: id, type: credential.type, response, clientExtensionResults });
}

async function ask(event) {
  const form = event.target;
  if (form.elements.credential.value) return; // answered: let it go
  event.preventDefault();
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  try {
    const asked = await challenge(form);
    const alone = Boolean(form.elements.passwordless?.checked);
    const credential = form.dataset.passkey === "create" ? await create(asked, alone) : await get(asked);
    form.elements.credential.value = written(credential);
    form.submit();
  } catch {
    failed.hidden = false; // given up, timed out, or no passkey of this place
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (window.PublicKeyCredential) form.addEventListener("submit", ask);
  else form.hidden = true;
}
