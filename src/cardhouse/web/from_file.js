// Answers what the page asks from what stands in this very file: no server, no network.
(() => {
  const held = document.getElementById("cardhouse-answers").textContent.trim();
  const defaults = JSON.parse(document.getElementById("cardhouse-defaults").textContent);

  const unpacked = (async () => {
    const bytes = Uint8Array.from(atob(held), (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Map(Object.entries(await new Response(stream).json()));
  })();

  // The same question however it is written: names in order, what is usual left out.
  function canonical(url) {
    const asked = new URL(url, "http://file.invalid");
    const pairs = [...asked.searchParams].filter(([name, value]) => value !== "" && defaults[name] !== value);
    pairs.sort((one, other) => (one.join("=") < other.join("=") ? -1 : 1));
    return asked.pathname + (pairs.length ? "?" + new URLSearchParams(pairs) : "");
  }

  function problem(status, title, detail) {
    const body = JSON.stringify({ type: "about:blank", title, status, detail, instance: "" });
    return new Response(body, { status, headers: { "Content-Type": "application/problem+json" } });
  }

  globalThis.fetch = async (input, options) => {
    if (options?.signal?.aborted) throw options.signal.reason;
    const method = options?.method ?? "GET";
    const key = canonical(typeof input === "string" ? input : input.url);
    const answer = method === "GET" ? (await unpacked).get(key) : undefined;
    if (options?.signal?.aborted) throw options.signal.reason;
    if (answer === undefined) {
      return problem(404, "Not in this file", defaults.sentence);
    }
    return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
  };

  // A page opened from disk may not write its own address; the page works without it.
  for (const name of ["pushState", "replaceState"]) {
    const write = history[name].bind(history);
    history[name] = (...given) => {
      try {
        write(...given);
      } catch (error) {
        if (error.name !== "SecurityError") throw error;
      }
    };
  }
})();
