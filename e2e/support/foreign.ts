// A page of somebody else, with a link to Hallpass and a button that sends it a form.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ForeignSite {
  readonly origin: string;
  close(): Promise<void>;
}

/** On another host name than Hallpass, so that a browser calls it cross-site. */
export async function openForeignSite(target: string, form: object): Promise<ForeignSite> {
  const fields = Object.entries(form).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${String(value)}">`,
  );
  const page = `<!doctype html><html lang="en"><title>Somebody else</title><h1>A prize!</h1>
    <a href="${target}">Follow me</a>
    <form method="post" action="${target}">${fields.join("")}<button>Win</button></form>`;
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
