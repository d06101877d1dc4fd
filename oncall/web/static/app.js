// Live updates only. Without this file everything works, and a reload shows what is new.
"use strict";

(() => {
  const stream = document.querySelector("main").dataset.stream;
  const thread = document.getElementById("thread");
  const toEnd = () => { if (thread) thread.scrollTop = thread.scrollHeight; };
  toEnd();
  if (!stream || !window.EventSource) return;

  // Somebody is in the middle of something here: leave it alone until they are done.
  const busy = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");

  let asking = false;
  let again = false;

  // The server renders the view once more; parts marked data-live take the place of the old ones.
  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.title = fresh.title;
      for (const old of document.querySelectorAll("[data-live]")) {
        const now = fresh.getElementById(old.id);
        if (!now || busy(old) || now.innerHTML === old.innerHTML) continue;
        const known = new Set([...old.querySelectorAll("[id]")].map((part) => part.id));
        const focus = old.contains(document.activeElement) ? document.activeElement.getAttribute("name") : null;
        old.innerHTML = now.innerHTML;
        if (old.classList.contains("timeline")) {
          for (const line of old.children) if (!known.has(line.id)) line.classList.add("fresh");
        }
        if (focus) old.querySelector(`[name="${CSS.escape(focus)}"]`)?.focus();
        if (old === thread) toEnd();
      }
    } catch {
      // The line is down; the stream reconnects by itself and asks again.
    } finally {
      asking = false;
      if (again) { again = false; setTimeout(refresh, 500); }
    }
  }

  let source = null;
  function open() {
    if (source) return;
    source = new EventSource(stream);
    source.onmessage = refresh;
    // What happened while no line was open (before the first, and between two) was told to nobody.
    source.onopen = refresh;
  }
  function close() {
    source?.close();
    source = null;
  }
  // A view nobody looks at holds no connection open, and catches up when it is looked at again.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else open();
  });
  addEventListener("pagehide", close);
  open();
  // "4 min ago" grows old by itself.
  setInterval(() => { if (!document.hidden) refresh(); }, 60000);
})();
