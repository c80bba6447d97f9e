/* The sign-in page of the portal: take the token from the fragment, which no server ever saw. */

const token = location.hash.slice(1);
const form = document.getElementById("by-link");

if (form && /^[\w-]{20,200}$/.test(token)) {
  form.elements.token.value = token;
  form.hidden = false;
  document.getElementById("by-code").hidden = true;
  history.replaceState(null, "", location.pathname);
}
