/**
 * Web Push in this browser: asked for by a press alone, known to the centre by an id, ended by another press.
 *
 * Two things must agree: the browser's subscription and the centre's, which belongs to one person. The centre's id is
 * remembered here; without it a subscription that the browser still has is somebody else's, or of a former centre.
 */
import { api, taken } from "@/api/client";
import type { components } from "@/api/schema";

export type PushState =
  | { word: "looking" }
  /** The browser has no Web Push, or the page is not served over HTTPS. */
  | { word: "unsupported" }
  /** The centre has nobody who answers for its notices: `reason` is the code. */
  | { word: "not_configured"; reason: string }
  /** The person has said no; only the browser's own settings change that. */
  | { word: "denied" }
  | { word: "off"; key: string }
  | { word: "on"; key: string; id: string };

export const WORKER = "/push-worker.js";
const KEPT = "qorgan.push";

interface Kept {
  user: string;
  id: string;
  endpoint: string;
}

function kept(): Kept | null {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "null") as Partial<Kept> | null;
    const { user, id, endpoint } = found ?? {};
    const whole = typeof user === "string" && typeof id === "string" && typeof endpoint === "string";
    return whole ? { user, id, endpoint } : null;
  } catch {
    return null;
  }
}

export function supported(): boolean {
  return (
    window.isSecureContext &&
    "serviceWorker" in navigator &&
    "PushManager" in window &&
    "Notification" in window
  );
}

async function standing(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** How it is now. Asks the person nothing. Throws `ApiProblem` when the centre does not answer. */
export async function look(user: string): Promise<PushState> {
  if (!supported()) return { word: "unsupported" };
  const { items } = await taken(api.GET("/api/notices/channels"));
  const push = items.find(({ channel }) => channel === "push");
  const key = push?.key ?? null;
  if (push === undefined || !push.ready || key === null)
    return { word: "not_configured", reason: push?.reason ?? "" };
  if (Notification.permission === "denied") return { word: "denied" };
  const own = kept();
  const there = await standing();
  const mine = own !== null && there !== null && own.user === user && own.endpoint === there.endpoint;
  return mine && (await known(own.id)) ? { word: "on", key, id: own.id } : { word: "off", key };
}

async function known(id: string): Promise<boolean> {
  const { items } = await taken(api.GET("/api/notices/subscriptions", { params: { query: { limit: 100 } } }));
  return items.some((one) => one.id === id && one.ended_at === null);
}

/** To be called from a press: the browser asks the person now. Throws what the browser or the centre refuses. */
export async function subscribe(
  user: string,
  key: string,
  language: components["schemas"]["Browser"]["language"],
): Promise<PushState> {
  if ((await Notification.requestPermission()) !== "granted") return await look(user);
  await navigator.serviceWorker.register(WORKER);
  const registration = await navigator.serviceWorker.ready;
  await (await registration.pushManager.getSubscription())?.unsubscribe(); // of whoever sat here before
  const made = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: decodeKey(key),
  });
  const { endpoint, keys } = made.toJSON();
  const { p256dh = "", auth = "" } = keys ?? {};
  try {
    const body = { endpoint: endpoint ?? "", keys: { p256dh, auth }, language, levels: ["P1" as const] };
    const { id } = await taken(api.POST("/api/notices/browser", { body }));
    localStorage.setItem(KEPT, JSON.stringify({ user, id, endpoint: made.endpoint } satisfies Kept));
    return { word: "on", key, id };
  } catch (error) {
    await made.unsubscribe();
    throw error;
  }
}

/** Both ends forget it: first the centre, so that nothing is sent to nobody. */
export async function unsubscribe(): Promise<void> {
  const own = kept();
  if (own !== null) {
    const params = { path: { subscription_id: own.id } };
    await taken(api.DELETE("/api/notices/subscriptions/{subscription_id}", { params }));
    localStorage.removeItem(KEPT);
  }
  await (await standing())?.unsubscribe();
}

/** When a person signs out, this browser tells the next one nothing. What fails is left to the centre's own check. */
export async function forgetPerson(): Promise<void> {
  if (!supported() || kept() === null) return;
  await unsubscribe().catch(() => localStorage.removeItem(KEPT));
}

/** A test notice on its way; whether it comes is seen on this screen. */
export async function tryOut(id: string): Promise<void> {
  const params = { path: { subscription_id: id } };
  await taken(api.POST("/api/notices/subscriptions/{subscription_id}/test", { params }));
}

/** base64url of 65 bytes, the uncompressed point of the centre's public key (RFC 8292, 3.2). */
export function decodeKey(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Where a click on a notice leads, as the service worker says it; null for anything else. */
export function pathOf(message: unknown): string | null {
  const { qorgan, path } = (typeof message === "object" && message !== null ? message : {}) as Record<
    string,
    unknown
  >;
  return qorgan === "open" && typeof path === "string" && /^\/(?!\/)/.test(path) ? path : null;
}
