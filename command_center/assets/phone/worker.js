// Service worker of a phone page; `APP` (name, version, page, files, kept) stands before it.
// The page: from the network when it answers in time, else as it was. Files: as they were kept
// for this version. Answers of `kept`: fresh when possible. Nothing else is touched, and nothing
// that is sent is ever answered from here.
const CACHE = `${APP.name}-${APP.version}`;
const PATIENCE_MS = 4_000;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(APP.files);
    await Promise.allSettled([APP.page, ...APP.kept].map((one) => keep(cache, one)));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(`${APP.name}-`) && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  const path = address.pathname + address.search;
  if (request.mode === "navigate" && address.pathname === APP.page) event.respondWith(fresh(request, APP.page));
  else if (APP.kept.includes(address.pathname)) event.respondWith(fresh(request, path));
  else if (APP.files.includes(path)) event.respondWith(kept(request, path));
});

async function keep(cache, path) {
  const answer = await fetch(path, { credentials: "same-origin" });
  // a redirect leads to the login: that is not this page
  if (answer.ok && !answer.redirected) await cache.put(path, answer);
}

async function fresh(request, path) {
  const cache = await caches.open(CACHE);
  const network = fetch(request).then(async (answer) => {
    if (answer.ok && !answer.redirected && answer.type === "basic") await cache.put(path, answer.clone());
    return answer;
  });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  try {
    const first = await Promise.race([network, late]);
    if (first && first.status < 500) return first;
  } catch {
    // no network
  }
  return (await cache.match(path)) ?? network;
}

async function kept(request, path) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
