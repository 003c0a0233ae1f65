import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { zipSync } from "fflate";
import { download } from "../../lib/data/download.ts";
import { fetchSource, readSources, type Source, sourceState } from "../../lib/data/sources.ts";
import { exists, sha256 } from "../../lib/files.ts";
import { archive, inFolder } from "./distribution.ts";
import { serving } from "./server.ts";

const content = Uint8Array.from({ length: 300_000 }, (_, k) => k * k % 251);
const expected = { bytes: content.length, sha256: await sha256(content) };

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
      await assertRejects(() => download(url, path, { bytes: 5 }), Error, "more than the 5 bytes expected");
      assertEquals([...Deno.readDirSync(folder)], []);
    })
  );
});

Deno.test("download: a file that is larger than expected is cut off there and deleted", async () => {
  await inFolder((folder) =>
    serving(content, async (server) => {
      for (server.tellsLength of [true, false]) {
        const path = join(folder, "file");
        await assertRejects(
          () => download(server.url, path, { bytes: 120_000 }),
          Error,
          "more than the 120000 bytes expected",
        );
        // A part of it is no better a beginning.
        await Deno.writeFile(`${path}.part`, content.slice(0, 110_000));
        await assertRejects(
          () => download(server.url, path, { bytes: 120_000 }),
          Error,
          "did not send the right",
        );
        assertEquals([...Deno.readDirSync(folder)], []);
      }
    })
  );
});

Deno.test("download: a connection that falls silent is given up, keeps its part, and is resumed", async () => {
  await inFolder((folder) =>
    serving(content, async (server) => {
      const path = join(folder, "file");
      server.silentAfter = 120_000;
      await assertRejects(
        () => download(server.url, path, { ...expected, silence: 0.5 }),
        Error,
        "nothing arrived for 0.5 s",
      );
      const arrived = (await Deno.stat(`${path}.part`)).size;
      assert(arrived > 0 && arrived <= 120_000);
      server.silentAfter = Infinity;
      await download(server.url, path, { ...expected, silence: 0.5 });
      assertEquals(server.ranges, [null, `bytes=${arrived}-`]);
      assertEquals(await Deno.readFile(path), content);
    })
  );
});

Deno.test("download: a server that accepts and never answers is given up", async () => {
  await inFolder(async (folder) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = listener.accept();
    const url = `http://127.0.0.1:${listener.addr.port}/file`;
    await assertRejects(
      () => download(url, join(folder, "file"), { silence: 0.5 }),
      Error,
      `${url} cannot be reached (nothing arrived for 0.5 s)`,
    );
    (await accepted).close();
  });
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
        await fetchSource(set, {}, folder);
        assertEquals(await sourceState(set, folder), { missing: [], different: [] });
        assertEquals([...Deno.readDirSync(join(folder, "set"))].map((entry) => entry.name), ["one.txt"]);
        await Deno.writeTextFile(join(folder, "set", "one.txt"), "other");
        assertEquals(await sourceState(set, folder), { missing: [], different: ["one.txt"] });
      })
    );
  }
});

Deno.test("sources: an archive that was put there by hand needs no network", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "set"));
    await Deno.writeFile(join(folder, "set", "a.tgz"), await archive([["one.txt", "hello"]]));
    await fetchSource(await source("http://127.0.0.1:1/a.tgz", "a.tgz"), {}, folder);
    assertEquals(await Deno.readTextFile(join(folder, "set", "one.txt")), "hello");
  });
});

Deno.test("sources: wrong files, archives too, are moved out of the way, never deleted, and the right ones got", async () => {
  const bytes = await archive([["one.txt", "hello"]]);
  await inFolder((folder) =>
    serving(bytes, async ({ url }) => {
      const at = (name: string) => join(folder, "set", name);
      const set = await source(url, "a.tgz");
      const known = {
        ...set,
        archive: { ...set.archive!, bytes: bytes.length, sha256: await sha256(bytes.slice()) },
      };
      await Deno.mkdir(join(folder, "set"));
      await Deno.writeTextFile(at("a.tgz"), "<html>Please log in</html>");
      await Deno.writeTextFile(at("one.txt"), "my own");
      const said: string[] = [];
      await fetchSource(known, { report: (message) => said.push(message) }, folder);
      assertEquals(await sourceState(set, folder), { missing: [], different: [] });
      assertEquals(await Deno.readTextFile(at("one.txt.wrong")), "my own");
      assertEquals(await Deno.readTextFile(at("a.tgz.wrong")), "<html>Please log in</html>");
      assertEquals(said.map((message) => message.includes(".wrong")), [true, true]);

      // An archive of which no checksum is known shows only when it is unpacked that it is wrong.
      for (
        const [files, message] of [[["one.txt", "hallo"], "SHA-256"], [
          ["other.txt", ""],
          "contain one.txt",
        ]] as const
      ) {
        await Deno.writeFile(at("a.tgz"), await archive([[...files]]));
        await Deno.remove(at("one.txt"));
        await assertRejects(() => fetchSource(set, {}, folder), Error, message);
        assertEquals([await exists(at("a.tgz")), await exists(at("one.txt.unpacked"))], [false, false]);
        await fetchSource(set, {}, folder);
        assertEquals(await Deno.readTextFile(at("one.txt")), "hello");
      }
    })
  );
});

Deno.test("sources: an archive is unpacked no further than its files can be large", async () => {
  const huge = "a".repeat(3_000_000);
  const archives = {
    "a.tgz": await archive([["one.txt", huge]]),
    "a.zip": zipSync({ "one.txt": new TextEncoder().encode(huge) }),
  };
  for (const [name, bytes] of Object.entries(archives)) {
    await inFolder((folder) =>
      serving(bytes, async ({ url }) => {
        const set = await source(url, name);
        await assertRejects(
          () => fetchSource(set, {}, folder),
          Error,
          "one.txt in it unpacks to more than the 5 bytes",
        );
        assertEquals([...Deno.readDirSync(join(folder, "set"))].map((entry) => entry.name), [
          `${name}.wrong`,
        ]);
      })
    );
  }
});

Deno.test("sources: without a network, the address and the place for the file are told", async () => {
  await inFolder(async (folder) => {
    let gone = "";
    await serving(content, ({ url }) => Promise.resolve(void (gone = url)));
    const set = await source(gone, "a.tgz");
    const error = await assertRejects(() => fetchSource(set, {}, folder), Error, gone);
    assert(
      error.message.includes(`put a.tgz (or from it one.txt) into ${join(folder, "set")}`),
      error.message,
    );
    const registered = (await readSources())["iam-ondb"];
    await assertRejects(() => fetchSource(registered, {}, folder), Error, "Register at https://fki");
  });
});
