import { obey } from "../../support/orders.js";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.js";
import type { Link, LinkOrders } from "./links.js";

// A process of its own, so that neither a busy test nor a busy worker makes faults that nobody has ordered.

let proxies: readonly (readonly TcpProxy[])[] = [];

function proxiesOf(links: readonly Link[]): TcpProxy[] {
  return links.flatMap(({ worker, node }) => proxies[worker]?.[node] ?? []);
}

obey<LinkOrders>({
  async open(nodePorts, workers) {
    proxies = await Promise.all(
      Array.from({ length: workers }, () => Promise.all(nodePorts.map((port) => startTcpProxy(port)))),
    );
    return proxies.map((ofWorker) => ofWorker.map(({ port }) => port));
  },
  apply(links, faults) {
    for (const proxy of proxiesOf(links)) proxy.apply(faults);
  },
  cut(links) {
    for (const proxy of proxiesOf(links)) proxy.cut();
  },
  abandon(links) {
    for (const proxy of proxiesOf(links)) proxy.abandon();
  },
  refuse(links) {
    for (const proxy of proxiesOf(links)) {
      proxy.refuse();
      proxy.cut();
    }
  },
  async accept(links) {
    await Promise.all(proxiesOf(links).map((proxy) => proxy.accept()));
  },
  leave() {
    process.exit(); // with whatever is still stalled somewhere
  },
});
