/** One training at a time in a folder: two would overwrite each other's checkpoints. */
import { exists } from "../files.ts";
import { lockPath, refuseOthersFiles } from "./checkpoint.ts";

/**
 * Takes `folder`, which is made where it is missing, until the result is disposed of. The lock is the operating
 * system's, on the file `lock` in it, so it ends with its process however that ends; the file stays, and says who
 * holds or last held it. Throws if another training has the folder, if other people's files lie there, or if it cannot be
 * written to.
 */
export async function lockFolder(folder: string): Promise<Disposable> {
  const path = lockPath(folder);
  if (await exists(folder)) await refuseOthersFiles(folder);
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true });
    file = await Deno.open(path, { read: true, write: true, create: true });
  } catch (error) {
    throw new Error(
      `Cannot write checkpoints into ${folder}: ${(error as Error).message}. ` +
        "Choose a folder that can be written to (environment variable GRAVES_CHECKPOINTS).",
    );
  }
  if (!await file.tryLock(true)) {
    file.close();
    // Windows keeps others from reading a locked file.
    const holder = await Deno.readTextFile(path).catch(() => "");
    throw new Error(
      `Another training${holder && ` (${holder})`} is writing into ${folder}. ` +
        "Wait until it has ended, or give this one a name of its own with --run.",
    );
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`process ${Deno.pid}, since ${new Date().toISOString()}`));
  return { [Symbol.dispose]: () => file.close() };
}
