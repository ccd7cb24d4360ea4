/* What the page does by itself: copying, and carrying clicks and choices to the server. `element` is one component of the
   page and `trigger` sends an event of it; both are gradio's. Everything that is asked or shown comes from the server. */

const said = (control, word) => {
  control.dataset.was ??= control.textContent;
  control.textContent = word;
  clearTimeout(control.saying);
  control.saying = setTimeout(() => { control.textContent = control.dataset.was; }, 2000);
};

const copy = async text => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const carrier = document.createElement("textarea");  // on an address without https there is no clipboard object
  carrier.value = text;
  document.body.append(carrier);
  carrier.select();
  document.execCommand("copy");
  carrier.remove();
};

const here = {
  copy: control => copy(control.dataset.of).then(() => said(control, "Copied")),
  link: control => copy(control.href).then(() => said(control, "Link copied")),
  back: control => document.querySelector(`#qa-quote-${control.dataset.of} .qa-link`)?.focus(),
};

element.addEventListener("click", event => {
  const control = event.target.closest("button[data-do], a[data-do]");
  if (!control) return;
  const act = control.dataset.do;
  if (act in here) {
    event.preventDefault();
    here[act](control);
  } else {
    control.closest("details")?.removeAttribute("open");
    trigger(act === "save" ? "save" : "act", { do: act, of: control.dataset.of ?? "" });
  }
});

element.addEventListener("change", event => {
  const choice = event.target.closest("select[data-do]");
  if (choice) trigger("act", { do: choice.dataset.do, of: choice.value });
});

/* The conversation shows its newest turn from the top, and the article what the newest answer cites, each in its own pane. */
const turn = () => {
  const log = element.querySelector(".qa-log"), last = element.querySelector(".qa-turn:last-child");
  if (log && last && last.offsetHeight > log.clientHeight) {
    log.scrollTop += last.getBoundingClientRect().top - log.getBoundingClientRect().top;
  }
  const cited = element.querySelector(".qa-article:first-child .qa-cited[data-cited='1']");
  if (!pane || !cited || getComputedStyle(pane).overflowY !== "auto") return;
  const place = cited.getBoundingClientRect(), frame = pane.getBoundingClientRect();
  if (place.top < frame.top || place.bottom > frame.bottom) cited.scrollIntoView({ block: "center" });
};
watch("value", turn);

/* What scrolls can be reached by the keyboard. */
const pane = element.closest("#qa-pane");
if (pane) {
  pane.tabIndex = 0;
  pane.setAttribute("role", "region");
  pane.setAttribute("aria-label", "Text of the article");
}
