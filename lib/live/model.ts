/** What a live page's data files hold, and a network made of them. */
import type { Alphabet } from "../data/alphabet.ts";
import { openOwnThreadEngine } from "../engine/cpu/own_thread.ts";
import type { Engine } from "../engine/engine.ts";
import { Float64Engine } from "../engine/float64.ts";
import { Network } from "../network/network.ts";
import { type PackedNetwork, unpackWeights } from "./quantise.ts";

/** A page that is opened from a file may not fetch others: data come as scripts, which put them here. */
export interface LiveData {
  /** The content of kernels.wasm, in base64. */
  kernels: string;
  networks: Record<string, PackedNetwork>;
  /** What the page begins with, if not with what it says itself. */
  order?: PageOrder;
}

/** What is to be written, and how. */
export interface PageOrder {
  text: string;
  bias: number;
  seed: number;
}

export interface Model {
  network: Network;
  alphabet: Alphabet;
  /** What undoes the normalisation of offsets; of text networks nothing. */
  statistics: { mean: [number, number]; std: [number, number] };
}

/** A network on an engine of this thread. Throws if the data hold no such network. */
export async function openModel({ kernels, networks }: LiveData, name: string): Promise<Model> {
  const packed = networks[name];
  if (!packed) throw new Error(`There are no weights of '${name}' in this page.`);
  const { network: config, alphabet, statistics = { mean: [0, 0], std: [1, 1] } } = packed;
  const network = new Network(
    await openEngine(kernels),
    config,
    unpackWeights(config, fromBase64(packed.weights)),
  );
  return { network, alphabet, statistics };
}

/** The wasm kernels where the browser has what they need, relaxed SIMD; else plain loops, several times slower. */
export async function openEngine(kernels: string): Promise<Engine> {
  try {
    return await openOwnThreadEngine(fromBase64(kernels));
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return new Float64Engine();
    throw error;
  }
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  // What came into browsers in 2025 is several times as fast.
  return Uint8Array.fromBase64?.(text) ??
    Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
