/**
 * Ends a kernel whose runner is gone, in a process of its own (see kernel_process.ts), whose standard input only the
 * runner holds open: the kernel's process id comes through it, and its end is the runner's, however that came about.
 * The argument is the connection file, which goes too, since the kernel's key is in it.
 */

const [connectionFile] = Deno.args;
// What ends the runner from a terminal reaches this process too, which must stay a moment longer.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  try {
    Deno.addSignalListener(signal, () => {});
  } catch {
    // Not every system has every signal.
  }
}
const pid = Number(await new Response(Deno.stdin.readable).text());
try {
  if (pid) Deno.kill(pid, "SIGKILL");
} catch {
  // It has ended by itself.
}
await Deno.remove(connectionFile).catch(() => {});
