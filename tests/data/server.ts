/** A server on this machine that sends one file, well or badly. */

export interface Server {
  url: string;
  /** The Range headers of the requests so far. */
  ranges: (string | null)[];
  /** Close the connection after so many bytes of an answer. */
  breakAfter: number;
  /** Fall silent after so many bytes of an answer. */
  silentAfter: number;
  /** Whether it answers to Range. */
  resumes: boolean;
  /** Whether it says how much it will send. */
  tellsLength: boolean;
}

/** Serves `bytes` as `/file` while `test` runs. */
export async function serving(bytes: Uint8Array, test: (server: Server) => Promise<void>): Promise<void> {
  const server: Server = {
    url: "",
    ranges: [],
    breakAfter: Infinity,
    silentAfter: Infinity,
    resumes: true,
    tellsLength: true,
  };
  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const range = request.headers.get("range");
    server.ranges.push(range);
    if (new URL(request.url).pathname !== "/file") return new Response("no", { status: 404 });
    const from = range && server.resumes ? Number(range.match(/^bytes=(\d+)-$/)![1]) : 0;
    if (from >= bytes.length) return new Response(null, { status: 416 });
    const rest = bytes.slice(from);
    const { breakAfter, silentAfter } = server;
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= silentAfter) return new Promise(() => {});
        if (at >= Math.min(breakAfter, rest.length)) return controller.close();
        controller.enqueue(rest.subarray(at, at += Math.min(10_000, breakAfter - at)));
      },
    });
    return new Response(body, {
      status: from ? 206 : 200,
      headers: server.tellsLength ? { "content-length": String(rest.length) } : {},
    });
  });
  server.url = `http://127.0.0.1:${http.addr.port}/file`;
  try {
    await test(server);
  } finally {
    await http.shutdown();
  }
}
