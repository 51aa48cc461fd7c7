/** The service worker as the browser runs it, on a stage of our own; and what the page makes of its words. */
import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { decodeKey, pathOf } from "@/features/notices/push";

const SOURCE = readFileSync("public/push-worker.js", "utf8");
const ALARM = "0191e7a4-7c1c-7f3a-9d4e-1f2a3b4c5d6e";
const SAID = {
  key: `alarm:${ALARM}:2`,
  event: "alarm.raised",
  title: "P1. Дабыл түймесі: № 12 мектеп",
  text: "Фойе, 1-қабат.",
  level: "P1",
  kind: "real",
  alarm: ALARM,
};

type Handler = (event: object) => void;

function stage(windows: object[] = []) {
  const handlers = new Map<string, Handler>();
  const showNotification = vi.fn<(title: string, options: NotificationOptions) => Promise<void>>(
    async () => undefined,
  );
  const openWindow = vi.fn<(path: string) => Promise<void>>(async () => undefined);
  const self = {
    addEventListener: (name: string, handler: Handler) => handlers.set(name, handler),
    skipWaiting: vi.fn(),
    registration: { showNotification },
    clients: { claim: vi.fn(), matchAll: async () => windows, openWindow },
  };
  new Function("self", SOURCE)(self);
  const happen = async (name: string, event: object) => {
    const waits: Promise<unknown>[] = [];
    handlers.get(name)?.({ ...event, waitUntil: (promise: Promise<unknown>) => waits.push(promise) });
    await Promise.all(waits);
  };
  return { happen, showNotification, openWindow, handlers };
}

const pushed = (said: unknown) => ({ data: { json: () => JSON.parse(JSON.stringify(said)) as unknown } });

describe("the service worker", () => {
  test("shows a P1 until somebody looks, one notice for each alarm", async () => {
    const { happen, showNotification } = stage();
    await happen("push", pushed(SAID));
    const [title, options] = showNotification.mock.calls[0] ?? [];
    expect(title).toBe(SAID.title);
    expect(options).toMatchObject({
      body: SAID.text,
      tag: ALARM,
      renotify: true,
      requireInteraction: true,
      data: { path: `/desk?alarm=${ALARM}` },
    });
  });

  test("a drill does not stay, and is told all the same", async () => {
    const { happen, showNotification } = stage();
    await happen("push", pushed({ ...SAID, kind: "drill" }));
    expect(showNotification.mock.calls[0]?.[1]).toMatchObject({ requireInteraction: false });
  });

  test.each([
    ["nothing", { data: null }],
    ["no JSON", { data: { json: () => JSON.parse("<") as unknown } }],
    ["a list", pushed([1, 2])],
    ["numbers for words", pushed({ title: 7, text: {}, event: 1, alarm: 2 })],
    ["an address in place of an alarm", pushed({ ...SAID, title: "", alarm: "https://elsewhere.example/" })],
  ])("%s is shown as a notice that leads to the console", async (_, event) => {
    const { happen, showNotification } = stage();
    await happen("push", event);
    expect(showNotification.mock.calls[0]?.[0]).toBe("Qorgan");
    expect(showNotification.mock.calls[0]?.[1]).toMatchObject({ data: { path: "/" } });
  });

  test("a click brings the open console to the alarm, or opens one", async () => {
    const console = { focus: vi.fn(), postMessage: vi.fn() };
    const notification = { close: vi.fn(), data: { path: `/desk?alarm=${ALARM}` } };
    const open = stage([console]);
    await open.happen("notificationclick", { notification });
    expect(console.focus).toHaveBeenCalled();
    expect(pathOf(console.postMessage.mock.calls[0]?.[0])).toBe(`/desk?alarm=${ALARM}`);
    expect(open.openWindow).not.toHaveBeenCalled();
    const closed = stage();
    await closed.happen("notificationclick", { notification });
    expect(closed.openWindow).toHaveBeenCalledWith(`/desk?alarm=${ALARM}`);
    expect(notification.close).toHaveBeenCalledTimes(2);
  });

  test("leads nowhere but into the console", async () => {
    const { happen, openWindow } = stage();
    await happen("notificationclick", {
      notification: { close: vi.fn(), data: { path: "//elsewhere.example" } },
    });
    expect(openWindow).toHaveBeenCalledWith("/");
  });

  test("stands between nobody and the network: it answers no request", () => {
    expect(stage().handlers.has("fetch")).toBe(false);
  });
});

test("the page goes only where its own worker may send it", () => {
  for (const message of [null, "x", {}, { qorgan: "open" }, { qorgan: "open", path: "https://a.example" }])
    expect(pathOf(message)).toBeNull();
  expect(pathOf({ qorgan: "open", path: "//a.example" })).toBeNull();
});

test("the centre's key is 65 bytes of base64url", () => {
  const bytes = Uint8Array.from({ length: 65 }, (_, index) => (index === 0 ? 4 : 251 - index));
  const key = btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  expect(decodeKey(key)).toEqual(bytes);
});
