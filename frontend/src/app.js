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

  // Two minutes before an idle session ends: ask, and let one click be a sign of life.
  Alpine.data("idle", () => ({
    timer: 0,
    init() {
      this.again();
      document.addEventListener("htmx:afterRequest", () => this.again());
    },
    again() {
      clearTimeout(this.timer);
      const wait = Number(this.$root.dataset.askAfter) * 1000;
      this.timer = setTimeout(() => this.$refs.dialog.open || this.$refs.dialog.showModal(), wait);
    },
    async stay() {
      const answer = await fetch(this.$root.dataset.stay).catch(() => null);
      if (answer?.status !== 204) {
        location.reload(); // too late, or signed out elsewhere: the server says so
        return;
      }
      this.$refs.dialog.close();
      this.again();
    },
  }));
});
