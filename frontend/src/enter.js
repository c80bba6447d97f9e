/* The sign-in page of the portal: take the token from the fragment, which no server ever saw. */

function takeToken() {
  const token = location.hash.slice(1);
  const form = document.getElementById("by-link");
  if (!form || !/^[\w-]{20,200}$/.test(token)) return;
  form.elements.token.value = token;
  form.hidden = false;
  document.getElementById("by-code").hidden = true;
  history.replaceState(null, "", location.pathname);
}

takeToken();
addEventListener("hashchange", takeToken); // the link pasted into the tab that waits for it
