/* Sends a file to be imported: dropped or chosen, its beginning alone where only the columns are asked for, with progress.
   The file stays in this page between the steps. Without this file it is chosen again for each of them. */
(() => {
  "use strict";

  const HEAD = 64 * 1024; // octets that are enough to see which column is which
  const $ = (selector, from = document) => from.querySelector(selector);
  const box = () => $("#import");
  const form = () => $("#import-form");
  const input = () => $("input[type=file]", form());
  let kept = null; // the files that were chosen, for the form that comes next
  let isWhole = false; // whether the last request carried the whole file
  let isPolling = false;

  const tell = (text) => {
    const problem = $("#import-problem");
    problem.textContent = text;
    problem.hidden = !text;
  };
  const megabytes = (size) => `${Math.ceil(size / 1024 / 1024)} MB`;
  const isTooLarge = (file) => file.size > Number(box().dataset.max);
  const isHeadEnough = (pressed) => {
    const shown = $("[name=columns_shown]", form());
    return shown ? pressed === "columns" : $("[name=format]", form()).value === "mapped";
  };

  const configure = (event) => {
    const file = input().files[0];
    tell("");
    if (!file) return; // the server says so beside the field
    const data = event.detail.formData, pressed = data.get("do");
    const isHead = isHeadEnough(pressed);
    if (!isHead && isTooLarge(file)) {
      tell(`This file has ${megabytes(file.size)}: more than can be sent from here.`);
      event.preventDefault();
      return;
    }
    isWhole = !isHead;
    data.set("file", isHead ? file.slice(0, HEAD) : file, "file"); // its name may be somebody's
    if (isHead) {
      data.set("do", "columns");
      data.set("then", pressed);
    }
  };

  const busy = (isBusy) => { for (const button of form()?.querySelectorAll("button") ?? []) button.disabled = isBusy; };
  const showUpload = ({ loaded, total }) => {
    const place = $("#import-progress");
    let bar = $("progress", place);
    if (!bar) {
      const words = document.createElement("p");
      words.id = "import-bar";
      words.textContent = "Sending the file…";
      bar = document.createElement("progress");
      bar.max = 100;
      bar.setAttribute("aria-labelledby", "import-bar");
      place.replaceChildren(words, bar);
    }
    bar.value = Math.floor((100 * loaded) / total);
  };
  const poll = () => {
    isPolling = true;
    const run = $("[name=run]", form()).value;
    window.htmx.ajax("GET", `${box().dataset.progress}?run=${encodeURIComponent(run)}`, { target: "#import-progress", swap: "outerHTML" });
  };

  const settle = () => {
    if (kept?.length && input() && !input().files.length) input().files = kept;
    const go = box().dataset.go;
    delete box().dataset.go;
    if (go) $(`button[name=do][value=${go}]`, form()).click();
    else ($("[role=alert]:not([hidden]), .error:not([hidden])", box()) || $("[data-focus]", box()))?.scrollIntoView({ block: "center" });
    $("[data-focus]", box())?.focus({ preventScroll: true });
  };

  document.addEventListener("htmx:configRequest", (event) => { if (event.detail.elt === form()) configure(event); });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt !== form()) return;
    kept = input().files;
    isPolling = false;
    busy(true);
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    if (event.target === form() && isWhole && !isPolling && event.detail.lengthComputable && event.detail.total) showUpload(event.detail);
  });
  document.addEventListener("htmx:xhr:loadend", (event) => { if (event.target === form() && isWhole && !isPolling) poll(); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig.elt !== form()) return;
    const { xhr } = event.detail;
    if (xhr.responseText.includes('id="import"')) { event.detail.shouldSwap = true; event.detail.isError = false; }
    else if (xhr.status < 500 && xhr.status !== 413) { event.detail.shouldSwap = false; location.reload(); } // the session is over
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== form()) return;
    busy(false);
    if (event.detail.successful || !event.detail.failed) return;
    $("#import-progress").replaceChildren();
    tell(event.detail.xhr.status === 413 ? "This file is more than can be sent from here." : "That did not go through. Look at the imports, or try again.");
  });
  document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "import") settle(); });

  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const zone = event.target.closest?.("#drop");
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("is-over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) input().files = event.dataTransfer.files;
    });
  }
})();
