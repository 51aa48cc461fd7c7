// Keeps the page's own files, so that it opens without the node. What it asks of the node always goes to the node.
const CACHE = 'qorgan-staff-__VERSION__';
const SHELL = ['./', 'app.js', 'app.css', 'texts.json', 'manifest.webmanifest', 'icon.svg'];

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(SHELL.map((url) => new Request(url, { cache: 'reload' })))).then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  const old = (names) => names.filter((name) => name.startsWith('qorgan-staff-') && name !== CACHE);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const name = new URL(request.url).pathname.slice(new URL(self.registration.scope).pathname.length);
  if (request.method !== 'GET' || !SHELL.includes(name || './')) return;
  event.respondWith(
    caches.open(CACHE).then((cache) => cache.match(name || './')).then((kept) => kept ?? fetch(request)),
  );
});
