// The page "Try it in a browser": takes a folder or a file, sends it to the worker, and shows what skillpack prints.
"use strict";
(() => {
  const MAX_BYTES = 128 * 1024 * 1024; // of a zip or a JSON body, which are read whole
  const MAX_FILES = 20_000; // of a folder, with those that are not packed
  const part = (name) => document.getElementById(`try-${name}`);
  const { folder, bytes } = part("page").dataset;
  let worker, working, busy, name, runs = 0, urls = [];

  const report = (text) => (part("status").textContent = text);

  function load() {
    // a worker from a blob has the policy of this page; one from an address would have none
    const address = JSON.stringify(new URL(`${folder}worker.mjs`, document.baseURI).href);
    const blob = new Blob([`import ${address};`], { type: "text/javascript" });
    worker = new Worker(URL.createObjectURL(blob), { type: "module" });
    const started = worker; // what a stopped one has still sent does not count
    worker.onmessage = ({ data }) => started === worker && receive(data);
    worker.onerror = (event) => started === worker && fail(event.message);
    part("start").hidden = true;
    part("progress").hidden = false;
  }

  function start() {
    load();
    report("Loading the checker…");
  }

  function receive({ received, version, failed, status, shown, results }) {
    if (failed) return fail(failed);
    if (received) return (part("progress").value = received / bytes);
    if (!version) return show(status, shown, results);
    part("progress").hidden = true;
    if (busy) return; // what was dropped after a stop is checked now
    if (part("input").hidden) {
      part("input").hidden = false;
      part("pick-folder").focus();
    }
    report(`skillpack ${version} is ready, and works without a connection from here on.`);
  }

  function fail(reason) {
    worker.terminate();
    end();
    part("input").hidden = part("progress").hidden = true;
    report(`The checker stopped: ${reason || "it could not be loaded"}. Reload the page to start it again.`);
  }

  function begin() {
    busy = true;
    part("stop").hidden = false;
    return ++runs;
  }

  function end() {
    runs++; // ends the listing of a folder
    busy = working = false;
    if (document.activeElement === part("stop")) part("pick-folder").focus();
    part("stop").hidden = true;
  }

  function stop() {
    const idle = !working;
    end();
    if (idle) return report("Stopped.");
    worker.terminate();
    load();
    report("Stopped. The checker is being loaded again; the next skill can be chosen already.");
  }

  function check(path, files) {
    if (!files.length) return refuse(`${path} has no files.`);
    if (files.length > MAX_FILES) return refuse(`${path} has more than ${MAX_FILES.toLocaleString("en")} files.`);
    if (path === files[0].name && files[0].data.size > MAX_BYTES) return refuse(`${path} is larger than 128 MiB.`);
    if (/^skill\.md$/i.test(path)) return refuse("Choose the folder that SKILL.md is in.");
    name = path === files[0].name ? path.replace(/\.[^.]*$/, "") : path;
    if (!busy) begin();
    working = true;
    report(`Checking ${path}…`);
    worker.postMessage({ path: path.startsWith("-") ? `./${path}` : path, files });
  }

  function refuse(reason) {
    end();
    report(reason);
  }

  function show(status, shown, results) {
    end();
    part("output").replaceChildren(
      ...shown.map(([command, text]) => {
        const block = document.createElement("pre");
        const prompt = document.createElement("b");
        prompt.textContent = `$ ${command}\n`;
        block.tabIndex = 0;
        block.append(prompt, text);
        return block;
      }),
    );
    urls.forEach(URL.revokeObjectURL);
    urls = ["zip", "payload"].map((kind, at) => results[at] && URL.createObjectURL(new Blob([results[at]])));
    ["zip", "json"].forEach((end, at) => Object.assign(part(end), { href: urls[at], download: `${name}.${end}` }));
    part("results").hidden = results.length < 2;
    part("copy").onclick = () =>
      navigator.clipboard.writeText(new TextDecoder().decode(results[1])).then(
        () => report("The payload is on the clipboard."),
        () => report("The browser did not allow to copy it. Download it instead."),
      );
    const passed = results.length < 2 ? "Checked, but not packed." : "Checked and packed.";
    report([passed, "Not packed, because of the errors."][status] ?? "Not checked.");
  }

  async function list(entry, files, run, path = entry.name) {
    if (files.length > MAX_FILES || run !== runs) return files;
    const call = (object, method) => new Promise((done, failed) => object[method](done, failed));
    if (entry.isFile) files.push({ name: path, data: await call(entry, "file") });
    else {
      const reader = entry.createReader();
      for (let found; (found = await call(reader, "readEntries")).length; )
        for (const each of found) await list(each, files, run, `${path}/${each.name}`);
    }
    return files;
  }

  async function drop(event) {
    event.preventDefault();
    part("input").classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    if (part("input").hidden || busy) return;
    if (entries.length !== 1) return report("Drop one folder or one file.");
    const run = begin();
    report(`Reading ${entries[0].name}…`);
    try {
      const files = await list(entries[0], [], run);
      if (run === runs) check(entries[0].name, files);
    } catch (error) {
      if (run === runs) refuse(`${entries[0].name} cannot be read: ${error.message}`);
    }
  }

  function choose({ target }) {
    const files = [...target.files].map((data) => ({ name: data.webkitRelativePath || data.name, data }));
    if (files.length && !busy) check(files[0].name.split("/")[0], files);
    target.value = ""; // so that the same folder can be chosen again after a change
  }

  if (location.protocol === "file:") return; // the page explains what it needs
  part("needs").hidden = true;
  part("start").hidden = false;
  part("start").onclick = start;
  part("stop").onclick = stop;
  for (const kind of ["folder", "file"]) {
    part(`pick-${kind}`).onclick = () => part(kind).click();
    part(kind).onchange = choose;
  }
  addEventListener("drop", drop);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    part("input").classList.add("over");
  });
  addEventListener("dragleave", (event) => event.relatedTarget || part("input").classList.remove("over"));
})();
