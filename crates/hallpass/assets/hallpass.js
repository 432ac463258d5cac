// Comfort for the pages; every one of them works without.

/** A password can be looked at before it is sent. */
const reveal = document.getElementById("reveal");
const password = /** @type {HTMLInputElement | null} */ (document.getElementById("password"));
if (reveal && password) {
  const show = [reveal.textContent ?? "", reveal.getAttribute("aria-label") ?? ""];
  const hide = [reveal.dataset.hide ?? "", reveal.dataset.hideLabel ?? ""];
  const turn = (/** @type {boolean} */ shown) => {
    password.type = shown ? "text" : "password";
    const [text = "", label = ""] = shown ? hide : show;
    reveal.textContent = text;
    reveal.setAttribute("aria-label", label);
  };
  reveal.hidden = false;
  reveal.addEventListener("click", () => turn(password.type === "password"));
  // What is sent must look like a password to the browser that keeps it.
  password.form?.addEventListener("submit", () => turn(false));
}

/** A form is sent once, also when its button is pressed twice. */
for (const form of document.forms) {
  let sent = -Infinity;
  form.addEventListener("submit", (event) => {
    if (event.timeStamp - sent < 2000) event.preventDefault();
    else sent = event.timeStamp;
  });
}

/** A page that the browser kept may show what is no longer so. */
addEventListener("pageshow", (event) => {
  // Not what answered a form, which would be sent again.
  if (event.persisted && document.forms.length > 0) location.reload();
});

/** Other tabs learn that this one has signed out. */
const tabs = new BroadcastChannel("hallpass");
if (document.querySelector("[data-signed-out]")) tabs.postMessage("signed out");

const left = document.getElementById("left");
if (left) {
  tabs.addEventListener("message", () => location.reload());
  countDown(left);
}

/**
 * Counts by the browser's clock how much is left of what the server's had left,
 * so that it does not matter whether the two agree; and looks again whenever
 * the tab is seen, since timers stop in the dark.
 * @param {HTMLElement} left
 */
function countDown(left) {
  const WARNING = 120;
  const started = Date.now();
  const seconds = Number(left.dataset.seconds);
  const clock = document.getElementById("countdown");
  const share = /** @type {HTMLProgressElement | null} */ (document.getElementById("share"));
  const soon = document.getElementById("soon");
  let leaving = false;

  const tick = () => {
    const remaining = Math.max(0, seconds - Math.floor((Date.now() - started) / 1000));
    const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
    if (clock) clock.textContent = `${two(Math.floor(remaining / 60))}:${two(remaining % 60)}`;
    if (share) share.value = remaining;
    if (soon && remaining <= WARNING && !soon.textContent) soon.textContent = left.dataset.soon ?? "";
    // The server knows, and may give a second more. Asked twice, the second
    // answer would take the place of the first, which says why.
    if (remaining === 0 && !leaving) {
      leaving = true;
      location.reload();
    }
  };
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
  left.hidden = false;
  tick();
}

/** Dates and times as they are written, and the clock is set, where the reader is. */
const { lang } = document.documentElement;
const locale = navigator.language.startsWith(lang) ? navigator.language : lang;
for (const time of document.getElementsByTagName("time")) {
  const at = new Date(time.dateTime);
  const day = time.querySelector("[data-day]");
  const hour = time.querySelector("[data-time]");
  if (day) day.textContent = at.toLocaleDateString(locale, { dateStyle: "long" });
  if (hour) hour.textContent = at.toLocaleTimeString(locale, { timeStyle: "short" });
}
