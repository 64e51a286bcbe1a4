/* What the pages do beyond plain links and forms: the looks, menus, toasts, and the worklist's keys and refresh.
   Everything works without this file. It builds no markup from text and keeps nothing but two choices of this device. */
(() => {
  "use strict";

  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const kept = {
    get(name) { try { return localStorage.getItem(name); } catch { return null; } },
    set(name, value) { try { if (value) localStorage.setItem(name, value); else localStorage.removeItem(name); } catch { /* not kept, then */ } },
  };

  // Text becomes markup through here or not at all, whoever asks for it; htmx does. Text that would run something is refused,
  // and reported by the browser like any breach of the page's policy. The second policy only lets this one look at the text.
  const RUNNING = "script, iframe, frame, object, embed, base, link, style, meta";
  const isCode = ({ name, value }) => /^(data-)?(hx-)?on/.test(name) || name === "srcdoc" || /^javascript:/i.test(value.replace(/[\0-\x20]/g, ""));
  const runs = (part) => $$("*", part).some((element) => element.matches(RUNNING) || [...element.attributes].some(isCode) || (element.content && runs(element.content)));
  if (window.trustedTypes) {
    const raw = trustedTypes.createPolicy("ringback", { createHTML: (text) => text });
    trustedTypes.createPolicy("default", {
      createHTML: (text) => runs(new DOMParser().parseFromString(raw.createHTML(text), "text/html")) ? null : text,
      createScript: () => null,
      createScriptURL: () => null,
    });
  }

  // Before the first paint, so that a dark page never flashes white.
  const wear = (theme) => { if (theme) root.dataset.theme = theme; else delete root.dataset.theme; };
  root.classList.add("js");
  wear(["light", "dark"].find((theme) => theme === kept.get("theme")));

  const startTheme = () => {
    for (const radio of $$("#theme input")) {
      radio.checked = radio.value === (root.dataset.theme || "");
      radio.addEventListener("change", () => { wear(radio.value); kept.set("theme", radio.value); });
    }
  };

  // --- Menus: <details class="pop"> that close like menus -------------------------------------------------
  const closeMenus = (except) => $$("details.pop[open]").forEach((menu) => { if (!except || !menu.contains(except)) menu.open = false; });
  const startMenus = () => {
    document.addEventListener("click", (event) => closeMenus(event.target));
    document.addEventListener("keydown", (event) => {
      const menu = event.key === "Escape" && $("details.pop[open]");
      if (!menu) return;
      const inside = menu.contains(document.activeElement);
      closeMenus();
      if (inside) $("summary", menu).focus();
    });
  };

  // --- Toasts: go after their time, which stands still while somebody points at them or reads elsewhere ---
  const dismissToast = (toast) => {
    if (toast.contains(document.activeElement)) focusRow(currentRow());
    toast.remove();
  };
  const timeToasts = () => {
    for (const toast of $$(".toast[data-seconds]")) {
      if (document.hidden || toast.matches(":hover, :focus-within")) continue;
      toast.dataset.seconds -= 0.25;
      if (toast.dataset.seconds <= 0) dismissToast(toast);
    }
  };
  const tell = (text) => {
    const toast = document.createElement("div"), words = document.createElement("p");
    toast.className = "toast is-error";
    toast.dataset.seconds = "10";
    words.textContent = text;
    toast.append(words);
    $("#toasts").append(toast);
  };

  // --- Numbers that a phone system told: go after two minutes, and before the page is left -------------------
  const timeNumbers = () => {
    for (const shown of $$(".number-shown")) {
      shown.dataset.seconds -= 1;
      if (shown.dataset.seconds > 0) continue;
      if (shown.contains(document.activeElement)) focusRow(shown.closest(".row"));
      shown.remove();
    }
  };
  const startNumbers = () => {
    setInterval(timeNumbers, 1_000);
    addEventListener("pagehide", () => $$(".number-shown").forEach((shown) => shown.remove()));
  };

  // --- Worklist -------------------------------------------------------------------------------------------
  const list = () => $("#worklist-rows");
  const rows = () => $$("#worklist-rows > .row:not(.is-gone)");
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
  let lastRow = null; // id of the row that keys act on
  let acted = null; // id of the row whose button was pressed last
  let polled = false; // whether the answer that is being put in was asked for by the clock
  let isSettled = true; // false while something was left as it was because somebody is at it
  let deafUntil = 0; // after rows have moved, a second press of the same button must not hit the next caller

  const currentRow = () => document.activeElement?.closest(".row") || (lastRow && document.getElementById(lastRow)) || null;
  const focusRow = (row) => { if (row) row.focus(); else $("#main").focus({ preventScroll: true }); };
  const isInUse = () => Boolean(list()?.matches(":hover, :focus-within"));
  const isHeld = (row) => row.matches(":focus-within, :hover") || Boolean($("details[open], .number-shown", row)); // somebody may be dialling

  const fold = (row) => {
    if (row.contains(document.activeElement)) {
      const left = rows().filter((other) => other !== row);
      focusRow(left.find((other) => row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) || left.at(-1));
    }
    row.removeAttribute("id");
    row.inert = true;
    row.classList.add("is-gone");
    if (isCalm.matches) { row.remove(); return; }
    const height = `${row.offsetHeight}px`;
    const going = row.animate([{ height, opacity: 1 }, { height: 0, opacity: 0, paddingBlock: 0 }], { duration: 160, easing: "ease-out" });
    row.style.overflow = "hidden";
    going.finished.finally(() => row.remove());
  };

  const leave = (row) => { row.removeAttribute("id"); row.inert = true; row.classList.add("is-gone"); }; // stays until nobody is near
  const sweep = () => { if (!isInUse()) $$("#worklist-rows > .is-gone").forEach((row) => row.remove()); };

  const clearNewLines = () => $$("#worklist-rows > .new-line").forEach((line) => line.remove());
  const markNew = (fresh) => {
    if (!isInUse()) clearNewLines(); // else the rows below would jump
    const line = document.createElement("li");
    line.className = "new-line";
    line.textContent = `${fresh.length} new`;
    fresh[0].before(line);
    fresh.forEach((row) => row.classList.add("is-new"));
    $("#announce").textContent = fresh.length === 1 ? "1 new caller is waiting." : `${fresh.length} new callers are waiting.`;
  };

  // Puts a fresh list into the shown one row by row, so that focus, open menus and what a finger is about to press stay.
  const mergeRows = (incoming) => {
    const shown = new Map(rows().map((row) => [row.id, row])), added = [], order = incoming.map((row) => row.id);
    let before = null;
    isSettled = true;
    for (const next of incoming) {
      const old = shown.get(next.id);
      shown.delete(next.id);
      if (!old) {
        if (before && !(isInUse() && polled)) before.after(next); else if (before || polled) list().append(next); else list().prepend(next);
        added.push(next);
      } else if (old.dataset.state === next.dataset.state) {
        // as it was
      } else if (polled && isHeld(old)) {
        isSettled = false;
        // Who calls is news that can't wait: the one who is about to ring should know that a colleague took over.
        const [claim, newer] = [$(".claim", old), $(".claim", next)];
        if (claim && newer && claim.textContent.trim() !== newer.textContent.trim() && !claim.contains(document.activeElement)) {
          claim.replaceWith(newer);
          newer.dataset.replaced = "";
          added.push(newer);
        }
      } else {
        const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
        old.replaceWith(next);
        added.push(next);
        if (focused) document.getElementById(focused)?.focus();
        next.dataset.replaced = "";
      }
      before = document.getElementById(next.id);
    }
    for (const row of shown.values()) if (row.id !== acted && polled && isInUse()) leave(row); else fold(row);
    if (rows().some((row, index) => row.id !== order[index])) {
      if (isInUse()) isSettled = false; else order.forEach((id) => list().append(document.getElementById(id)));
    }
    const fresh = added.filter((row) => !("replaced" in row.dataset));
    if (polled && fresh.length) markNew(fresh);
    if (!polled) clearNewLines();
    return added;
  };

  const keyed = {
    isInlineSwap: (style) => style === "keyed",
    handleSwap(style, target, fragment) {
      if (style !== "keyed") return false;
      const incoming = $("#worklist", fragment);
      const added = mergeRows($$("#worklist-rows > .row", incoming));
      const parts = ["worklist-rest", "worklist-tally"].map((id) => [document.getElementById(id), $(`#${id}`, incoming)]);
      for (const [old, next] of parts) if (old.textContent !== next.textContent) old.replaceWith(next);
      $("#worklist-version").value = isSettled ? $("#worklist-version", incoming).value : ""; // without one the server sends all again
      if (!polled) deafUntil = performance.now() + 450;
      acted = null;
      countInTitle(Number(incoming.dataset.waiting));
      countWaiting();
      return added.length ? added : true;
    },
  };

  const lengthInWords = (seconds) => {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (minutes < 1) return "under 1 min";
    const parts = days ? [[days, "d"], [hours % 24, "h"]] : [[hours, "h"], [minutes % 60, "min"]];
    return parts.filter(([count]) => count).map(([count, unit]) => `${count}\u00a0${unit}`).join("\u00a0");
  };
  const countWaiting = () => $$("[data-since]").forEach((since) => {
    const text = lengthInWords((Date.now() - Date.parse(since.dataset.since)) / 1000);
    if (since.textContent !== text) since.textContent = text;
  });

  const countInTitle = (count) => { document.title = (count ? `(${count}) ` : "") + document.title.replace(/^\(\d+\) /, ""); };

  const refresh = () => window.htmx?.trigger("#worklist-poll", "refresh");
  const showFresh = (isFresh) => {
    const line = $("#stale");
    if (isFresh) line.hidden = true;
    else if (line.hidden) {
      $("#stale-since").textContent = new Date().toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit" });
      line.hidden = false;
    }
  };

  const startRefresh = () => {
    document.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.requestConfig.elt.id === "worklist-poll" && document.hidden) event.preventDefault(); });
    document.addEventListener("htmx:beforeSwap", (event) => {
      const { requestConfig: { elt }, xhr } = event.detail;
      polled = elt.id === "worklist-poll";
      if (xhr.status < 300 && xhr.status !== 204 && !/id="worklist"| data-number>/.test(xhr.responseText)) { // the sign-in page: the session is over
        event.detail.shouldSwap = false;
        location.reload();
      }
      if (xhr.status === 429 && elt.matches(".ask-number")) event.detail.shouldSwap = true; // says for how long
    });
    document.addEventListener("htmx:afterRequest", (event) => {
      const { requestConfig: { elt }, successful, xhr } = event.detail;
      if (elt.id === "worklist-poll") { showFresh(successful || xhr.status === 204); return; }
      if (elt.matches(".ask-number")) {
        if (xhr.status === 403) location.reload(); else if (!successful && xhr.status !== 429) tell("The number could not be asked for. Please try again.");
        return;
      }
      elt.closest(".row")?.classList.remove("is-busy");
      if (elt.matches("[data-undo]") && successful) dismissToast(elt.closest(".toast"));
      if (xhr.status === 403) { location.reload(); return; } // signed in anew elsewhere: this page's forms are too old
      if (!successful) { tell("That did not go through. Nothing has been changed; please try again."); refresh(); }
      $$(".toast:has([data-undo])").slice(0, -3).forEach((toast) => toast.remove());
    });
    document.addEventListener("htmx:beforeRequest", (event) => {
      const { elt } = event.detail.requestConfig, row = elt.closest(".row");
      if (!row || elt.matches(".ask-number")) return;
      acted = row.id;
      row.classList.add("is-busy");
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) { countWaiting(); refresh(); } });
    document.addEventListener("click", (event) => {
      const row = event.target.closest(".row-actions")?.closest(".row");
      if (!row) return;
      const isTooSoon = event.detail && performance.now() < deafUntil; // of a pointer; keys follow the focus
      if (isTooSoon || row.matches(".is-busy")) { event.preventDefault(); event.stopImmediatePropagation(); }
    }, true);
    setInterval(countWaiting, 10_000);
    setInterval(sweep, 1_000);
  };

  const step = (by) => {
    const all = rows(), at = all.indexOf(currentRow());
    focusRow(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]);
  };
  const press = (selector) => { const button = $(selector, currentRow() || rows()[0] || document.createElement("i")); if (currentRow()) button?.click(); else step(0); };
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    r: () => press("[name=reached][value=yes]"),
    n: () => press("[name=reached][value=no]"),
    t: () => press(".claim button"),
    d: () => {
      const menu = currentRow() && $("details.dismiss", currentRow());
      if (!menu) { step(0); return; }
      closeMenus(menu);
      menu.open = true;
      $("input[type=radio]", menu).focus();
    },
    u: () => $$("[data-undo] button").at(-1)?.click(),
    "?": () => $("#keys").showModal(),
  };
  const startKeys = () => {
    const isOn = $("#keys-on");
    isOn.checked = kept.get("keys") !== "off";
    isOn.addEventListener("change", () => kept.set("keys", isOn.checked ? "" : "off"));
    $("#keys-open").addEventListener("click", keys["?"]);
    document.addEventListener("focusin", () => {
      const row = document.activeElement.closest(".row");
      if (row) lastRow = row.id;
    });
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.matches("select, textarea, input:not([type=radio], [type=checkbox])");
      if (!isOn.checked || isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key !== "j" && event.key !== "k") return;
      if (!Object.hasOwn(keys, event.key) || $("dialog[open]")) return;
      event.preventDefault();
      keys[event.key]();
    });
  };

  // --- Search: one key, on every page; switched off with the others ----------------------------------------
  const startSearch = () => {
    document.addEventListener("keydown", (event) => {
      const box = $("#search-words") || $("#quick-words");
      const isTyping = event.target.matches("select, textarea, input:not([type=radio], [type=checkbox])");
      if (event.key !== "/" || !box?.checkVisibility() || isTyping || event.ctrlKey || event.metaKey || event.altKey || kept.get("keys") === "off" || $("dialog[open]")) return;
      event.preventDefault();
      box.focus();
      box.select();
    });
  };

  // This file runs before htmx, so its listener comes first and htmx finds the extension when it looks at the page.
  document.addEventListener("DOMContentLoaded", () => {
    startTheme();
    startMenus();
    $(".subnav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }); // on a phone the list is longer than wide
    setInterval(timeToasts, 250);
    startNumbers();
    startSearch();
    $("#toasts")?.addEventListener("click", (event) => { if (event.target.matches("[data-close]")) event.target.closest(".toast").remove(); });
    document.addEventListener("allauth.error", (event) => { event.preventDefault(); tell("No passkey was used. Try again, or go on without one."); });
    if (!$("#worklist")) return;
    window.htmx?.defineExtension("keyed", keyed);
    startRefresh();
    startKeys();
    countWaiting();
  });
})();
