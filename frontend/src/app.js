/* What pages do beyond links and forms: CSRF for htmx, focus, failures said aloud, small state. */

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

// The CSRF cookie is HttpOnly, so the token comes from the page.
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = meta("csrf-token");
});

// Nothing fails silently: the server's words where it sent some, else the page's own.
const MOST_TOASTS = 3;

function toast(text) {
  const region = document.getElementById("toasts");
  if (!region) return;
  const card = document.createElement("p");
  card.className = "note note-error toast-card";
  card.textContent = text;
  region.append(card);
  while (region.children.length > MOST_TOASTS) region.firstElementChild.remove();
}

document.addEventListener("htmx:sendError", () => toast(meta("candor-offline")));
document.addEventListener("htmx:responseError", (event) => {
  const request = event.detail.xhr.getResponseHeader("X-Request-ID");
  toast(meta("candor-failed") + (request ? ` (${request})` : ""));
});

// After a swap focus goes where the new part asks for it: a new row's field, an error summary.
document.addEventListener("htmx:afterSettle", (event) => {
  event.detail.elt.querySelector?.("[data-focus]")?.focus();
});

// A server-rendered dialog opens as a modal one: focus trap and Escape come with it.
document.addEventListener("htmx:load", (event) => {
  for (const dialog of event.detail.elt.querySelectorAll("dialog[data-modal]")) {
    if (!dialog.open) dialog.showModal();
  }
});

document.addEventListener("alpine:init", () => {
  const { Alpine } = window;

  // <dialog> opened by a button beside it.
  Alpine.data("dialog", () => ({
    show() {
      this.$refs.dialog.showModal();
    },
    hide() {
      this.$refs.dialog.close();
    },
  }));

  // Copies the text of x-ref="text"; says so in words.
  Alpine.data("copy", () => ({
    copied: false,
    async copy() {
      await navigator.clipboard.writeText(this.$refs.text.textContent.trim());
      this.copied = true;
      setTimeout(() => {
        this.copied = false;
      }, 4000);
    },
  }));

  // A select that shows the fields belonging to its value, in rows of the rule builder.
  Alpine.data("choice", () => ({
    chosen: "",
    init() {
      this.chosen = this.$refs.choice.value;
    },
    choose() {
      this.chosen = this.$refs.choice.value;
    },
    is(...values) {
      return values.includes(this.chosen);
    },
  }));
});
