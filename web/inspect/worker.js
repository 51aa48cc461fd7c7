/**
 * The service worker of the inspection on site: it keeps the page's own files, so that it opens in a school without a
 * network. What the page asks of the centre always goes to the centre; what it keeps for the visit is in IndexedDB.
 *
 * FILES and VERSION are written by the build (vite.config.ts): every file that the page may load.
 */
const FILES = self.__FILES__;
const CACHE = `qorgan-inspect-${self.__VERSION__}`;
const SHELL = "/inspect/";

self.addEventListener("install", (event) => {
  const fresh = (url) => new Request(url, { cache: "reload" });
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES.map(fresh)))
      .then(() => self.skipWaiting()),
  );
});

// Pages that are open go on with the files they have loaded: all of them are in memory or in the former cache until
// the next start, and no two versions are mixed because names carry digests.
self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("qorgan-inspect-") && name !== CACHE);
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(old(names).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const wanted = request.mode === "navigate" && url.pathname.startsWith(SHELL) ? SHELL : url.pathname;
  if (!FILES.includes(wanted)) return;
  event.respondWith(
    caches
      .open(CACHE)
      .then((cache) => cache.match(wanted))
      .then((kept) => kept ?? fetch(request)),
  );
});
