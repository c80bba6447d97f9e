/* Check a proof file in the browser: what the file says is hashed here, and nothing is sent.

   The file is C2SP tlog-proof@v1. Texts stand in the page; data-said names the outcome that each is for. */

const FORMAT = "c2sp.org/tlog-proof@v1";
const ED25519 = 1;

class NotProved extends Error {}

const bytes = (text) => {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new NotProved();
  const raw = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  if (btoa(String.fromCharCode(...raw)) !== text) throw new NotProved();
  return raw;
};

const joined = (...parts) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

const same = (one, other) =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

const hash = async (...parts) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));

const number = (text) => {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) throw new NotProved();
  return Number(text);
};

/* Up from the entry: a sibling stands on the side that the index leaves free. */
async function rootOf(leaf, index, size, path) {
  if (index >= size) throw new NotProved();
  let reached = await hash([0], leaf);
  let [position, last] = [index, size - 1];
  for (const step of path) {
    if (last === 0 || step.length !== 32) throw new NotProved();
    if (position % 2 === 1 || position === last) {
      reached = await hash([1], step, reached);
      while (position !== 0 && position % 2 === 0) [position, last] = [half(position), half(last)];
    } else {
      reached = await hash([1], reached, step);
    }
    [position, last] = [half(position), half(last)];
  }
  if (last !== 0) throw new NotProved();
  return reached;
}

const half = (count) => Math.floor(count / 2); // sizes go beyond 32 bits

async function keyOf(vkey) {
  const at = vkey.trim().match(/^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/);
  if (!at) throw new NotProved();
  const key = bytes(at[3]);
  const name = new TextEncoder().encode(`${at[1]}\n`);
  const id = (await hash(name, key)).slice(0, 4);
  const written = [...id].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (key.length !== 33 || key[0] !== ED25519 || written !== at[2]) throw new NotProved();
  return { name: at[1], id, key: key.slice(1) };
}

/* Returns whether the signature was checked; some browsers cannot. */
async function checkNote(text, lines, vkey) {
  const { name, id, key } = await keyOf(vkey);
  const ours = lines
    .map((line) => line.match(/^— (\S+) (\S+)$/))
    .filter((found) => found && found[1] === name)
    .map((found) => bytes(found[2]))
    .find((raw) => same(raw.slice(0, 4), id));
  if (!ours || text.split("\n")[0] !== name) throw new NotProved();
  let public_;
  try {
    public_ = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch {
    return false;
  }
  const signed = new TextEncoder().encode(`${text}\n`);
  if (!(await crypto.subtle.verify("Ed25519", public_, ours.slice(4), signed))) {
    throw new NotProved();
  }
  return true;
}

async function check(file, vkey) {
  const [head, ...rest] = file.split("\n\n");
  const [format, extra, at, ...path] = head.split("\n");
  if (format !== FORMAT || rest.length !== 2 || !rest[1].endsWith("\n")) throw new NotProved();
  if (!extra?.startsWith("extra ") || !at?.startsWith("index ")) throw new NotProved();
  const leaf = bytes(extra.slice(6));
  const index = number(at.slice(6));
  const [, size, root, ...more] = rest[0].split("\n");
  if (more.length || root === undefined) throw new NotProved();
  const reached = await rootOf(leaf, index, number(size), path.map(bytes));
  if (!same(reached, bytes(root))) throw new NotProved();
  const isSigned = await checkNote(rest[0], rest[1].slice(0, -1).split("\n"), vkey);
  const entry = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(leaf));
  return { entry, index, size, isSigned };
}

/* What a screen would hide or turn around is written out. */
const plain = (text) =>
  String(text).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (sign) => `\\u{${sign.codePointAt(0).toString(16)}}`,
  );

function show(form, outcome, found) {
  for (const each of form.querySelectorAll("[data-said]")) {
    each.hidden = each.dataset.said !== outcome;
  }
  const list = form.querySelector("[data-entry]");
  list.hidden = !found;
  if (!found) return;
  const facts = { index: found.index, size: found.size, ...found.entry };
  for (const cell of list.querySelectorAll("dd")) {
    cell.textContent = plain(facts[cell.dataset.fact] || "–");
  }
}

async function take(form) {
  const file = form.elements.file.files[0];
  if (!file) return;
  try {
    const found = await check(await file.text(), form.elements.vkey.value);
    show(form, found.isSigned ? "holds" : "unsigned", found);
  } catch {
    show(form, "broken", null); // whatever cannot be read proves nothing
  }
}

const form = document.getElementById("check-proof");
if (form && crypto.subtle) {
  form.hidden = false;
  form.addEventListener("change", () => take(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take(form);
  });
}
