// Runs skillpack on the files that the page sends. As a worker, so that the page stays responsive.
import { loadPyodide } from "./pyodide.mjs";

const PACKAGES = "/packages";
const FOLDER = "/files";
const PROGRAM = `
import io, shlex, sys
sys.path.insert(0, "${PACKAGES}")
from skillpack import __version__
from skillpack.cli import main
from skillpack.text import escaped

def run(*arguments):
    """Return the code, stdout and stderr of a command."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in before)
    try:
        return main(list(arguments)), *(stream.buffer.getvalue() for stream in (sys.stdout, sys.stderr))
    finally:
        sys.stdout, sys.stderr = before

def session(path):
    """Return what each command prints, with the command; then, if the skill has no errors, its zip and its payload."""
    shown, results = [], []
    for command, *options in (["check"], ["files"], ["digest"], ["zip", "store"], ["pack", "store"]):
        arguments = [command, *(part for option in options for part in ("--compression", option)), path]
        code, out, err = run(*arguments)
        shown.append([escaped("skillpack " + shlex.join(arguments)), ((b"" if options else out) + err).decode()])
        if options and not code:
            results.append(out)
        if command == "check":
            status = code
        if status == 2 or (status and command == "digest") or (options and code):
            break
    return status, shown, results
`;

const get = self.fetch;
let received = 0;
self.fetch = async (address) => {
  try {
    const response = await get(address);
    if (!response.ok) throw new Error(`status ${response.status}`);
    const reader = response.body.getReader();
    const chunks = [];
    for (let next; !(next = await reader.read()).done; chunks.push(next.value))
      postMessage({ received: (received += next.value.length) });
    return new Response(new Blob(chunks), response);
  } catch (error) {
    postMessage({ failed: `${address}: ${error.message}` }); // Pyodide waits forever for some files
    throw error;
  }
};

async function load() {
  const python = await loadPyodide();
  const archive = await fetch(new URL("skillpack.zip", import.meta.url));
  python.unpackArchive(await archive.arrayBuffer(), "zip", { extractDir: PACKAGES });
  python.runPython(PROGRAM);
  python.FS.mkdir(FOLDER);
  postMessage({ version: python.globals.get("__version__") });
  return python;
}

const loaded = load();
loaded.catch((error) => postMessage({ failed: String(error) }));

onmessage = async ({ data: { path, files } }) => {
  const { FS, globals } = await loaded;
  let mounted = false;
  try {
    mounted = FS.mount(FS.filesystems.WORKERFS, { blobs: files }, FOLDER); // a file is read when skillpack reads it
    for (const { name } of files) FS.chmod(`${FOLDER}/${name}`, 0o644);
    FS.chdir(FOLDER);
    const [status, shown, results] = globals.get("session")(path).toJs();
    postMessage({ status, shown, results }, results.map((bytes) => bytes.buffer));
  } catch (error) {
    postMessage({ failed: String(error) });
  } finally {
    FS.chdir("/");
    if (mounted) FS.unmount(FOLDER);
  }
};
