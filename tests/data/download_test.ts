import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { zipSync } from "fflate";
import { download } from "../../lib/data/download.ts";
import { fetchSource, readSources, type Source, sourceState } from "../../lib/data/sources.ts";
import { exists, sha256 } from "../../lib/files.ts";
import { archive, inFolder } from "./distribution.ts";

const content = Uint8Array.from({ length: 300_000 }, (_, k) => k * k % 251);
const expected = { bytes: content.length, sha256: await sha256(content) };

interface Server {
  url: string;
  /** The Range headers of the requests so far. */
  ranges: (string | null)[];
  /** Close the connection after so many bytes of an answer. */
  breakAfter: number;
  /** Whether it answers to Range. */
  resumes: boolean;
}

/** Serves `bytes` on this machine while `test` runs. */
async function serving(bytes: Uint8Array, test: (server: Server) => Promise<void>): Promise<void> {
  const server: Server = { url: "", ranges: [], breakAfter: Infinity, resumes: true };
  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const range = request.headers.get("range");
    server.ranges.push(range);
    if (new URL(request.url).pathname !== "/file") return new Response("no", { status: 404 });
    const from = range && server.resumes ? Number(range.match(/^bytes=(\d+)-$/)![1]) : 0;
    if (from >= bytes.length) return new Response(null, { status: 416 });
    const rest = bytes.slice(from);
    const { breakAfter } = server;
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= Math.min(breakAfter, rest.length)) return controller.close();
        controller.enqueue(rest.subarray(at, at += Math.min(10_000, breakAfter - at)));
      },
    });
    return new Response(body, {
      status: from ? 206 : 200,
      headers: { "content-length": String(rest.length) },
    });
  });
  server.url = `http://127.0.0.1:${http.addr.port}/file`;
  try {
    await test(server);
  } finally {
    await http.shutdown();
  }
}

Deno.test("download: the file arrives, checked, with progress to its end", async () => {
  await inFolder((folder) =>
    serving(content, async ({ url }) => {
      const path = join(folder, "new", "file");
      const progress: (number | undefined)[][] = [];
      await download(url, path, { ...expected, onProgress: (...step) => progress.push(step) });
      assertEquals(await Deno.readFile(path), content);
      assertEquals(progress.at(-1), [content.length, content.length]);
      assertEquals(await exists(`${path}.part`), false);
    })
  );
});

Deno.test("download: a broken transfer says so, keeps its part, and is resumed", async () => {
  await inFolder((folder) =>
    serving(content, async (server) => {
      const path = join(folder, "file");
      server.breakAfter = 120_000;
      await assertRejects(() => download(server.url, path, expected), Error, "run the command again");
      assertEquals(await exists(path), false);
      const arrived = (await Deno.stat(`${path}.part`)).size;
      assert(arrived > 0 && arrived <= 120_000);
      server.breakAfter = Infinity;
      await download(server.url, path, expected);
      assertEquals(server.ranges, [null, `bytes=${arrived}-`]);
      assertEquals(await Deno.readFile(path), content);
    })
  );
});

Deno.test("download: a server that cannot resume sends all again; a part that is too long is dropped", async () => {
  await inFolder((folder) =>
    serving(content, async (server) => {
      const path = join(folder, "file");
      await Deno.writeFile(`${path}.part`, content.slice(0, 1000));
      server.resumes = false;
      await download(server.url, path, expected);
      assertEquals(await Deno.readFile(path), content);
      server.resumes = true;
      await Deno.writeFile(`${path}.part`, new Uint8Array(content.length + 5));
      await download(server.url, path, expected);
      assertEquals(await Deno.readFile(path), content);
    })
  );
});

Deno.test("download: a wrong file is refused and deleted", async () => {
  await inFolder((folder) =>
    serving(content.with(77, 1), async ({ url }) => {
      const path = join(folder, "file");
      await assertRejects(() => download(url, path, expected), Error, expected.sha256);
      await assertRejects(() => download(url, path, { bytes: 5 }), Error, "300000 bytes, but 5");
      assertEquals([...Deno.readDirSync(folder)], []);
    })
  );
});

Deno.test("download: errors of the server and of the network name the address", async () => {
  await inFolder(async (folder) => {
    let gone = "";
    await serving(content, async ({ url }) => {
      gone = url;
      await assertRejects(() => download(`${url}s`, join(folder, "file")), Error, "files answered 404");
    });
    await assertRejects(() => download(gone, join(folder, "file")), Error, `${gone} cannot be reached`);
  });
});

/** A set of one text in an archive. */
async function source(url: string, name: string, text = "hello"): Promise<Source> {
  const bytes = new TextEncoder().encode(text);
  return {
    title: "A test",
    folder: "set",
    page: "https://example.org",
    terms: "none",
    archive: { url, name },
    files: [{ name: "one.txt", bytes: bytes.length, sha256: await sha256(bytes) }],
  };
}

Deno.test("sources: .tgz and .zip are downloaded, unpacked, checked and cleared away", async () => {
  const archives = {
    "a.tgz": await archive([["x/data/one.txt", "hello"], ["x/two.txt", "no"]]),
    "a.zip": zipSync({ "one.txt": new TextEncoder().encode("hello") }),
  };
  for (const [name, bytes] of Object.entries(archives)) {
    await inFolder((folder) =>
      serving(bytes, async ({ url }) => {
        const set = await source(url, name);
        assertEquals(await sourceState(set, folder), { missing: ["one.txt"], different: [] });
        await fetchSource(set, undefined, folder);
        assertEquals(await sourceState(set, folder), { missing: [], different: [] });
        assertEquals([...Deno.readDirSync(join(folder, "set"))].map((entry) => entry.name), ["one.txt"]);
        await Deno.writeTextFile(join(folder, "set", "one.txt"), "other");
        assertEquals(await sourceState(set, folder), { missing: [], different: ["one.txt"] });
      })
    );
  }
});

Deno.test("sources: an archive that was put there by hand needs no network; wrong contents are refused", async () => {
  await inFolder(async (folder) => {
    const nowhere = "http://127.0.0.1:1/a.tgz";
    await Deno.mkdir(join(folder, "set"));
    const path = join(folder, "set", "a.tgz");
    await Deno.writeFile(path, await archive([["one.txt", "hallo"]]));
    await assertRejects(
      async () => fetchSource(await source(nowhere, "a.tgz"), undefined, folder),
      Error,
      "SHA-256",
    );
    await Deno.writeFile(path, await archive([["other.txt", "hello"]]));
    const missing = "does not contain one.txt";
    await assertRejects(
      async () => fetchSource(await source(nowhere, "a.tgz"), undefined, folder),
      Error,
      missing,
    );
    await Deno.writeFile(path, await archive([["one.txt", "hello"]]));
    await fetchSource(await source(nowhere, "a.tgz"), undefined, folder);
    assertEquals(await Deno.readTextFile(join(folder, "set", "one.txt")), "hello");
  });
});

Deno.test("sources: without a network, the address and the place for the file are told", async () => {
  await inFolder(async (folder) => {
    let gone = "";
    await serving(content, ({ url }) => Promise.resolve(void (gone = url)));
    const set = await source(gone, "a.tgz");
    const error = await assertRejects(() => fetchSource(set, undefined, folder), Error, gone);
    assert(
      error.message.includes(`put a.tgz (or from it one.txt) into ${join(folder, "set")}`),
      error.message,
    );
    const registered = (await readSources())["iam-ondb"];
    await assertRejects(() => fetchSource(registered, undefined, folder), Error, "Register at https://fki");
  });
});
