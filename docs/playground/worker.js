// Python, in a thread of its own, so that the page stays quick while it loads.
// The first message says what to load; every later one is a question, and is answered in turn.

const fetchPlainly = self.fetch.bind(self);

// Counts what arrives, for the progress bar, and tells at once what does not; Pyodide itself asks through here.
self.fetch = async (...asked) => {
  const response = await fetchPlainly(...asked).catch(() => null);
  if (!response?.ok) {
    const failed = `${asked[0]} ${response ? `was answered with ${response.status}` : "did not arrive"}`;
    self.postMessage({ failed });
    throw new Error(failed);
  }
  const counting = new TransformStream({
    transform(chunk, onwards) {
      self.postMessage({ arrived: chunk.byteLength });
      onwards.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counting), { status: response.status, headers: response.headers });
};

async function load({ pyodide: folder, archive: address }) {
  const archive = fetch(address).then((response) => response.arrayBuffer());
  archive.catch(() => {}); // told below, once Python is there
  const { loadPyodide } = await import(`${folder}pyodide.mjs`);
  const python = await loadPyodide({ indexURL: folder });
  python.unpackArchive(await archive, "zip", { extractDir: "/orderfsm" });
  self.postMessage({ unpacked: true });
  python.runPython("import sys; sys.path.insert(0, '/orderfsm')");
  const door = python.pyimport("tools.docs.playground.door");
  door.warm_up();
  return { door: door.Door(), choices: door.choices() };
}

let machine;

self.onmessage = async ({ data }) => {
  try {
    if (data.load) {
      machine = load(data.load);
      self.postMessage({ ready: JSON.parse((await machine).choices) });
    } else {
      const { door } = await machine;
      self.postMessage({ answer: JSON.parse(door.answer(JSON.stringify(data.asked))) });
    }
  } catch (fault) {
    self.postMessage({ failed: String(fault.message ?? fault) });
  }
};
