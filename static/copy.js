/* "Copy" beside what has to be pasted elsewhere. Without this file the text is there to be selected. Keeps nothing. */
(() => {
  "use strict";

  const select = (element) => { const range = document.createRange(); range.selectNodeContents(element); getSelection().removeAllRanges(); getSelection().addRange(range); };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy), words = button.querySelector("[data-words]");
    const say = (text) => { words.textContent = button.nextElementSibling.textContent = text; };
    try {
      await navigator.clipboard.writeText(source.textContent);
      say("Copied");
    } catch {
      select(source); // no right to the clipboard: then the person's own keys copy it
      say("Selected");
    }
    setTimeout(() => { words.textContent = "Copy"; }, 2000);
  });
})();
