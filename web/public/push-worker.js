/**
 * The service worker of the console. It shows what the centre pushes and opens the alarm that was clicked; it caches
 * nothing and stands between nobody and the network, so that a console is never older than its centre.
 *
 * What comes (RFC 8291, readable here alone): {title, text, event, level, kind, alarm}. It names a school and a place,
 * never a person; who it is about is read at the centre, by somebody signed in.
 */
const LONGEST = 300;

const text = (value, most = LONGEST) => (typeof value === "string" ? value.slice(0, most) : "");

/** A push that says nothing, or nothing we understand, is shown all the same: browsers demand it, and so does safety. */
function read(data) {
  try {
    const said = data?.json();
    return typeof said === "object" && said !== null ? said : {};
  } catch {
    return {};
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const said = read(event.data);
  const ofAlarm = text(said.event).startsWith("alarm.") && UUID.test(text(said.alarm));
  const grave = said.level === "P1" && said.kind === "real";
  event.waitUntil(
    self.registration.showNotification(text(said.title) || "Qorgan", {
      body: text(said.text),
      icon: "/favicon.svg",
      // one notice for each alarm: its next step takes the place of the one before, and is heard again
      tag: ofAlarm ? said.alarm : text(said.key) || "qorgan",
      renotify: true,
      requireInteraction: grave,
      data: { path: ofAlarm ? `/desk?alarm=${said.alarm}` : "/" },
    }),
  );
});

/** The console that is open comes to the front and goes to the alarm; without one a window is opened. */
async function open(path) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const [console] = windows;
  if (console === undefined) return void (await self.clients.openWindow(path));
  await console.focus();
  console.postMessage({ qorgan: "open", path });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = text(event.notification.data?.path);
  event.waitUntil(open(path.startsWith("/") && !path.startsWith("//") ? path : "/"));
});
