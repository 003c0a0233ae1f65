/** Numbers below float32's normal ones, 1.2e-38, cost a processor a hundred times what others do. */

/** Where in glibc's `fenv_t` on x86-64 the register MXCSR lies, and its bits "flush to zero" and "denormals are zero". */
const bytes = 32, mxcsr = 28, flushToZero = 0x8000 | 0x40;

/**
 * From here on this thread takes subnormal numbers for zero, as graphics cards do. The derivatives that a well-trained
 * network hands back through its saturated gates are full of them: an update took ten times as long. Does nothing but on
 * Linux on x86-64 with glibc.
 */
export function flushSubnormals(): void {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return;
  let library;
  try {
    library = Deno.dlopen("libm.so.6", {
      fegetenv: { parameters: ["buffer"], result: "i32" },
      fesetenv: { parameters: ["buffer"], result: "i32" },
    });
  } catch {
    return; // Another C library.
  }
  const environment = new Uint8Array(bytes), view = new DataView(environment.buffer);
  library.symbols.fegetenv(environment);
  view.setUint32(mxcsr, view.getUint32(mxcsr, true) | flushToZero, true);
  library.symbols.fesetenv(environment);
  library.close();
}
