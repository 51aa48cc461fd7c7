/** The service worker of the inspection, as the browser runs it, on a stage of our own. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FILES = ["/inspect/", "/assets/inspect-1a2b.js"];
const SOURCE = readFileSync("inspect/worker.js", "utf8")
  .replace("self.__FILES__", JSON.stringify(FILES))
  .replace("self.__VERSION__", '"new"');

interface Asked {
  url: string;
  method?: string;
  mode?: string;
}

function stage(names: string[]) {
  const handlers = new Map<string, (event: object) => void>();
  const added: string[] = [];
  const deleted: string[] = [];
  const cache = {
    addAll: async (requests: { url: string }[]) => void added.push(...requests.map(({ url }) => url)),
    match: async (path: string) => `kept ${path}`,
  };
  const caches = {
    open: async () => cache,
    keys: async () => names,
    delete: async (name: string) => deleted.push(name) > 0,
  };
  const self = {
    addEventListener: (name: string, handler: (event: object) => void) => handlers.set(name, handler),
    skipWaiting: () => undefined,
    location: { origin: "https://centre" },
    clients: { claim: async () => undefined },
  };
  const Fresh = class {
    constructor(readonly url: string) {}
  };
  new Function("self", "caches", "Request", SOURCE)(self, caches, Fresh);
  const happen = async (name: string) => {
    const waits: Promise<unknown>[] = [];
    handlers.get(name)?.({ waitUntil: (promise: Promise<unknown>) => waits.push(promise) });
    await Promise.all(waits);
  };
  const ask = async ({ url, method = "GET", mode = "cors" }: Asked): Promise<unknown> => {
    let answer: Promise<unknown> | undefined;
    const respondWith = (promise: Promise<unknown>) => {
      answer = promise;
    };
    handlers.get("fetch")?.({ request: { url, method, mode }, respondWith });
    return answer === undefined ? "the network" : await answer;
  };
  return { happen, ask, added, deleted };
}

test("keeps the page's files, and its former versions no longer; push's and others' caches stay", async () => {
  const { happen, added, deleted } = stage(["qorgan-inspect-old", "qorgan-inspect-new", "other"]);
  await happen("install");
  await happen("activate");
  expect(added).toEqual(FILES);
  expect(deleted).toEqual(["qorgan-inspect-old"]);
});

test("answers for the page wherever it is opened, and for nothing that the centre is asked", async () => {
  const { ask } = stage([]);
  expect(await ask({ url: "https://centre/inspect/?school=1", mode: "navigate" })).toBe("kept /inspect/");
  expect(await ask({ url: "https://centre/assets/inspect-1a2b.js" })).toBe("kept /assets/inspect-1a2b.js");
  expect(await ask({ url: "https://centre/api/session" })).toBe("the network");
  expect(await ask({ url: "https://centre/inspect/", method: "PUT" })).toBe("the network");
  expect(await ask({ url: "https://elsewhere/inspect/" })).toBe("the network");
  expect(await ask({ url: "https://centre/desk", mode: "navigate" })).toBe("the network");
});
